"""Measures where the processors' time goes: the pipeline's stages, one after the other.

    python bench/stages.py [--quick] [--records N]

A fresh home, a synthetic world of one site. Each stage runs over all records before the next begins, so that
its time can be told from the others': storing (`accord ingest --no-wait`, its start included), detecting
(all first-party plugins, each in a process of its own), linking, assessing. The figures are milliseconds of
processor time a record: in Python, in the plugins' processes, in PostgreSQL. The dearest statements are
printed with their time on the wall. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from pipeline import ACCORD, SOURCE, make_file, server_of, server_seconds
from sqlalchemy import Engine, event, text

import accord.models  # noqa: F401 - suspected minors, which some worlds have, name people
from accord.caseload.assessment import assess_stale
from accord.detection.service import detect_batch
from accord.host.choice import launcher_for
from accord.host.pool import ProcessPool
from accord.linking.leaders import Leaders
from accord.linking.service import link_ready
from accord_config.database import Database, Role, Scope

RECORDS, QUICK = 10_000, 1_000
SHOWN = 6
"""Statements of a stage that are printed."""


class Statements:
    """Time on the wall of each SQL statement of this process."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)

    def _before(
        self, _connection: Any, _cursor: Any, _words: str, _values: Any, context: Any, _many: bool
    ) -> None:
        context.begun = time.perf_counter()

    def _after(
        self, _connection: Any, _cursor: Any, words: str, _values: Any, context: Any, _many: bool
    ) -> None:
        self.seconds[" ".join(words.split())[:90]] += time.perf_counter() - context.begun

    def dearest(self) -> list[tuple[str, float]]:
        """The statements since the last call that took longest, with their seconds."""
        found = sorted(self.seconds.items(), key=lambda item: -item[1])[:SHOWN]
        self.seconds.clear()
        return found


@dataclass(frozen=True)
class Spent:
    """Processor seconds."""

    python: float
    plugins: float
    postgresql: float


class Clock:
    """Processor time of this process and its children, of plugins, of the server."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server

    def now(self) -> Spent:
        """What was used so far. A plugin's process counts as long as it lives."""
        times = os.times()
        own = times.user + times.system + times.children_user + times.children_system
        plugins = 0.0
        for child in psutil.Process().children(recursive=True):
            try:
                if any("accord_sdk.runner" in word for word in child.cmdline()):
                    plugins += sum(child.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue
        return Spent(own, plugins, server_seconds(self._server))


def measure(records: int) -> dict[str, dict[str, float]]:
    """Milliseconds a record by stage and part."""
    found: dict[str, dict[str, float]] = {}
    statements = Statements()
    with tempfile.TemporaryDirectory(prefix="accord-bench-", ignore_cleanup_errors=True) as directory:
        path, home = Path(directory) / "records.jsonl", Path(directory) / "home"
        make_file(records, path)
        with server_of(home) as (opened, server):
            clock = Clock(server)

            def stage(name: str, work: Callable[[], object]) -> None:
                statements.dearest()
                before = clock.now()
                work()
                after = clock.now()
                spent = {
                    part: getattr(after, part) - getattr(before, part)
                    for part in ("python", "plugins", "postgresql")
                }
                found[name] = {part: round(seconds / records * 1000, 3) for part, seconds in spent.items()}
                print(f"{name:10} " + ", ".join(f"{part} {used:.3f}" for part, used in found[name].items()))
                for words, seconds in statements.dearest():
                    print(f"    {seconds / records * 1000:6.3f}  {words}")

            stage("store", lambda: _store(home, path))
            database = opened.database(Role.WORKER)
            organisation, batches = _stored(opened.database(Role.OWNER))
            pool = ProcessPool(launcher_for(opened.settings))
            stage("detect", lambda: _detect(database, pool, organisation, batches))
            stage("link", lambda: _link(database, organisation))
            stage("assess", lambda: assess_stale(database, pool, organisation))
            pool.close()
            database.close()
    return found


def _store(home: Path, path: Path) -> None:
    command = [*ACCORD, "ingest", str(path), "--source", SOURCE, "--no-wait"]
    environment = {**os.environ, "ACCORD_HOME": str(home)}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)


def _stored(database: Database) -> tuple[UUID, list[int]]:
    with database.transaction(Scope()) as session:
        rows = session.execute(text("SELECT organisation_id, id FROM batches ORDER BY id")).all()
    return rows[0].organisation_id, [row.id for row in rows]


def _detect(database: Database, pool: ProcessPool, organisation: UUID, batches: list[int]) -> None:
    for batch in batches:
        detect_batch(database, pool, organisation, batch)


def _link(database: Database, organisation: UUID) -> None:
    leaders = Leaders()
    while link_ready(database, organisation, leaders):
        pass


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} records, under a minute")
    parser.add_argument("--records", type=int, help=f"{RECORDS:,} if left out")
    arguments = parser.parse_args()
    records = arguments.records or (QUICK if arguments.quick else RECORDS)
    found = measure(records)
    total = round(sum(used for parts in found.values() for used in parts.values()), 3)
    print(f"{'all':10} {total:.3f} ms of processor time a record")
    print(json.dumps({"bench": "stages", "records": records, "cpu_ms_per_record": found, "all": total}))


if __name__ == "__main__":
    main()
