"""Workers that are killed at random moments lose nothing and double nothing."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from accord.caseload.assessment import assess_stale
from accord.demo.world import WorldSettings, generate
from accord.detection.service import detect_batch
from accord.host.pool import ProcessPool
from accord.ingestion.models import Batch
from accord.linking.leaders import Leaders
from accord.linking.resolving import resolved_batches
from accord.linking.service import link_ready, request_assessment
from accord.linking.sketches import Dropped, forget_dropped
from accord.pipeline import backlog
from accord.worker import run_worker
from accord_config.database import NOBODY, Role
from accord_config.queue import FIRST, enqueue, failed_jobs
from accord_sdk.host.launch import ProcessLauncher

BATCH = 20
RECORDS = 300
SEED = 7
_DROP_UNUSED = text(
    "DELETE FROM selectors"
    " WHERE NOT EXISTS (SELECT FROM mentions WHERE selector_id = selectors.id)"
    " RETURNING id, kind"
)
"""As when the last record that stood on a selector is taken out."""


@pytest.fixture
def world(write_lines: Any) -> Path:
    """A file of synthetic records with all that makes linking hard: hubs, copied texts and pictures."""
    found = {record.line for record in generate(WorldSettings(records=RECORDS, seed="killed"))}
    lines = sorted(found, key=lambda text: json.loads(text)["external_id"])[:RECORDS]
    return write_lines([line.encode() for line in lines])


def wait_until_done(database: Any, member: Any, *, seconds: float = 120.0) -> None:
    """Wait until nothing of a member waits for the pipeline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with database(Role.WORKER).transaction(member.scope) as session:
            rest = backlog(session, member.id)
        if rest.done and not rest.live_jobs:
            return
        assert not rest.failed_jobs, rest
        time.sleep(0.2)
    pytest.fail(f"still waiting: {rest}")


def test_workers_killed_at_random_moments_lose_nothing(
    organisations: Any,
    ingest: Any,
    world: Path,
    run_jobs: Any,
    results: Any,
    started: Any,
    database: Any,
    rows: Any,
) -> None:
    company, police = organisations.company, organisations.police
    ingest(police.operator, world)
    run_jobs()
    undisturbed = results(police.operator)

    ingest(company.operator, world)
    moments = random.Random(SEED)
    for _ in range(5):
        worker: subprocess.Popen[bytes] = started("worker")
        time.sleep(moments.uniform(1.0, 4.0))
        worker.kill()
        worker.wait()
    started("worker")
    wait_until_done(database, company)
    assert results(company.operator) == undisturbed
    scope = company.scope
    assert rows(scope, "SELECT DISTINCT stage FROM batches") == [("linked",)]
    assert rows(scope, "SELECT count(*), count(DISTINCT record_id) FROM lead_records") == [(RECORDS, RECORDS)]
    counted = rows(scope, "SELECT sum(records) FROM leads WHERE merged_into IS NULL")
    assert counted == [(RECORDS,)]


def test_two_members_with_the_same_data_get_the_same_order(
    organisations: Any, ingest: Any, world: Path, run_jobs: Any, results: Any
) -> None:
    for member in (organisations.company, organisations.police):
        ingest(member.operator, world)
    run_jobs()
    assert results(organisations.company.operator) == results(organisations.police.operator)


def test_a_job_in_one_member_s_name_cannot_touch_another_member_s_batch(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, database: Any, rows: Any, run_jobs: Any
) -> None:
    company, police = organisations.company, organisations.police
    ingest(police.operator, write_lines([line(1)]))
    ((batch,),) = rows(police.scope, "SELECT id FROM batches")
    with database(Role.WORKER).transaction(NOBODY) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    with database(Role.WEB).transaction(company.scope) as session:
        enqueue(session, "detection:detect", organisation_id=company.id, batch_id=batch)
    run_jobs()
    assert rows(police.scope, "SELECT stage FROM batches") == [("stored",)]
    assert rows(company.scope, "SELECT * FROM record_findings") == []


def _workers(database: Any) -> int:
    with database(Role.WORKER).transaction(NOBODY) as session:
        return session.scalar(text("SELECT count(*) FROM procrastinate_workers")) or 0


def _heeds(pid: int) -> bool:
    """Whether a process has its own way of ending by SIGTERM yet: a worker is registered before it has."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (caught,) = re.findall(r"^SigCgt:\t([0-9a-f]+)$", status, re.MULTILINE)
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def test_a_worker_ends_in_good_order_when_told_to(started: Any, database: Any) -> None:
    worker = started("worker")
    deadline = time.monotonic() + 60
    while not (_workers(database) and _heeds(worker.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    worker.terminate()
    assert worker.wait(20) == 0
    assert _workers(database) == 0


def test_a_periodic_job_that_waits_already_when_it_is_due_again_stops_no_worker(
    home: Any, organisations: Any, database: Any, run_jobs: Any, caplog: Any
) -> None:
    with database(Role.WORKER).transaction(NOBODY) as session:
        waits_already = (
            "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, scheduled_at)"
            " VALUES ('pipeline', 'audit:seal', 'audit:seal', now() + interval '1 hour')"
        )
        session.execute(text(waits_already))
    run_jobs()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def _fail_for_good(database: Any, member: Any, error: str) -> None:
    with database(Role.WORKER).transaction(NOBODY) as session:
        enqueue(session, "detection:detect", organisation_id=member.id, batch_id=1)
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        session.execute(text("UPDATE procrastinate_jobs SET status = 'failed', attempts = 8"))
        session.execute(
            text("INSERT INTO job_failures (job_id, error) SELECT id, :error FROM procrastinate_jobs"),
            {"error": error},
        )


def test_the_doctor_lists_failed_jobs_and_runs_them_again(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, database: Any, accord: Any, rows: Any
) -> None:
    company = organisations.company
    _fail_for_good(database, company, "ValueError: something that a test says")
    said = accord("doctor")
    assert said.returncode == 1
    assert re.search(
        r"PROBLEM +job 1: detection:detect for marlin failed .*something that a test says", said.stdout
    )
    again = accord("doctor", "--retry")
    assert "1 failed jobs run again" in again.stdout
    with database(Role.WORKER).transaction(NOBODY) as session:
        assert failed_jobs(session) == []
        row = session.execute(text("SELECT status, attempts FROM procrastinate_jobs")).one()
    assert tuple(row) == ("todo", 0)


def test_the_doctor_says_what_works(accord: Any, organisations: Any, installed_plugins: Any) -> None:
    said = accord("doctor")
    assert said.returncode == 0, said.stdout
    for word in ("database", "roles", "worker", "jobs", "disk", "pages", *installed_plugins):
        assert re.search(rf"^(ok|note) +(plugin )?{word}: ", said.stdout, re.MULTILINE), word


def test_records_that_wait_without_a_worker_are_a_problem(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, accord: Any
) -> None:
    ingest(organisations.company.operator, write_lines([line(1)]))
    said = accord("doctor")
    assert said.returncode == 1
    assert "1 records wait: start `accord worker`" in said.stdout


def test_why_a_job_failed_is_kept_until_it_succeeds(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, database: Any, rows: Any, home: Any
) -> None:
    company = organisations.company
    ingest(company.operator, write_lines([line(1)]))
    with database(Role.OWNER).engine.begin() as owner:
        owner.execute(text("REVOKE INSERT ON record_findings FROM accord_worker"))
    run_worker(home, until_empty=True)
    ((error,),) = rows(NOBODY, "SELECT error FROM job_failures")
    assert error.startswith("ProgrammingError: ")
    assert "614-555" not in error
    with database(Role.OWNER).engine.begin() as owner:
        owner.execute(text("GRANT INSERT ON record_findings TO accord_worker"))
        owner.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL"))
    run_worker(home, until_empty=True)
    assert rows(NOBODY, "SELECT * FROM job_failures") == []
    assert rows(company.scope, "SELECT stage FROM batches") == [("linked",)]


@pytest.fixture
def pool() -> Iterator[ProcessPool]:
    made = ProcessPool(ProcessLauncher())
    yield made
    made.close()


def test_batches_are_linked_in_their_order_whichever_is_looked_at_first(
    organisations: Any, ingest: Any, world: Path, database: Any, rows: Any, pool: ProcessPool, results: Any
) -> None:
    worker = database(Role.WORKER)
    found = []
    for member, turn in ((organisations.company, 1), (organisations.police, -1)):
        ingest(member.operator, world)
        batches = [row[0] for row in rows(member.scope, "SELECT id FROM batches ORDER BY id")]
        for batch in batches[::turn]:
            detect_batch(worker, pool, member.id, batch)
            link_ready(worker, member.id)
            linked = rows(member.scope, "SELECT id FROM batches WHERE stage = 'linked' ORDER BY id")
            assert [row[0] for row in linked] == batches[: len(linked)]
        while link_ready(worker, member.id):
            pass
        assess_stale(worker, pool, member.id)
        found.append(results(member.operator))
    assert found[0] == found[1]


@pytest.mark.parametrize("dropped", [False, True], ids=["as it was", "a node was dropped meanwhile"])
def test_what_a_lost_worker_had_resolved_and_not_linked_is_linked_all_the_same(
    organisations: Any,
    ingest: Any,
    world: Path,
    database: Any,
    pool: ProcessPool,
    results: Any,
    dropped: bool,
) -> None:
    worker = database(Role.WORKER)
    found = []
    for member in (organisations.police, organisations.company):
        ingest(member.operator, world)
        with worker.transaction(member.scope) as session:
            batches = sorted(session.scalars(select(Batch.id)))
        for batch in batches:
            detect_batch(worker, pool, member.id, batch)
        if member is organisations.company:
            remembered = Leaders()
            for _ in batches:
                ahead = resolved_batches(worker, member.id, Leaders(), most=2)
                next(ahead)
                ahead.close()
                if dropped:
                    with worker.transaction(member.scope) as session:
                        gone = [Dropped(*row) for row in session.execute(_DROP_UNUSED)]
                        forget_dropped(session, member.id, gone)
                link_ready(worker, member.id, remembered, most=1)
        while link_ready(worker, member.id):
            pass
        assess_stale(worker, pool, member.id)
        found.append(results(member.operator))
        with worker.transaction(member.scope) as session:
            assert set(session.execute(select(Batch.stage, Batch.resolved.is_(None)))) == {("linked", True)}
    assert found[0] == found[1]


def test_what_was_looked_at_is_linked_before_more_is_looked_at(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, database: Any, rows: Any, pool: ProcessPool
) -> None:
    worker, company = database(Role.WORKER), organisations.company
    ingest(company.operator, write_lines([line(number) for number in range(3 * BATCH)]))
    first, _, _ = (row[0] for row in rows(company.scope, "SELECT id FROM batches ORDER BY id"))
    waiting = "SELECT task_name FROM procrastinate_jobs ORDER BY priority DESC, id"
    assert rows(NOBODY, waiting) == [("detection:detect",)] * 3
    detect_batch(worker, pool, company.id, first)
    assert rows(NOBODY, waiting) == [("linking:link",), *[("detection:detect",)] * 3]
    link_ready(worker, company.id)
    assert rows(NOBODY, waiting)[-1] == ("caseload:assess",)


def test_an_assessment_that_waits_its_turn_gets_ahead_when_it_is_due(
    organisations: Any, database: Any, rows: Any
) -> None:
    worker, company = database(Role.WORKER), organisations.company
    for soon, priority in ((False, 0), (True, FIRST), (False, FIRST)):
        with worker.transaction(company.scope) as session:
            request_assessment(session, company.id, soon=soon)
        assert rows(NOBODY, "SELECT task_name, priority FROM procrastinate_jobs") == [
            ("caseload:assess", priority)
        ]


def test_a_batch_whose_detection_fails_holds_up_no_other(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, database: Any, rows: Any, home: Any
) -> None:
    company = organisations.company
    ingest(company.operator, write_lines([line(number) for number in range(3 * BATCH)]))
    with database(Role.OWNER).engine.begin() as owner:
        owner.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'refused by a test'; END $$"
            )
        )
        owner.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON record_findings FOR EACH ROW"
                " WHEN (new.record_id = 1) EXECUTE FUNCTION refuse()"
            )
        )
    run_worker(home, until_empty=True)
    stages = [row[0] for row in rows(company.scope, "SELECT stage FROM batches ORDER BY id")]
    assert stages == ["stored", "linked", "linked"]
    ((error,),) = rows(NOBODY, "SELECT error FROM job_failures")
    assert "refused by a test" in error
