"""The system calls that a plugin's process may make, as a filter that the kernel runs (seccomp BPF).

What is not on the list is refused: sockets, new processes, ptrace, keyrings, shared memory, memfd,
io_uring, bpf, namespaces, mounts, other users' identities. The program is made here and handed to
bubblewrap, so that nothing but the kernel has to be trusted with it, and no library is needed.
Format: `linux/filter.h`, `linux/seccomp.h`; arguments: `struct seccomp_data`.
"""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass

from accord_sdk.host.syscalls import ALLOWED, JUDGED, NEWEST

_LOAD, _EQUAL, _AT_LEAST, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
ALLOW, KILL, ERRNO = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
X32 = 0x4000_0000
"""On x86-64 this bit asks for the x32 table, whose numbers mean other calls."""

_THREAD = 0x0001_0000
_NEW_NAMESPACE = 0x7E02_0000
_CONTROLS = {
    "prctl": (15, 16),  # PR_SET_NAME, PR_GET_NAME: a thread's name
    "ioctl": (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451),  # is it a terminal, bytes waiting, flags
    "socketpair": (1,),  # AF_UNIX: a pipe to itself, which event loops need; it reaches nobody else
}
"""Calls that depend on one argument, and the values that are fine."""
_WHICH_ARGUMENT = {"prctl": 0, "ioctl": 1, "socketpair": 0}


class UnknownArchitectureError(Exception):
    """There is a filter for x86-64 and aarch64 only."""


@dataclass(frozen=True)
class Architecture:
    """A processor: its name in the kernel, its audit number, and which column of numbers it uses."""

    name: str
    audit: int
    column: int


ARCHITECTURES = {
    "x86_64": Architecture("x86_64", 0xC000_003E, 0),
    "aarch64": Architecture("aarch64", 0xC000_00B7, 1),
}


def seccomp_program(machine: str | None = None) -> bytes:
    """The filter for this machine, or for the one named, as the kernel's array of instructions.

    :raises UnknownArchitectureError: when it is neither x86-64 nor aarch64.
    """
    name = machine or platform.machine()
    if name not in ARCHITECTURES:
        raise UnknownArchitectureError(f"{UnknownArchitectureError.__doc__} This is {name!r}.")
    architecture = ARCHITECTURES[name]
    program = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_EQUAL, architecture.audit, 1, 0),
        _instruction(_RETURN, KILL),
        _instruction(_LOAD, _NUMBER),
    ]
    if name == "x86_64":
        program += [_instruction(_AT_LEAST, X32, 0, 1), _instruction(_RETURN, KILL)]
    for numbers in ALLOWED.values():
        number = numbers[architecture.column]
        if number is not None:
            program += [_instruction(_EQUAL, number, 0, 1), _instruction(_RETURN, ALLOW)]
    for call, judged in JUDGED.items():
        rule = _rule(call)
        program += [_instruction(_EQUAL, judged[architecture.column], 0, len(rule)), *rule]
    program += [
        # A C library that meets "no such call" falls back to an older one that the list knows.
        _instruction(_GREATER, NEWEST, 0, 1),
        _instruction(_RETURN, ERRNO | errno.ENOSYS),
        _instruction(_RETURN, ERRNO | errno.EPERM),
    ]
    return b"".join(program)


def _rule(call: str) -> list[bytes]:
    """What decides over one call whose number matched; each path through it returns."""
    refuse, allow = _instruction(_RETURN, ERRNO | errno.EPERM), _instruction(_RETURN, ALLOW)
    if call == "clone3":
        # Its flags lie in memory, where no filter can look: "no such call" makes glibc use clone.
        return [_instruction(_RETURN, ERRNO | errno.ENOSYS)]
    if call == "clone":
        return [
            _instruction(_LOAD, _ARGUMENTS),
            _instruction(_ANY_BIT, _NEW_NAMESPACE, 2, 0),
            _instruction(_ANY_BIT, _THREAD, 0, 1),
            allow,
            refuse,
        ]
    rule = [_instruction(_LOAD, _ARGUMENTS + 8 * _WHICH_ARGUMENT[call])]
    for value in _CONTROLS[call]:
        rule += [_instruction(_EQUAL, value, 0, 1), allow]
    return [*rule, refuse]


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
