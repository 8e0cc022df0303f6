"""A fresh home with the embedded database: set up on first use, stopped by its last user."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def fresh() -> Iterator[Path]:
    """A home's directory that is not there yet; short, because a socket's path has a limit."""
    folder = Path(tempfile.mkdtemp(prefix="acc-"))
    # The embedded server may run as a user of its own, who has to pass through.
    folder.chmod(0o755)
    yield folder / "h"
    shutil.rmtree(folder)


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """A command on a home, started."""
    return subprocess.Popen(
        [sys.executable, "-m", "accord", *arguments],
        env={"PATH": os.environ["PATH"], "ACCORD_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def server_runs(home: Path) -> bool:
    """Whether the home's PostgreSQL runs."""
    found = home / "database" / "postmaster.pid"
    return found.exists() and Path(f"/proc/{found.read_text().split()[0]}").exists()


def test_two_first_commands_at_once_set_up_one_home_and_stop_its_server(fresh: Path) -> None:
    commands = [start(fresh, "plugins", "list") for _ in range(2)]
    for command in commands:
        output, errors = command.communicate(timeout=120)
        assert command.returncode == 0, errors
        assert "selectors" in output
        assert "Warning" not in errors
    assert not server_runs(fresh)
    assert stat.S_IMODE((fresh / "private").stat().st_mode) == 0o700
    assert stat.S_IMODE((fresh / "private" / "secrets.json").stat().st_mode) == 0o600
    access = (fresh / "database" / "pg_hba.conf").read_text().splitlines()
    assert [rule.split()[-1] for rule in access if rule and not rule.startswith("#")] == ["scram-sha-256"]


def test_a_server_that_an_earlier_version_set_up_has_this_version_s_settings_from_its_next_start(
    fresh: Path,
) -> None:
    def set_up() -> list[str]:
        command = start(fresh, "plugins", "list")
        _, errors = command.communicate(timeout=120)
        assert command.returncode == 0, errors
        return [line for line in conf.read_text().splitlines() if line.startswith("wal_compression")]

    conf = fresh / "database" / "postgresql.conf"
    assert set_up() == ["wal_compression = off"]
    conf.write_text(conf.read_text().replace("\nwal_compression = off", "\nwal_compression = on"))
    # PostgreSQL heeds the last of them.
    assert set_up() == ["wal_compression = on", "wal_compression = off"]
    assert set_up() == ["wal_compression = on", "wal_compression = off"]


def test_a_server_that_a_killed_command_left_behind_is_used_and_then_stopped(fresh: Path) -> None:
    worker = start(fresh, "worker")
    deadline = time.monotonic() + 60
    while not server_runs(fresh) and time.monotonic() < deadline:
        time.sleep(0.1)
    worker.kill()
    worker.communicate()
    assert server_runs(fresh)
    after = start(fresh, "plugins", "list")
    _, errors = after.communicate(timeout=120)
    assert after.returncode == 0, errors
    assert not server_runs(fresh)
