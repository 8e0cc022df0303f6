"""Worker processes that a command starts for itself."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from accord.cli.early import EarlyWorker
from accord.pipeline import workers_alive
from accord_config.database import NOBODY, Role
from accord_config.home import Home


class WorkerKeeper:
    """Sees to it that some worker runs: one that runs already, or one of our own."""

    def __init__(self, home: Home, early: EarlyWorker | None = None) -> None:
        self._home = home
        self._early = early or EarlyWorker()
        self._own: subprocess.Popen[bytes] | None = None
        self._looked = float("-inf")

    def ensure(self) -> None:
        """Start a worker when none shows a sign of life; call it as often as you like."""
        if self._own is not None and self._own.poll() is None:
            return
        if time.monotonic() - self._looked < self._home.settings.job_heartbeat:
            return
        self._looked = time.monotonic()
        if self._others():
            self._early.leave()
        else:
            self._own = self._early.go() or start_worker(self._home)

    def _others(self) -> int:
        database = self._home.database(Role.WORKER, pool_size=1)
        try:
            with database.transaction(NOBODY) as session:
                return workers_alive(session, self._home.settings.job_heartbeat * 2)
        finally:
            database.close()

    def stop(self) -> None:
        """Stop the worker of our own."""
        if self._own is not None:
            stop(self._own)


@contextmanager
def worker_running(home: Home, early: EarlyWorker | None = None) -> Iterator[WorkerKeeper]:
    """A worker for the length of the block; call the keeper's `ensure` now and then, lest it has died.

    `early`: one that loads already.
    """
    keeper = WorkerKeeper(home, early)
    keeper.ensure()
    try:
        yield keeper
    finally:
        keeper.stop()


def start_worker(home: Home) -> subprocess.Popen[bytes]:
    """A worker that ends when this process does."""
    environment = {**os.environ, "ACCORD_HOME": str(home.path)}
    command = [sys.executable, "-m", "accord", "worker", "--until-orphaned"]
    return subprocess.Popen(  # noqa: S603 - the command is our own
        command, env=environment, stdin=subprocess.DEVNULL
    )


def stop(process: subprocess.Popen[bytes], *, grace_s: float = 30.0) -> None:
    """Ask a process to end in good order, and end it when it does not."""
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
