"""A plugin that means harm, in the real pipeline: it harms its own findings and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import textwrap
import time
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
from accord_sdk import RECORD_FIELDS, Manifest

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
    "keys beyond numbers": one(Selector("template", "ab" * 32, keys=(2**64 - 1,))),
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

    def start(self, manifest: Manifest, folders: Any = ()) -> subprocess.Popen[bytes]:
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


@pytest.mark.parametrize("act", acts())
def test_a_hostile_act_costs_the_plugin_its_own_findings_only(
    act: str, run_pipeline: Any, hostile: Any, rows: Any, line: Any, launcher: FolderLauncher
) -> None:
    begun = time.monotonic()
    found = run_pipeline([line(1, body=act), line(2, body="New in town, here until Sunday.")])
    took = time.monotonic() - begun
    said = {(record, plugin): (findings, error) for record, plugin, findings, error in found}
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
    # Nothing is left behind: every batch linked, every lead ranked, no job failed, no process alive.
    assert rows(hostile.scope, "SELECT stage FROM batches") == [(Stage.LINKED.value,)]
    assert rows(hostile.scope, "SELECT count(*) FROM leads WHERE stale") == [(0,)]
    assert rows(hostile.scope, "SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    assert all(process.poll() is not None for process in launcher.processes)
    assert took < 60


def test_a_plugin_gets_granted_fields_only_and_never_an_id(run_pipeline: Any, line: Any) -> None:
    found = run_pipeline([line(1, body="harmless", url="https://ads.example.com/r00001")])
    ((seen,),) = [findings for _, plugin, findings, _ in found if plugin == "hostile"]
    filled = seen["value"]
    assert "body='harmless'" in filled
    for name in RECORD_FIELDS - {"body"}:
        assert any(f"{name}={empty}" in filled for empty in ("None", "()", "{}")), name
    assert "r00001" not in filled


def test_a_plugin_never_gets_a_record_above_its_ceiling(
    hostile: Any, ingest: Any, write_lines: Any, line: Any, rows: Any, run_jobs: Any, launcher: FolderLauncher
) -> None:
    # `ingest` uses the default marking, TLP:AMBER; the ceiling is TLP:GREEN.
    ingest(hostile.operator, write_lines([line(1, body="secret")]))
    run_jobs(launcher=launcher)
    assert rows(hostile.scope, "SELECT plugin FROM record_findings") == [("indicators",)]


def test_an_assessor_that_says_what_cannot_be_stored_is_left_out_of_the_rank(
    run_pipeline: Any, hostile: Any, rows: Any, line: Any, folder: Path
) -> None:
    plugin = folder / "hostile_plugin.py"
    plugin.write_text(plugin.read_text().replace("JUDGES_BADLY = False", "JUDGES_BADLY = True"))
    run_pipeline([line(1, body="harmless")])
    ((stale, reasons),) = rows(hostile.scope, "SELECT stale, reasons FROM leads")
    assert not stale
    assert "judged" not in json.dumps(reasons)


def test_an_assessor_that_behaves_is_among_the_reasons(
    run_pipeline: Any, hostile: Any, rows: Any, line: Any
) -> None:
    run_pipeline([line(1, body="harmless")])
    ((reasons,),) = rows(hostile.scope, "SELECT reasons FROM leads")
    assert "judged" in {reason["indicator"] for reason in reasons}


def test_records_too_large_for_one_frame_reach_the_plugin_in_parts(run_pipeline: Any, line: Any) -> None:
    body = "a long text " * 8_000
    found = run_pipeline([line(number, body=f"{number} {body}") for number in range(100)])
    assert [error for _, _, _, error in found if error] == []
    assert sum(plugin == "hostile" and bool(findings) for _, plugin, findings, _ in found) == 100
