"""The seccomp filter, run here by a small interpreter of the kernel's instructions, for both processors."""

from __future__ import annotations

import errno
import struct

import pytest

from accord_sdk.host.seccomp import (
    ALLOW,
    ARCHITECTURES,
    ERRNO,
    KILL,
    X32,
    UnknownArchitectureError,
    seccomp_program,
)
from accord_sdk.host.syscalls import ALLOWED, JUDGED, NEWEST

REFUSED, MISSING = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
MOST_INSTRUCTIONS = 4_096
"""BPF_MAXINSNS: the kernel takes no longer program."""


def verdict(machine: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """What the filter says of a system call (see linux/filter.h for the instructions)."""
    architecture = ARCHITECTURES[machine].audit if audit is None else audit
    data = struct.pack("<iIQ6Q", number, architecture, 0, *(*arguments, *[0] * (6 - len(arguments))))
    program = list(struct.iter_unpack("<HBBI", seccomp_program(machine)))
    at = accumulator = 0
    while True:
        code, if_true, if_false, value = program[at]
        at += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case 0x15:
                at += if_true if accumulator == value else if_false
            case 0x25:
                at += if_true if accumulator > value else if_false
            case 0x35:
                at += if_true if accumulator >= value else if_false
            case 0x45:
                at += if_true if accumulator & value else if_false
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


both = pytest.mark.parametrize("machine", ARCHITECTURES)


def numbers(machine: str) -> set[int]:
    """The calls that are allowed or judged on a machine."""
    column = ARCHITECTURES[machine].column
    allowed = {pair[column] for pair in ALLOWED.values() if pair[column] is not None}
    return {int(number) for number in allowed if number is not None} | {
        pair[column] for pair in JUDGED.values()
    }


@both
def test_the_kernel_takes_a_program_of_this_length(machine: str) -> None:
    program = seccomp_program(machine)
    assert len(program) % 8 == 0
    assert len(program) // 8 < MOST_INSTRUCTIONS


@both
def test_what_is_listed_is_allowed_and_everything_else_refused(machine: str) -> None:
    listed = numbers(machine)
    for number in range(NEWEST + 1):
        if number not in listed:
            assert verdict(machine, number) == REFUSED, number
    column = ARCHITECTURES[machine].column
    for name, pair in ALLOWED.items():
        number = pair[column]
        if number is not None:
            assert verdict(machine, number, 2**64 - 1, 2**64 - 1) == ALLOW, name


@both
def test_no_two_calls_share_a_number(machine: str) -> None:
    column = ARCHITECTURES[machine].column
    everything = [pair[column] for pair in (*ALLOWED.values(), *JUDGED.values()) if pair[column] is not None]
    assert len(everything) == len(set(everything))


@both
def test_a_call_of_the_future_does_not_exist(machine: str) -> None:
    assert verdict(machine, NEWEST + 1) == MISSING


@both
def test_a_call_of_another_architecture_ends_the_process(machine: str) -> None:
    others = {0x4000_0003, 0x4000_0028, 0xC000_003E, 0xC000_00B7} - {ARCHITECTURES[machine].audit}
    for audit in others:
        assert verdict(machine, 0, audit=audit) == KILL


def test_the_x32_table_ends_the_process() -> None:
    assert verdict("x86_64", X32 + 1) == KILL
    assert verdict("x86_64", -1) == KILL


@both
def test_threads_may_be_made_and_processes_and_namespaces_not(machine: str) -> None:
    clone = JUDGED["clone"][ARCHITECTURES[machine].column]
    thread = 0x0001_0000
    assert verdict(machine, clone, thread | 0x0F00) == ALLOW
    assert verdict(machine, clone, 17) == REFUSED
    for bit in (17, 25, 26, 27, 28, 29, 30):
        assert verdict(machine, clone, thread | 1 << bit) == REFUSED, bit
    assert verdict(machine, JUDGED["clone3"][ARCHITECTURES[machine].column]) == MISSING


@both
def test_calls_that_depend_on_an_argument(machine: str) -> None:
    column = ARCHITECTURES[machine].column
    assert verdict(machine, JUDGED["prctl"][column], 15) == ALLOW
    for option in (1, 4, 22, 23, 24, 38, 47):
        assert verdict(machine, JUDGED["prctl"][column], option) == REFUSED
    assert verdict(machine, JUDGED["ioctl"][column], 0, 0x5401) == ALLOW
    for request in (0x5412, 0x540E, 0x541C, 0x8914):
        assert verdict(machine, JUDGED["ioctl"][column], 0, request) == REFUSED
    assert verdict(machine, JUDGED["socketpair"][column], 1) == ALLOW
    for family in (0, 2, 10, 16, 40):
        assert verdict(machine, JUDGED["socketpair"][column], family) == REFUSED


def test_another_processor_has_no_filter_and_says_so() -> None:
    with pytest.raises(UnknownArchitectureError, match="riscv64"):
        seccomp_program("riscv64")
