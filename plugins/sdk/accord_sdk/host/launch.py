"""How a plugin's process is started; `accord_sdk.host.sandbox` has the launcher for real use."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Protocol

from accord_sdk import Manifest
from accord_sdk.host.delegation import Group


def run_from(site: PurePath) -> str:
    """The program that runs a plugin whose packages lie in one folder."""
    return f"import sys; sys.path.insert(0, {str(site)!r}); import accord_sdk.runner as r; r.main()"


class Grouped(subprocess.Popen[bytes]):
    """A process in a control group of its own; `group` is None where there is none."""

    group: Group | None = None


def end(process: subprocess.Popen[bytes]) -> None:
    """Send SIGKILL to a process and whatever it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if isinstance(process, Grouped) and process.group is not None:
        process.group.kill()


def ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process and put away what it leaves."""
    process.wait()
    if isinstance(process, Grouped) and process.group is not None:
        process.group.remove()


class Launcher(Protocol):
    """Starts the runner for one plugin; its standard streams are the wire and the log."""

    def start(
        self, manifest: Manifest, folders: Sequence[Path] = (), site: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """A running process, which sees of this machine's files at least `folders`.

        `site` is the folder with the plugin's packages; without one it is installed beside this program.
        """


@dataclass(frozen=True)
class ProcessLauncher:
    """A plain process: an empty environment, its own session, a memory limit. It hides no files.

    `beside` is a folder with packages that come before those installed beside this program.
    """

    beside: Path | None = None

    def start(
        self, manifest: Manifest, folders: Sequence[Path] = (), site: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start the runner with this interpreter, isolated from the user's environment."""
        words = ["-m", "accord_sdk.runner"] if self.beside is None else ["-c", run_from(self.beside)]
        if site is not None:
            words = ["-S", "-c", run_from(site)]
        process = subprocess.Popen(  # noqa: S603 - fixed words, no shell
            [sys.executable, "-I", "-B", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd=tempfile.gettempdir(),
            start_new_session=True,
            bufsize=0,
        )
        limit = manifest.limits.memory_mb * 1024 * 1024
        resource.prlimit(process.pid, resource.RLIMIT_AS, (limit, limit))
        return process
