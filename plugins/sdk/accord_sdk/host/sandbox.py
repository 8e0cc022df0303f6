"""The sandbox: bubblewrap around the runner, with nothing inside but the plugin's own environment.

In the sandbox there is no network, no /proc, no /sys, no /dev, no environment, no other process, and no
file but Python, the system's libraries and the plugin's packages, all read-only, and a small /tmp in memory.
A seccomp filter refuses every system call that a plugin has no use for. The order of the command line counts:
first its control group where there is one, then whose process it is (setpriv), then its limits (prlimit),
then its walls (bwrap); limits that were set after the start would come too late for the processes that bwrap
makes at once.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from accord_sdk import Manifest
from accord_sdk.host.delegation import Group, Groups
from accord_sdk.host.environment import PACKAGES, View, plugin_view, site_view
from accord_sdk.host.errors import EnvironmentIncomplete, NoSandbox
from accord_sdk.host.launch import Grouped, run_from
from accord_sdk.host.printed import follow
from accord_sdk.host.seccomp import seccomp_program

TMP_BYTES = 64 * 1024 * 1024
"""Size of the sandbox's /tmp, which is memory."""
OPEN_FILES = 256
TASKS = 8_192
"""Processes and threads of the sandboxes' user together. The kernel does not hold root to it; what stands
in the way of threads without end is the memory limit."""
UNPRIVILEGED = 65534
"""Who the plugin is inside; outside it is whoever started the sandbox."""

_LIMITS = ("--core=0", f"--nofile={OPEN_FILES}", f"--nproc={TASKS}")
_MACHINE = frozenset({"proc", "sys", "dev"})
_PROGRAMS = ("bwrap", "setpriv", "prlimit")
_RUNNER = run_from(PACKAGES)
_SETTINGS = {
    "LANG": "C.UTF-8",
    "HOME": "/tmp",  # noqa: S108 - the sandbox's own
    "LD_LIBRARY_PATH": "/py/lib",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class SandboxUnavailableError(Exception):
    """Plugins cannot be sandboxed here; the message says why and what to do.

    `about` names what is responsible: a program, a file, a setting, a limit of the kernel.
    """

    def __init__(self, message: str, about: str = "sandbox") -> None:
        super().__init__(message)
        self.about = about


@dataclass(frozen=True)
class Identity:
    """Whose processes sandboxes are on this machine; no name: those of whoever starts them."""

    user: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """How setpriv becomes it.

        :raises SandboxUnavailableError: when there is no such user, or it is root.
        """
        if self.user is None:
            return ("--no-new-privs",)
        try:
            found = pwd.getpwnam(self.user)
        except KeyError as error:
            raise SandboxUnavailableError(
                f"plugins_user names {self.user!r}, which is no user of this machine:"
                f" `useradd --system {self.user}`, or set another one",
                "plugins.user",
            ) from error
        if found.pw_uid == 0:
            raise SandboxUnavailableError(
                "plugins_user is root; name a user without any power", "plugins.user"
            )
        ids = (f"--reuid={found.pw_uid}", f"--regid={found.pw_gid}")
        return ("--no-new-privs", *ids, "--clear-groups")


def _programs() -> dict[str, str]:
    found = {name: shutil.which(name, path=f"{os.defpath}:/usr/sbin:/sbin") for name in _PROGRAMS}
    missing = sorted(name for name, path in found.items() if path is None)
    if missing:
        raise SandboxUnavailableError(
            f"{', '.join(missing)} not found: as root, `apt-get install bubblewrap util-linux`",
            ", ".join(missing),
        )
    return {name: path for name, path in found.items() if path is not None}


def enters(identity: Identity, folder: Path) -> None:
    """Return when an identity can enter a folder, or the folder is not there yet.

    :raises SandboxUnavailableError: when it cannot; with what to do.
    """
    if identity.user is None or not folder.exists():
        return
    become, test = _programs()["setpriv"], shutil.which("test") or "/usr/bin/test"
    # Not by its mode alone: access lists and the folders above decide, too.
    tried = subprocess.run([become, *identity.words, test, "-x", str(folder)], check=False)  # noqa: S603 - fixed words, no shell
    if tried.returncode != 0:
        raise SandboxUnavailableError(
            f"{identity.user} cannot enter {folder}, where plugins' packages lie: `chmod o+x` it and the"
            " folders above it, or set plugins_user",
            str(folder),
        )


@dataclass(frozen=True)
class SandboxLauncher:
    """Starts the runner of one plugin in a sandbox of its own.

    :raises SandboxUnavailableError: when a program that it needs is missing.
    :raises UnknownArchitectureError: when there is no seccomp filter for this machine.
    """

    identity: Identity = Identity()
    view_of: Callable[[str], View] = plugin_view
    groups: Groups | None = None
    """Where each process gets a control group of its own."""
    _program: bytes = field(default_factory=seccomp_program, repr=False)
    _paths: dict[str, str] = field(default_factory=_programs, repr=False)
    # A sandbox ends with the thread that started it (bwrap asks the kernel for that, so that none outlives
    # a killed worker). Threads of jobs come and go; this one stays as long as the launcher.
    _starter: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="sandbox"), repr=False
    )

    def start(
        self, manifest: Manifest, folders: Sequence[Path] = (), site: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start the plugin's runner; it sees `folders` (files or folders of this machine) at their own paths.

        :raises EnvironmentIncomplete: when its packages are not all installed.
        :raises NoSandbox: when this machine has lost what a sandbox needs.
        """
        view = self.view_of(manifest.name) if site is None else site_view(site)
        memory = manifest.limits.memory_mb * 1024 * 1024
        try:
            process = self.run(view, ["-c", _RUNNER], memory=memory, folders=folders)
        except FileNotFoundError as error:
            raise NoSandbox(
                f"{error.filename} is gone: as root, `apt-get install bubblewrap util-linux`",
                str(error.filename),
            ) from error
        follow(manifest.name, process)
        return process

    def run(
        self, view: View, arguments: Sequence[str], *, memory: int, folders: Sequence[Path] = ()
    ) -> subprocess.Popen[bytes]:
        """Start Python with these arguments in a sandbox with this view and so many bytes of memory."""
        return self._starter.submit(self._run, view, arguments, memory, folders).result()

    def _run(
        self, view: View, arguments: Sequence[str], memory: int, folders: Sequence[Path]
    ) -> subprocess.Popen[bytes]:
        reader, writer = os.pipe()
        group = self.groups.make(memory) if self.groups is not None else None
        try:
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(self._program)
            process = Grouped(
                [
                    *(_enter(group) if group is not None else ()),
                    *(self._paths["setpriv"], *self.identity.words),
                    *(self._paths["prlimit"], f"--as={memory}", *_LIMITS),
                    *(self._paths["bwrap"], *_walls(view, folders), "--seccomp", str(reader), "--"),
                    *(str(view.python), "-I", "-S", "-B", *arguments),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={},
                cwd="/",
                pass_fds=(reader,),
                start_new_session=True,
                bufsize=0,
            )
        finally:
            os.close(reader)
        process.group = group
        return process


def _enter(group: Group) -> list[str]:
    """Words that put whatever follows into a group before it starts anything: no process of it is outside."""
    return ["/bin/sh", "-c", 'echo 0 >"$0" && exec "$@"', str(group.entrance)]


def _walls(view: View, folders: Sequence[Path]) -> list[str]:
    """What bwrap is told. /tmp comes before what may lie under it; the root turns read-only at last."""
    user = str(UNPRIVILEGED)
    words = ["--unshare-all", "--unshare-user", "--new-session", "--die-with-parent"]
    if not os.statvfs("/proc/sys/user").f_flag & os.ST_RDONLY:
        # Where the kernel's settings are read-only (systemd and containers may see to that) the seccomp
        # filter alone refuses new user namespaces.
        words += ["--disable-userns"]
    words += ["--clearenv", "--cap-drop", "ALL", "--uid", user, "--gid", user, "--hostname", "plugin"]
    words += ["--size", str(TMP_BYTES), "--tmpfs", "/tmp"]  # noqa: S108 - the sandbox's own
    for source, place in view.shown:
        words += ["--ro-bind", str(source), str(place)]
    for place in view.hidden:
        words += ["--size", "4096", "--tmpfs", str(place), "--remount-ro", str(place)]
    for target, link in view.links:
        words += ["--symlink", target, str(link)]
    for folder in folders:
        words += ["--ro-bind-try", str(folder), str(_shown(folder))]
    words += ["--remount-ro", "/", "--chdir", "/tmp"]  # noqa: S108 - likewise
    for name, value in _SETTINGS.items():
        words += ["--setenv", name, value]
    return words


def _shown(folder: Path) -> PurePosixPath:
    """Where a path of this machine is seen: where it is.

    :raises EnvironmentIncomplete: when it is no whole path, or would show the machine itself.
    """
    whole = folder.resolve()
    if not folder.is_absolute() or whole == Path("/") or whole.parts[1] in _MACHINE:
        raise EnvironmentIncomplete(f"{str(folder)!r} cannot be shown to a plugin; name a folder with files")
    return PurePosixPath(folder)
