"""A worker's process that starts before it is known whether one is needed.

Most of what a worker does in its first second is to load, and so it is with the command that needs one. Begun
here, both load at the same time; then the worker waits to be told. This module itself loads next to nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

COMMAND = (sys.executable, "-m", "accord", "worker", "--until-orphaned", "--when-told")


class EarlyWorker:
    """A worker that ends when this process does, and does nothing until it is told to."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to load it."""
        self._process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)  # noqa: S603 - the command is our own

    def go(self) -> subprocess.Popen[bytes] | None:
        """Let it work; from now on it is the caller's. None where there is none, or it was let go before."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.poll() is not None:
            return None
        with suppress(BrokenPipeError), process.stdin as told:
            told.write(b"go\n")
        return process

    def leave(self) -> None:
        """End it, unless it was let go."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


@contextmanager
def early_worker(*, wanted: bool) -> Iterator[EarlyWorker]:
    """A worker that loads for the length of the block, where one is `wanted`.

    Where the database is one of its own (`ACCORD_DATABASE_URL`), workers run as services: none is started.
    """
    worker = EarlyWorker()
    if wanted and not os.environ.get("ACCORD_DATABASE_URL"):
        worker.start()
    try:
        yield worker
    finally:
        worker.leave()
