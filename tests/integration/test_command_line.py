"""The command line as scripts use it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.integration.conftest import environment_of

from accord.cli import main
from accord_config.database import NOBODY, Role, Scope
from accord_config.home import Home

INGEST_KILLS = 3
SEED = 11


@pytest.fixture
def told(
    module_home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """What a command that ends with an error says; in this process, in a tenth of the time."""

    def told(*arguments: object) -> subprocess.CompletedProcess[str]:
        for name, value in environment_of(module_home).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["accord", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, int(str(ended.value.code)), said.out, said.err)

    return told


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("ingest", "FILE", "--source", "board", "--organisation", "nobody"), "'nobody'"),
        (("ingest", "/nowhere/at-all.jsonl", "--source", "board"), "does not exist"),
        (("ingest", "FOLDER", "--source", "board"), "is a directory"),
        (("ingest", "FILE", "--source", "Bad Slug"), "slug"),
        (("ingest", "FILE"), "--source"),
        (("ingest", "FILE", "--source", "board", "--marking", "TLP:PINK"), "TLP:PINK"),
        (("ingest", "FILE", "--source", "board", "--rejects", "/proc/rejected.jsonl"), "--rejects"),
        (("export", "everything"), "everything"),
        (("export", "queue", "--organisation", "nobody"), "'nobody'"),
        (("plugins", "try", "nothing", "FILE"), "'nothing'"),
        (("nonsense",), "nonsense"),
    ],
)
def test_a_mistake_is_one_clear_line_and_not_a_success(
    arguments: tuple[str, ...], word: str, told: Any, write_lines: Any, line: Any, tmp_path: Path
) -> None:
    path = write_lines([line(1)])
    said = told(*({"FILE": path, "FOLDER": tmp_path}.get(part, part) for part in arguments))
    assert said.returncode == 2
    assert word in said.stderr
    assert said.stderr.startswith("accord: ")
    lines = said.stderr.splitlines()
    assert all(extra.startswith("  ") for extra in lines[1:])
    assert said.stdout == ""


def test_a_database_that_does_not_answer_is_one_line_without_its_password(accord: Any) -> None:
    url = "postgresql://someone:open-sesame@127.0.0.1:9/accord"
    said = accord("doctor", ACCORD_DATABASE_URL=url)
    assert said.returncode == 3
    assert len(said.stderr.splitlines()) == 1
    assert "open-sesame" not in said.stderr


def test_ingest_tells_what_became_of_the_file_in_plain_lines(
    accord: Any, organisations: Any, write_lines: Any, line: Any, rows: Any
) -> None:
    path = write_lines([*(line(number) for number in range(50)), b"bad"])
    whose = ("--source", "board", "--organisation", "marlin")
    said = accord("ingest", path, *whose, "--marking", "TLP:AMBER+STRICT")
    assert said.returncode == 0, said.stderr
    marked = rows(organisations.company.scope, "SELECT DISTINCT marking FROM records")
    assert marked == [("TLP:AMBER+STRICT",)]
    assert "records.jsonl: 51 lines read, 50 stored, 0 unchanged, 1 rejected" in said.stdout
    assert f"with reasons: {path.with_name('records.rejected.jsonl')}" in said.stdout
    assert "25 leads ranked" in said.stdout
    assert "\x1b" not in said.stdout
    assert "\r" not in said.stdout
    again = accord("ingest", path, "--source", "board", "--organisation", "marlin")
    assert "0 stored, 50 unchanged, 1 rejected" in again.stdout


def test_rejects_of_a_file_in_a_folder_that_cannot_hold_them_go_to_the_home_or_where_told(
    accord: Any, organisations: Any, tmp_path: Path
) -> None:
    # Nobody can make a file in /proc, and no line of this file is a record.
    command = ("ingest", "/proc/version", "--source", "board", "--organisation", "marlin", "--no-wait")
    said = accord(*command)
    assert said.returncode == 0, said.stderr
    (place,) = [
        line.partition("with reasons: ")[2] for line in said.stdout.splitlines() if "with reasons: " in line
    ]
    assert Path(place).parent.name == "rejects"
    assert json.loads(Path(place).read_bytes().splitlines()[0])["reason"]
    chosen = tmp_path / "elsewhere.jsonl"
    said = accord(*command, "--rejects", chosen)
    assert f"with reasons: {chosen}" in said.stdout
    assert chosen.read_bytes() == Path(place).read_bytes()


@pytest.fixture
def exported(accord: Any, organisations: Any, ingest: Any, write_lines: Any, line: Any, run_jobs: Any) -> Any:
    """What `accord export` writes of the company's and the police unit's records, as objects."""
    for member in (organisations.company, organisations.police):
        ingest(member.operator, write_lines([line(number) for number in range(40)]))
    run_jobs()

    def exported(what: str, *arguments: str) -> list[dict[str, Any]]:
        said = accord("export", what, *arguments)
        assert said.returncode == 0, said.stderr
        return [json.loads(text) for text in said.stdout.splitlines()]

    return exported


def test_exports_have_the_documented_shapes(exported: Any) -> None:
    of_company = ("--organisation", "marlin")
    clusters = exported("clusters", *of_company)
    assert len(clusters) == 40
    assert all(set(one) == {"external_id", "source", "cluster_id"} for one in clusters)

    queue = exported("queue", *of_company)
    assert [one["rank"] for one in queue] == list(range(1, 26))
    assert all(set(one) == {"rank", "lead_id", "cluster_id", "score", "reasons"} for one in queue)
    assert {one["cluster_id"] for one in queue} == {one["cluster_id"] for one in clusters}
    assert [one["score"] for one in queue] == sorted((one["score"] for one in queue), reverse=True)
    for reason in (reason for one in queue for reason in one["reasons"]):
        assert {"indicator", "sign", "weight", "contribution", "evidence"} <= set(reason)

    findings = exported("findings", *of_company)
    phones = [one for one in findings if one["kind"] == "phone"]
    assert len(phones) == 40
    for phone in phones:
        assert phone["finding"] == "selector"
        assert phone["value"].startswith("+161455501")
        assert {"external_id", "source", "plugin", "version", "field", "start", "end"} <= set(phone)

    records = exported("records", *of_company)
    assert len(records) == 40
    assert {"external_id", "source", "observed_at", "title", "body", "place"} <= set(records[0])


def test_the_queue_of_all_members_has_ranks_from_1_without_a_gap(exported: Any) -> None:
    queue = exported("queue")
    assert [one["rank"] for one in queue] == list(range(1, 51))
    assert [one["score"] for one in queue] == sorted((one["score"] for one in queue), reverse=True)


def test_an_export_goes_to_a_file_when_told_to(exported: Any, tmp_path: Path) -> None:
    path = tmp_path / "clusters.jsonl"
    assert exported("clusters", "--organisation", "marlin", "--output", str(path)) == []
    assert len(path.read_text().splitlines()) == 40


def test_trying_a_plugin_prints_one_finding_a_line(accord: Any, write_lines: Any, line: Any) -> None:
    path = write_lines([line(1, body="Call 614-555-0134 today"), b"bad", line(2, body="Nothing here")])
    said = accord("plugins", "try", "selectors", path)
    assert said.returncode == 0, said.stderr
    found = [json.loads(text) for text in said.stdout.splitlines()]
    (phone,) = [one for one in found if one["kind"] == "phone"]
    assert phone == phone | {
        "external_id": "r00001",
        "finding": "selector",
        "kind": "phone",
        "value": "+16145550134",
        "field": "body",
        "start": 5,
        "end": 17,
    }
    assert 0.0 < phone.get("confidence", 1.0) <= 1.0
    assert {one["finding"] for one in found} <= {"selector", "signal"}
    assert "line 2: not JSON" in said.stderr


def test_an_ingest_that_is_killed_half_way_loses_and_doubles_nothing(
    started: Any, accord: Any, organisations: Any, write_lines: Any, line: Any, rows: Any
) -> None:
    scope: Scope = organisations.company.scope
    lines = [line(number) for number in range(900)]
    path = write_lines([*lines[:400], b"bad", *lines[400:]])
    command = ("ingest", path, "--source", "board", "--organisation", "marlin")
    moments = random.Random(SEED)
    stored = 0
    for _ in range(INGEST_KILLS):
        process: subprocess.Popen[bytes] = started(*command, "--no-wait")
        _wait_for_more(rows, scope, stored, process)
        time.sleep(moments.uniform(0.0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        ((stored,),) = rows(scope, "SELECT count(*) FROM records")
    said = accord(*command)
    assert said.returncode == 0, said.stderr
    assert rows(scope, "SELECT count(*), count(DISTINCT external_id) FROM records") == [(900, 900)]
    assert rows(scope, "SELECT sum(records) FROM batches") == [(900,)]
    assert rows(scope, "SELECT count(*) FROM lead_records") == [(900,)]
    rejected = path.with_name("records.rejected.jsonl").read_text().splitlines()
    assert [json.loads(text)["line"] for text in rejected] == [401]


def _wait_for_more(rows: Any, scope: Scope, stored: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has stored something, or has ended."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if rows(scope, "SELECT count(*) FROM records") > [(stored,)]:
            return
        time.sleep(0.02)


def test_an_ingest_goes_on_when_its_worker_is_killed(
    started: Any, organisations: Any, write_lines: Any, line: Any, rows: Any, database: Any
) -> None:
    scope: Scope = organisations.company.scope
    path = write_lines([line(number) for number in range(200)])
    process = started("ingest", path, "--source", "board", "--organisation", "marlin")
    worker = _child_of(process)
    _wait_for_work(database, process)
    os.kill(worker, signal.SIGKILL)
    assert process.wait(120) == 0
    assert rows(scope, "SELECT count(*) FROM lead_records") == [(200,)]


def _wait_for_work(database: Any, process: subprocess.Popen[bytes]) -> None:
    """Wait until a worker is in the middle of a job."""
    busy = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with database(Role.WORKER).transaction(NOBODY) as session:
            if session.scalar(busy):
                return
        time.sleep(0.01)
    pytest.fail("no worker was seen at work")


def _child_of(process: subprocess.Popen[bytes]) -> int:
    """The process that `accord ingest` started: its worker."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.05)
    pytest.fail("no worker was started")
