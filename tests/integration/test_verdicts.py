"""What leads were found to be: given, changed, taken back, kept; and each member sees its own alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from accord.caseload import verdicts
from accord.caseload.decided import standing
from accord.caseload.leads import LeadFilter, find_lead, queue
from accord.cli import cli
from accord.linking.models import Lead
from accord_auth.audit.models import AuditEntry
from accord_auth.errors import Invalid, NotFound, PermissionDenied
from accord_config.database import Role, ScopedSession

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]


def path(lead_id: UUID) -> str:
    return f"/api/v1/leads/{lead_id}/verdict"


def say(task_force: TaskForce, lead_id: UUID, word: str, who: str = "investigator") -> Any:
    return task_force.program(who).ask("PUT", path(lead_id), json={"verdict": word, "reason": "Visited."})


@pytest.fixture
def asking(task_force: TaskForce) -> Iterator[ScopedSession]:
    person = task_force.people["investigator"]
    with task_force.database(Role.WEB).transaction(person.scope) as session:
        yield session


def in_queue(session: ScopedSession, task_force: TaskForce, word: str) -> set[UUID]:
    who = task_force.people["investigator"]
    return {row.lead.id for row in queue(session, who, LeadFilter(verdict=word), None, 1000).rows}


def test_a_verdict_stands_until_it_is_changed_and_what_was_said_is_kept(task_force: TaskForce) -> None:
    lead_id = task_force.lead(task_force.police)
    assert say(task_force, lead_id, "cannot_tell").json["verdict"] == "cannot_tell"
    assert say(task_force, lead_id, "lawful", "manager").status_code == 200
    program = task_force.program("analyst")
    shown = program.get(f"/api/v1/leads/{lead_id}").json["verdict"]
    assert (shown["verdict"], shown["reason"], shown["grown_by"]) == ("lawful", "Visited.", 0)
    said = program.get(f"/api/v1/leads/{lead_id}/verdicts").json["items"]
    assert [(one["verdict"], one["withdrawn_at"] is None) for one in said] == [
        ("lawful", True),
        ("cannot_tell", False),
    ]
    assert said[1]["withdrawn_by"] == task_force.people["manager"].person_name


def test_taken_back_no_verdict_stands_and_both_are_in_the_log(task_force: TaskForce) -> None:
    lead_id = task_force.lead(task_force.police)
    say(task_force, lead_id, "spam")
    program = task_force.program("investigator")
    assert program.delete(path(lead_id)).status_code == 204
    assert program.get(f"/api/v1/leads/{lead_id}").json["verdict"] is None
    assert program.delete(path(lead_id)).status_code == 404
    with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
        query = select(AuditEntry.tag, AuditEntry.detail).where(AuditEntry.subject == f"lead {lead_id}")
        logged = {tag: detail["verdict"] for tag, detail in session.execute(query)}
    assert logged == {"verdict.give": "spam", "verdict.withdraw": "spam"}


def test_the_queue_hides_what_is_decided_and_brings_it_back_when_it_grew_a_lot(
    task_force: TaskForce, asking: ScopedSession
) -> None:
    phone = task_force.fresh_phone()
    decided = task_force.lead(task_force.police, phone=phone)
    other = task_force.lead(task_force.police)
    say(task_force, decided, "lawful")
    assert decided not in in_queue(asking, task_force, "undecided")
    assert other in in_queue(asking, task_force, "undecided")
    assert decided in in_queue(asking, task_force, "lawful") & in_queue(asking, task_force, "decided")
    assert decided not in in_queue(asking, task_force, "spam")
    task_force.lead(task_force.police, phone=phone, records=6)
    asking.expire_all()
    assert decided in in_queue(asking, task_force, "undecided")
    lead = find_lead(asking, task_force.people["investigator"], decided)
    assert standing(asking, [lead])[decided].grown_by == 6
    page = task_force.browser("analyst").get(f"/leads/{decided}")
    assert "6 records more since" in page.text


def test_a_lead_that_was_joined_into_another_brings_its_verdict(
    task_force: TaskForce, asking: ScopedSession
) -> None:
    who = task_force.people["investigator"]
    one, into = task_force.lead(task_force.police), task_force.lead(task_force.police)
    say(task_force, one, "exploitation")
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        session.execute(update(Lead).where(Lead.id == one).values(merged_into=into, records=0))
    assert into in in_queue(asking, task_force, "exploitation")
    lead = find_lead(asking, who, one)
    assert lead.id == into
    assert standing(asking, [lead])[into].verdict.word == "exploitation"
    # What is said of the whole replaces what was said of the part.
    verdicts.give(asking, who, lead, "lawful")
    assert [one.word for one in verdicts.history(asking, who, lead) if one.withdrawn_at is None] == ["lawful"]


def test_the_case_carries_the_verdict_of_its_lead(task_force: TaskForce) -> None:
    made = task_force.things(only=["case_id"])
    browser = task_force.browser("investigator")
    form = {"verdict": "exploitation", "reason": "Two people found.", "back": "case"}
    reply = browser.post(f"/leads/{made['lead_id']}/verdict", data=form)
    assert reply.location == f"/cases/{made['case_id']}#verdict"
    page = browser.get(f"/cases/{made['case_id']}").text
    assert "gave the verdict: confirmed exploitation (Two people found.)" in page
    assert "Change it" in page
    reply = browser.post(f"/leads/{made['lead_id']}/verdict/withdraw", data={"back": "case"})
    assert "took the verdict back" in browser.get(reply.location).text


def test_no_other_member_sees_a_verdict_or_that_there_is_one(task_force: TaskForce) -> None:
    lead_id = task_force.lead(task_force.police)
    say(task_force, lead_id, "lawful")
    stranger = task_force.program("stranger")
    absent = UUID(int=lead_id.int ^ 1)
    for method, ending in (("GET", "verdicts"), ("PUT", "verdict"), ("DELETE", "verdict")):
        body = {"json": {"verdict": "spam"}} if method == "PUT" else {}
        told = [stranger.ask(method, f"/api/v1/leads/{one}/{ending}", **body) for one in (lead_id, absent)]
        assert [reply.status_code for reply in told] == [404, 404]
        assert told[0].json["detail"] == told[1].json["detail"]
    with task_force.database(Role.WEB).transaction(task_force.company.scope) as session:
        said = select(verdicts.LeadVerdict).where(verdicts.LeadVerdict.lead_id == lead_id)
        assert session.scalars(said).all() == []


def test_who_may_not_decide_reads_what_others_decided(task_force: TaskForce, asking: ScopedSession) -> None:
    lead_id = task_force.lead(task_force.police)
    assert say(task_force, lead_id, "lawful", "analyst").status_code == 403
    say(task_force, lead_id, "lawful")
    page = task_force.browser("analyst").get(f"/leads/{lead_id}").text
    assert "Lawful or independent" in page
    assert "Save the verdict" not in page
    lead = find_lead(asking, task_force.people["investigator"], lead_id)
    with pytest.raises(PermissionDenied):
        verdicts.give(asking, task_force.people["analyst"], lead, "spam")


def test_a_word_that_is_none_and_a_long_reason_are_refused(
    task_force: TaskForce, asking: ScopedSession
) -> None:
    who, lead_id = task_force.people["investigator"], task_force.lead(task_force.police)
    lead = find_lead(asking, who, lead_id)
    with pytest.raises(Invalid, match="exploitation"):
        verdicts.give(asking, who, lead, "guilty")
    with pytest.raises(Invalid, match="500 characters"):
        verdicts.give(asking, who, lead, "spam", "x" * 501)
    with pytest.raises(NotFound):
        verdicts.take_back(asking, who, lead)


def test_the_command_line_gives_lists_and_takes_back(
    task_force: TaskForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = task_force.home.settings
    monkeypatch.setenv("ACCORD_HOME", str(settings.home))
    monkeypatch.setenv("ACCORD_DATABASE_URL", settings.database_url or "")
    lead_id, of_police = task_force.lead(task_force.police), ["--organisation", task_force.police.slug]
    runner = CliRunner()
    given = runner.invoke(cli, ["verdicts", "give", str(lead_id), "spam", *of_police, "--reason", "A bot."])
    assert given.exit_code == 0, given.output
    assert str(lead_id) in runner.invoke(cli, ["verdicts", "list", *of_police]).output
    runner.invoke(cli, ["verdicts", "withdraw", str(lead_id), *of_police], catch_exceptions=False)
    assert str(lead_id) not in runner.invoke(cli, ["verdicts", "list", *of_police]).output
