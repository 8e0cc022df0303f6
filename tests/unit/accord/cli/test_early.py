"""A worker that loads before it is known whether one is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from accord.cli import early
from accord.cli.early import COMMAND, early_worker

LISTENS = (sys.executable, "-c", "import sys; sys.exit(sys.stdin.readline() != 'go\\n')")


def test_a_worker_that_is_never_told_ends_and_opens_no_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {**os.environ, "ACCORD_HOME": str(home)}
    ended = subprocess.run(COMMAND, stdin=subprocess.DEVNULL, env=environment, timeout=120, check=False)
    assert ended.returncode == 0
    assert not home.exists()


def test_one_that_is_let_go_outlives_the_block_and_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "COMMAND", LISTENS)
    monkeypatch.delenv("ACCORD_DATABASE_URL", raising=False)
    with early_worker(wanted=True) as worker:
        process = worker.go()
        assert worker.go() is None
    assert process is not None
    assert process.wait(60) == 0


def test_one_that_is_not_let_go_ends_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "COMMAND", LISTENS)
    monkeypatch.delenv("ACCORD_DATABASE_URL", raising=False)
    with early_worker(wanted=True):
        (process,) = (one for one in psutil.Process().children() if one.cmdline() == list(LISTENS))
    assert not process.is_running()


@pytest.mark.parametrize(("wanted", "url"), [(False, ""), (True, "postgresql://db.example.com/accord")])
def test_none_begins_where_none_is_wanted_or_workers_are_services(
    monkeypatch: pytest.MonkeyPatch, wanted: bool, url: str
) -> None:
    monkeypatch.setattr(early, "COMMAND", LISTENS)
    monkeypatch.setenv("ACCORD_DATABASE_URL", url)
    with early_worker(wanted=wanted) as worker:
        assert worker.go() is None
