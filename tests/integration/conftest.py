"""What integration tests share: record files, ingesting them, running jobs, commands as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from accord import exports
from accord.ingestion.files import Counts, ingest_file
from accord.ingestion.service import ensure_source
from accord.worker import run_worker
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Role, Scope
from accord_config.home import Home
from accord_sdk.host.launch import Launcher

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
BATCH = 20


def record_line(number: int, **changes: Any) -> dict[str, Any]:
    """A neutral record. Records whose numbers are equal modulo 25 show one phone number."""
    return {
        "external_id": f"r{number:05}",
        "observed_at": (BEGIN + timedelta(hours=number % 400)).isoformat(),
        "title": f"Notice {number}",
        "body": f"New in town this week, call 614-555-01{number % 25:02}. Notice number {number}.",
        "place": {"name": ("Columbus, OH", "Dayton, OH", "Toledo, OH")[number % 3], "country": "US"},
        "language": "en",
        **changes,
    }


WriteLines = Callable[..., Path]


@pytest.fixture
def write_lines(tmp_path: Path) -> WriteLines:
    """Writes a JSONL file of records (objects) and raw lines (bytes)."""

    def write(lines: Iterable[dict[str, Any] | bytes], name: str = "records.jsonl") -> Path:
        path = tmp_path / name
        with path.open("wb") as file:
            for line in lines:
                file.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
        return path

    return write


Ingest = Callable[..., Counts]


@pytest.fixture
def ingest(database: Any) -> Ingest:
    """Stores a file's records for a member, without running the jobs."""

    def ingest(principal: Principal, path: Path, *, source: str = "board", batch: int = BATCH) -> Counts:
        worker = database(Role.WORKER)
        with worker.transaction(principal.scope) as session:
            found = ensure_source(session, principal, source)
        return ingest_file(worker, principal, found, path, batch_records=batch)

    return ingest


RunJobs = Callable[..., None]


@pytest.fixture
def run_jobs(home: Home, database: Any) -> RunJobs:
    """Runs the home's jobs in this process, through the real queue, until none is due; none may fail."""

    def run(*, launcher: Launcher | None = None) -> None:
        run_worker(home, until_empty=True, launcher=launcher)
        with database(Role.WORKER).transaction(NOBODY) as session:
            assert session.scalars(text("SELECT error FROM job_failures")).all() == []

    return run


Rows = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def rows(database: Any) -> Rows:
    """The rows that a query gives a member's worker."""

    def rows(scope: Scope, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with database(Role.WORKER).transaction(scope) as session:
            return [tuple(row) for row in session.execute(text(query), values)]

    return rows


def clusters_of(database: Any, principal: Principal) -> set[frozenset[str]]:
    """Which records a member's leads hold, by the records' ids: equal for equal results."""
    with database(Role.WORKER).transaction(principal.scope) as session:
        found: dict[Any, set[str]] = {}
        for line in exports.clusters(session, principal):
            found.setdefault(line["cluster_id"], set()).add(f"{line['source']}/{line['external_id']}")
    return {frozenset(members) for members in found.values()}


def queue_of(database: Any, principal: Principal) -> list[tuple[float, str, Any]]:
    """A member's ranked leads without their identities: score, anchor, reasons."""
    with database(Role.WORKER).transaction(principal.scope) as session:
        anchors = dict(session.execute(text("SELECT id, anchor FROM leads")).all())
        return [
            (line["score"], anchors[line["lead_id"]], line["reasons"])
            for line in exports.queue(session, principal)
        ]


@pytest.fixture
def results(database: Any) -> Callable[[Principal], tuple[Any, Any]]:
    """A member's clusters and queue, in a form that two runs can be compared by."""
    return lambda principal: (clusters_of(database, principal), queue_of(database, principal))


def environment_of(home: Home) -> dict[str, str]:
    """The environment of a command that works on a test's home."""
    settings = home.settings
    return {
        "PATH": os.environ["PATH"],
        "ACCORD_HOME": str(home.path),
        "ACCORD_DATABASE_URL": settings.database_url or "",
        "ACCORD_JOB_HEARTBEAT": str(settings.job_heartbeat),
        "ACCORD_JOB_STALLED": str(settings.job_stalled),
        "ACCORD_BATCH_RECORDS": str(BATCH),
        "PYTHONWARNINGS": "ignore",
    }


Accord = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def accord(home: Home) -> Accord:
    """Runs the command line as a process: `accord("ingest", path, "--source", "board")`."""

    def accord(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "accord", *map(str, arguments)],
            env=environment_of(home) | more,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=240,
        )

    return accord


Started = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def started(home: Home, tmp_path: Path) -> Iterator[Started]:
    """Starts the command line as a process that the test may kill; what is left is killed at the end."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        log = (tmp_path / f"{arguments[0]}-{len(processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "accord", *map(str, arguments)],
                env=environment_of(home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture(scope="session")
def line() -> Callable[..., dict[str, Any]]:
    """A neutral record by number; numbers equal modulo 25 show one phone number."""
    return record_line
