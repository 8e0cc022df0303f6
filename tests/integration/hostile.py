"""A plugin that means harm and the real pipeline around it: fixtures for tests that see it fail alone.

A test module takes them with `pytest_plugins = ["tests.integration.hostile"]`; it may have a `launcher` of
its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from accord.ingestion.files import ingest_file
from accord.ingestion.models import Stage
from accord.ingestion.service import ensure_source
from accord.markings import Marking
from accord.registry.service import Discovered, activate_all, discover, synchronise
from accord_config.database import Role
from accord_sdk import Manifest

HOSTILE = """
import os, sys, time
from accord_sdk import Assessed, Failed, Found, Indicator, Selector, Signal, Skipped, hookimpl

def spin():
    while True:
        pass

def flood():
    for _ in range(200_000):
        sys.stdout.write("x" * 1_000)
    yield from (Found(0, (Selector("text", "y" * 1_900),) * 400) for _ in range(100_000))

def deaf():
    for number in range(3, 64):
        try:
            os.close(number)
        except OSError:
            pass
    time.sleep(600)

def one(finding):
    return lambda: [Found(0, (finding,))]

def raises(message):
    def act():
        raise ValueError(message)
    return act

ACTS = {
    "spin": spin,
    "sleep": lambda: time.sleep(600),
    "die": lambda: os._exit(7),
    "kill": lambda: os.kill(os.getpid(), 9),
    "exit": sys.exit,
    "close its output": deaf,
    "take all memory": lambda: bytearray(10**10),
    "raise": raises("614-555-0134"),
    "raise NUL": raises("a\\x00b" * 1_000),
    "wrong record": lambda: [Found(99, ())],
    "a record before the first": lambda: [Found(-1, ())],
    "a record twice": lambda: [Found(0, ()), Found(0, ())],
    "no answer": lambda: [],
    "another answer": lambda: [Assessed(0, ())],
    "no result at all": lambda: ["nonsense", 3],
    "flood": flood,
    "too many findings": lambda: [Found(0, (Signal("a", 1),) * 10_000)],
    "print": lambda: (print("x" * 100_000), os.write(1, b"raw bytes\\n"), [Found(0, ())])[-1],
    "fail with NUL": lambda: [Failed(0, "co\\x00de", "mess\\x00age" * 1_000)],
    "NUL in a value": one(Selector("phone", "+1\\x00614")),
    "NUL in a kind": one(Signal("a\\x00b", 1)),
    "NUL in a note": one(Signal("a", 1, note="\\x00")),
    "NUL in a field": one(Selector("phone", "+16145550134", field="\\x00")),
    "NUL in an attribute": one(Selector("phone", "+16145550134", attributes={"a": "\\x00"})),
    "no number in an attribute": one(Selector("price", "1 USD", attributes={"minutes": float("nan")})),
    "a value without end": one(Selector("url", "\\U0001f680" * 1_999)),
    "a huge value": one(Selector("text", "z" * 30_000_000)),
    "a template that is none": one(Selector("template", "not hexadecimal", keys=(1,))),
    "a template of odd length": one(Selector("template", "abc", keys=(1,))),
    "an age beyond numbers": one(Selector("age", "9" * 1_999)),
    "keys beyond numbers": one(Selector("template", "ab" * 64, keys=(2**64 - 1,))),
    "confidence beyond 1": one(Selector("phone", "+16145550134", confidence=1e300)),
    "confidence that is no number": one(Selector("phone", "+16145550134", confidence=float("nan"))),
    "a span that is none": one(Selector("phone", "+16145550134", start=9, end=3)),
}

class Hostile:
    name = "hostile"
    def open(self):
        pass
    def close(self):
        pass
    def detect(self, batch, call):
        act = next((record.body for record in batch if record.body in ACTS), None)
        if act:
            yield from ACTS[act]() or ()
            yield from (Found(ref, ()) for ref in range(1, len(batch)))
        else:
            yield from (Found(ref, (Selector("seen", repr(one)[:1_900]),)) for ref, one in enumerate(batch))

class Judge:
    name = "judge"
    def assess(self, leads, call):
        for ref, lead in enumerate(leads):
            yield Assessed(ref, (Indicator("judged", 1, 0.5, "a\\x00b" if JUDGES_BADLY else "fine"),))

JUDGES_BADLY = False

@hookimpl
def accord_detectors(context):
    return [Hostile()]

@hookimpl
def accord_assessors(context):
    return [Judge()]
"""

HARMLESS = {"print"}
"""What it may do without its own findings being lost."""
FAILS_BY_ITSELF = {"fail with NUL"}
"""What says that it failed, and asks for no other try."""

MANIFEST = """
protocol = 1
name = "hostile"
title = "Hostile"
summary = "Does what a plugin must not."
ceiling = "TLP:GREEN"
[provides]
detectors = ["hostile"]
assessors = ["judge"]
[reads]
body = "what to do"
[limits]
open_seconds = 20.0
batch_seconds = 2.0
memory_mb = 300
batch_records = 50
[card]
purpose = "Tests."
limits = "None that it keeps."
licence = "Apache-2.0"
contact = "tests@example.org"
"""


class FolderLauncher:
    """Starts the runner as Accord does, with a folder of test distributions on its path."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, manifest: Manifest, folders: Any = (), site: Any = None) -> subprocess.Popen[bytes]:
        code = (
            f"import sys; sys.path.insert(0, {str(self._folder)!r}); import accord_sdk.runner as r; r.main()"
        )
        limit = manifest.limits.memory_mb * 1024 * 1024
        process = subprocess.Popen(
            ["prlimit", f"--as={limit}:{limit}", sys.executable, "-I", "-B", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd=tempfile.gettempdir(),
            start_new_session=True,
            bufsize=0,
        )
        self.processes.append(process)
        return process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which the hostile distribution is installed."""
    where = tmp_path / "site"
    info = where / "hostile-1.0.dist-info"
    (info / "extra_metadata").mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: hostile\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[accord]\nhostile = hostile_plugin\n")
    (info / "extra_metadata" / "accord.toml").write_text(MANIFEST)
    (where / "hostile_plugin.py").write_text(textwrap.dedent(HOSTILE))
    return where


@pytest.fixture
def launcher(folder: Path) -> FolderLauncher:
    return FolderLauncher(folder)


@pytest.fixture
def hostile(database: Any, organisations: Any) -> Any:
    """The company, which uses the hostile plugin and, of the others, `indicators` alone."""
    company = organisations.company
    with database(Role.WORKER).transaction(company.scope) as session:
        synchronise(session, [*discover(), Discovered(Manifest.parse(MANIFEST), "1.0")])
        activate_all(session, company.id)
        session.execute(
            text(
                "UPDATE activations SET active = false WHERE plugin_id NOT IN"
                " (SELECT id FROM plugins WHERE name IN ('hostile', 'indicators'))"
            )
        )
    return company


Found = list[tuple[Any, ...]]


@pytest.fixture
def run_pipeline(
    hostile: Any, database: Any, write_lines: Any, rows: Any, run_jobs: Any, launcher: FolderLauncher
) -> Callable[..., Found]:
    """Ingests lines at TLP:GREEN, runs every job, and gives what each plugin said of each record."""

    def run(lines: list[dict[str, Any]]) -> Found:
        from_file = write_lines(lines)
        worker = database(Role.WORKER)
        with worker.transaction(hostile.scope) as session:
            source = ensure_source(session, hostile.operator, "board", marking=Marking.GREEN)
        ingest_file(worker, hostile.operator, source, from_file, batch_records=50)
        run_jobs(launcher=launcher)
        return rows(
            hostile.scope,
            "SELECT external_id, plugin, findings, error FROM record_findings"
            " JOIN records ON records.id = record_id ORDER BY external_id, plugin",
        )

    return run


def acts() -> list[str]:
    """Every hostile act."""
    names: dict[str, Any] = {}
    exec(HOSTILE, names)
    return list(names["ACTS"])


@pytest.fixture
def check_harm() -> Callable[..., None]:
    """See `_check_harm`."""
    return _check_harm


def _check_harm(act: str, said: dict[tuple[str, str], Any], rows: Any, scope: Any, launcher: Any) -> None:
    """An act on record r00001 cost the plugin's own findings on it, and nothing was left behind."""
    assert set(said) == {(r, p) for r in ("r00001", "r00002") for p in ("hostile", "indicators")}
    for record in ("r00001", "r00002"):
        assert said[record, "indicators"][1] is None
    assert said["r00002", "indicators"][0]
    findings, error = said["r00001", "hostile"]
    assert findings == []
    assert (error is None) == (act in HARMLESS)
    if error:
        assert set(error) == {"code", "message"}
        assert len(error["message"]) <= 500
    # Every batch linked, every lead ranked, no job failed, no process alive.
    assert rows(scope, "SELECT stage FROM batches") == [(Stage.LINKED.value,)]
    assert rows(scope, "SELECT count(*) FROM leads WHERE stale") == [(0,)]
    waiting = rows(scope, "SELECT task_name FROM procrastinate_jobs")
    # What failed is tried again later, by the plugin alone.
    assert waiting == ([] if act in HARMLESS | FAILS_BY_ITSELF else [("detection:wake",)])
    assert all(process.poll() is not None for process in launcher.processes)
