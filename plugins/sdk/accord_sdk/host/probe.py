"""Trying a sandbox out: a program that means no good runs in it; what it managed is said limit by limit."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from accord_sdk.host.environment import base_view
from accord_sdk.host.errors import NoSandbox
from accord_sdk.host.launch import Launcher, end, ended
from accord_sdk.host.sandbox import TMP_BYTES, SandboxLauncher, SandboxUnavailableError

MEMORY = 256 * 1024 * 1024
THREADS = 2_000
"""So many threads are tried; in `MEMORY` far fewer should start."""
PATIENCE_S = 20.0
INSTALL = "as root, `apt-get install bubblewrap util-linux`"
_PROGRAM = Path(__file__).with_name("inside.py")


class _Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the program printed; see `accord_sdk.host.inside`."""

    files: list[str]
    environment: list[str]
    network: list[str]
    processes: list[str]
    kernel: list[str]
    memory: bool
    disk: bool
    threads: int


@dataclass(frozen=True)
class Limit:
    """One limit of the sandbox, whether it held, and in words."""

    name: str
    holds: bool
    words: str


def starts(launcher: SandboxLauncher) -> None:
    """Return when a sandbox starts Python.

    :raises SandboxUnavailableError: saying why it does not, and what to do.
    """
    _run(launcher, ["-c", "print('{}')"])


def still_starts(launcher: Launcher) -> None:
    """Return when whatever ended at its start was not ended for want of a sandbox.

    :raises NoSandbox: when no sandbox starts any more; with what to do.
    """
    if isinstance(launcher, SandboxLauncher):
        try:
            starts(launcher)
        except SandboxUnavailableError as error:
            raise NoSandbox(str(error), error.about) from error


def probe(launcher: SandboxLauncher) -> list[Limit]:
    """Which limits hold, tried from within.

    :raises SandboxUnavailableError: when the sandbox does not start.
    """
    with tempfile.NamedTemporaryFile() as planted:
        code = _PROGRAM.read_text(encoding="utf-8")
        words = [planted.name, str(MEMORY), str(TMP_BYTES), str(THREADS)]
        output = _run(launcher, ["-c", code, *words])
    try:
        tried = msgspec.json.decode(output, type=_Tried)
    except msgspec.MsgspecError as error:
        raise SandboxUnavailableError(
            f"the probe in the sandbox did not end in good order: {error}", _PROGRAM.name
        ) from error
    return [
        _none("files", tried.files, "no file of this machine is seen, none can be made outside /tmp"),
        _none("environment", tried.environment, "empty"),
        _none("network", tried.network, "no socket of any family"),
        _none("processes", tried.processes, "none is seen, none can be made"),
        _none("kernel", tried.kernel, "ptrace, keyrings, shared memory, namespaces, mounts refused"),
        Limit("memory", not tried.memory, f"{MEMORY >> 20} MiB {'exceeded' if tried.memory else 'held'}"),
        Limit(
            "disk", not tried.disk, f"{TMP_BYTES >> 20} MiB of /tmp {'exceeded' if tried.disk else 'held'}"
        ),
        Limit("threads", tried.threads < THREADS, f"{tried.threads} started within the memory limit"),
    ]


def _none(name: str, found: list[str], good: str) -> Limit:
    return Limit(name, not found, f"reached: {', '.join(found[:5])}" if found else good)


def _run(launcher: SandboxLauncher, arguments: list[str]) -> bytes:
    try:
        process = launcher.run(base_view(), arguments, memory=MEMORY)
    except FileNotFoundError as error:
        raise SandboxUnavailableError(
            f"{error.filename} not found: {INSTALL}", str(error.filename)
        ) from error
    try:
        output, errors = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        end(process)
        process.communicate()
        raise SandboxUnavailableError(f"a sandbox does not answer within {PATIENCE_S:.0f} s") from error
    finally:
        ended(process)
    if process.returncode != 0:
        said = errors.decode("utf-8", "replace").strip().splitlines()
        raise SandboxUnavailableError(*_advice(said[-1] if said else f"exit code {process.returncode}"))
    return output


def _advice(said: str) -> tuple[str, str]:
    """What bubblewrap said, what to do about it on this machine, and what is responsible."""
    if "failed to execute" in said:
        return f"{said}: {INSTALL}", "bwrap"
    if "source path" in said:
        who = "its user" if os.geteuid() == 0 else "this user"
        return (
            f"{said}: {who} cannot read what plugins need. Put Python and Accord where everybody may read"
            " them, such as /opt or /usr",
            sys.executable,
        )
    if "Unknown option" in said or "unknown option" in said:
        return f"{said}: bubblewrap 0.8 or newer is needed", "bwrap"
    if not any(word in said for word in ("namespace", "not permitted", "denied", "uid map", "pivot_root")):
        return f"the sandbox ended: {said}", "bwrap"
    restricted = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if restricted.exists() and restricted.read_text(encoding="ascii").strip() == "1":
        return (
            f"{said}: AppArmor keeps bubblewrap from making user namespaces. Allow it to: a profile for"
            f" bwrap with `userns,`, or `sysctl kernel.{restricted.name}=0`",
            f"kernel.{restricted.name}",
        )
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return (
            f"{said}: this container forbids namespaces. Start it with"
            " --security-opt seccomp=unconfined --security-opt apparmor=unconfined",
            "--security-opt",
        )
    return (
        f"{said}: allow user namespaces, `sysctl user.max_user_namespaces=15000`",
        "user.max_user_namespaces",
    )
