"""How a plugin's process is started; `accord.host.sandbox` has the launcher for real use."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from accord_sdk import Manifest


class Launcher(Protocol):
    """Starts the runner for one plugin; its standard streams are the wire and the log."""

    def start(self, manifest: Manifest, folders: Sequence[Path] = ()) -> subprocess.Popen[bytes]:
        """A running process, which sees of this machine's files at least `folders`."""


class ProcessLauncher:
    """A plain process: an empty environment, its own session, a memory limit. It hides no files."""

    def start(self, manifest: Manifest, folders: Sequence[Path] = ()) -> subprocess.Popen[bytes]:
        """Start the runner with this interpreter, isolated from the user's environment."""
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-m", "accord_sdk.runner"],
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
