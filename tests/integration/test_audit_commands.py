"""`accord audit` at the command line, and the job that seals."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from tests.conftest import PASSWORD, Databases, Members

from accord.auditing import jobs
from accord.cli import audit, cli
from accord.host.pool import ProcessPool
from accord.registry.environments import Environments
from accord.services import Services
from accord_auth.audit.keys import KEY_FILE
from accord_auth.audit.service import AuditTag, record
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_config.queue import QUEUE, open_queue
from accord_sdk.host.launch import ProcessLauncher

Command = Callable[..., Result]


@pytest.fixture
def accord(home: Home, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `accord audit ...` on the test's home."""

    @contextmanager
    def opened() -> Iterator[Home]:
        yield home

    monkeypatch.setattr(audit, "opened", opened)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(cli, ["audit", *map(str, arguments)])

    return run


@pytest.fixture
def written(database: Databases, organisations: Members) -> Callable[[], None]:
    """Writes five entries of each of two members."""

    def write() -> None:
        for member in (organisations.company, organisations.police):
            for number in range(5):
                with database(Role.WEB).transaction(member.scope) as session:
                    record(session, member.operator, AuditTag.CASE_OPEN, f"case {number}")

    return write


def test_from_sealing_to_a_member_s_own_check(
    accord: Command, written: Callable[[], None], tmp_path: Path
) -> None:
    written()
    assert accord("seal").output == "10 entries sealed; the log has 10\n"
    assert accord("verify").output == "ok: 10 entries are as they were sealed\n"
    key, first, second = (tmp_path / name for name in ("key.txt", "first.json", "second.json"))
    key.write_text(accord("key").output, encoding="utf-8")
    assert accord("bundle", "--organisation", "marlin", "--output", first).exit_code == 0
    written()
    accord("seal")
    made = accord("bundle", "--organisation", "marlin", "--earlier", first)
    second.write_text(made.output, encoding="utf-8")
    checked = accord("check", second, "--public-key", key, "--earlier", first)
    assert (checked.exit_code, checked.output[:40]) == (0, "ok: entries 0 to 10 are in the log under")


def test_verify_ends_with_1_and_names_the_first_wrong_place(
    accord: Command, written: Callable[[], None], database: Databases
) -> None:
    written()
    accord("seal")
    with database(Role.OWNER).transaction(NOBODY) as session:
        session.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER append_only"))
        session.execute(text("UPDATE audit_entries SET actor = 'somebody else' WHERE id IN (4, 8)"))
    done = accord("verify")
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "the first thing that is wrong:",
        "changed: entry 4 at place 3 is not what was sealed there",
        "changed: entry 8 at place 7 is not what was sealed there",
        "2 things are wrong",
    ]


def test_verify_says_what_is_not_protected_yet(accord: Command, written: Callable[[], None]) -> None:
    written()
    assert accord("verify").output.splitlines() == [
        "10 entries wait to be sealed, and nothing protects them yet",
        "ok: 0 entries are as they were sealed",
    ]


def test_verify_believes_no_key_that_only_the_database_names(
    accord: Command, written: Callable[[], None], home: Home, tmp_path: Path
) -> None:
    written()
    accord("seal")
    key = tmp_path / "key.txt"
    key.write_text(accord("key").output, encoding="utf-8")
    (home.path / KEY_FILE).unlink()
    assert "is missing" in str(accord("verify").exception)
    assert accord("verify", "--public-key", key).exit_code == 0


def test_check_fails_on_a_changed_bundle(
    accord: Command, written: Callable[[], None], tmp_path: Path
) -> None:
    written()
    accord("seal")
    path = tmp_path / "bundle.json"
    accord("bundle", "--organisation", "northgate", "--output", path)
    bundle = json.loads(path.read_text(encoding="utf-8"))
    bundle["entries"][2]["entry"]["subject"] = "case 99"
    path.write_text(json.dumps(bundle), encoding="utf-8")
    done = accord("check", path)
    assert done.exit_code == 1
    assert "entry 2 (place 7) is not in the log, or was changed" in done.output


@pytest.mark.parametrize("content", ["", "{}", "[]", "no json", '{"format": "accord-audit-bundle/1"}'])
def test_a_file_that_is_no_bundle_is_one_line_and_status_2(
    content: str, accord: Command, tmp_path: Path
) -> None:
    path = tmp_path / "bundle.json"
    path.write_text(content, encoding="utf-8")
    done = accord("check", path)
    assert done.exit_code == 2
    assert "Error: " in done.output


# --- the job ----------------------------------------------------------------------------------------


def run_job(home: Home, database: Databases, path: Path) -> str:
    """Run the sealing job through the queue, as a worker whose home is `path`; gives the job's status."""
    pool = ProcessPool(ProcessLauncher())

    async def work() -> str:
        queue = open_queue(database(Role.WORKER).conninfo)
        queue.add_tasks_from(jobs.sealing(path), namespace="audit")
        services = {
            "services": Services(
                database(Role.WORKER), pool, Environments.of(database(Role.WORKER), home.settings)
            )
        }
        async with queue.open_async():
            job_id = await queue.configure_task("audit:seal").defer_async(timestamp=0)
            await queue.run_worker_async(
                queues=[QUEUE], wait=False, listen_notify=False, additional_context=services
            )
            return (await queue.job_manager.get_job_status_async(job_id)).value

    try:
        return asyncio.run(work())
    finally:
        pool.close()


def test_the_job_seals(home: Home, database: Databases, written: Callable[[], None], accord: Command) -> None:
    written()
    assert run_job(home, database, home.path) == "succeeded"
    assert accord("verify").output == "ok: 10 entries are as they were sealed\n"


def test_the_job_is_due_each_minute(home: Home) -> None:
    (task,) = jobs.sealing(home.path).periodic_registry.periodic_tasks.values()
    assert (task.task.name, task.cron, task.task.queue) == ("seal", "* * * * *", QUEUE)


def test_a_worker_without_the_key_leaves_it_to_others_until_nobody_seals(
    home: Home, database: Databases, written: Callable[[], None], tmp_path: Path, monkeypatch: Any
) -> None:
    written()
    run_job(home, database, home.path)
    written()
    (tmp_path / "private").mkdir()
    assert run_job(home, database, tmp_path) == "succeeded"
    monkeypatch.setattr(jobs, "OVERDUE", timedelta(0))
    assert run_job(home, database, tmp_path) == "failed"


def test_a_member_s_entries_are_exported_and_no_other_s(
    accord: Command, written: Callable[[], None], tmp_path: Path
) -> None:
    written()
    done = accord("export", "--organisation", "marlin")
    assert done.exit_code == 0, done.exception
    lines = done.output.splitlines()
    found = [json.loads(line) for line in lines]
    assert [one["subject"] for one in found] == [f"case {number}" for number in range(5)]
    assert len({one["organisation_id"] for one in found}) == 1
    file = tmp_path / "log.csv"
    accord("export", "--organisation", "marlin", "--format", "csv", "--subject", "case 3", "--output", file)
    assert [line.split(",")[6] for line in file.read_text(encoding="utf-8").splitlines()] == [
        '"subject"',
        '"case 3"',
    ]
    assert accord("export", "--organisation", "marlin", "--until", "2020-01-01").output == ""
    again = [json.loads(line) for line in accord("export", "--organisation", "marlin").output.splitlines()]
    assert [one["tag"] for one in again[5:]] == ["audit.export"] * 3


def test_the_platform_s_own_log_is_exported_in_an_admin_s_name(
    accord: Command, written: Callable[[], None], database: Databases
) -> None:
    written()
    with database(Role.GATE).transaction(NOBODY) as session:
        pia = create_person(session, email="pia@platform.example.org", name="Pia", password=PASSWORD)
        assign_role(session, person_id=pia.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
    assert accord("export", "--admin", "pia@platform.example.org").output == ""
    (entry,) = accord("export", "--admin", "pia@platform.example.org").output.splitlines()
    found = json.loads(entry)
    assert (found["organisation_id"], found["actor"], found["tag"]) == (None, "Pia", "audit.export")
    assert accord("export", "--admin", "nobody@platform.example.org").exception is not None
    assert (
        accord("export").exit_code
        == accord("export", "--organisation", "marlin", "--admin", "x").exit_code
        == 2
    )
