"""How a plugin's process is started. The sandbox will be another launcher of the same shape."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from typing import Protocol

from accord_sdk import Manifest


class Launcher(Protocol):
    """Starts the runner for one plugin; its standard streams are the wire and the log."""

    def start(self, manifest: Manifest) -> subprocess.Popen[bytes]:
        """A running process."""


class ProcessLauncher:
    """A plain process: an empty environment, its own session, a memory limit. It hides no files."""

    def start(self, manifest: Manifest) -> subprocess.Popen[bytes]:
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
