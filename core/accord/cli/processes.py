"""Worker processes that a command starts for itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from accord.pipeline import workers_alive
from accord_config.database import NOBODY, Role
from accord_config.home import Home


@contextmanager
def worker_running(home: Home) -> Iterator[None]:
    """A worker for the length of the block: one that runs already, or one of our own."""
    database = home.database(Role.WORKER, pool_size=1)
    with database.transaction(NOBODY) as session:
        alive = workers_alive(session, home.settings.job_heartbeat * 2)
    database.close()
    if alive:
        yield
        return
    process = start_worker(home)
    try:
        yield
    finally:
        stop(process)


def start_worker(home: Home) -> subprocess.Popen[bytes]:
    """A worker that ends when this process does."""
    environment = {**os.environ, "ACCORD_HOME": str(home.path)}
    command = [sys.executable, "-m", "accord", "worker", "--until-orphaned"]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)


def stop(process: subprocess.Popen[bytes], *, grace_s: float = 30.0) -> None:
    """Ask a process to end in good order, and end it when it does not."""
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
