"""Leads that may be about a minor: hidden from all but a few, on a clock, confirmed or lifted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text, update

from accord.caseload.minor_marking import mark
from accord.caseload.minor_models import MinorState, SuspectedMinor
from accord.cli import cli
from accord.linking.leads import read_facts
from accord.linking.models import Lead, LeadRecord
from accord_auth.audit.models import AuditEntry
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

QUEUE = "/api/v1/suspected-minors"


def suspected(task_force: TaskForce, **changes: Any) -> tuple[UUID, str]:
    """A lead of the police whose records state an age under eighteen, and its number."""
    phone = task_force.fresh_phone()
    body = {"body": f"I am 16 years old. Call {phone}."}
    return task_force.lead(task_force.police, phone=phone, **(body | changes)), phone


def act(task_force: TaskForce, lead_id: UUID, what: str, who: str = "investigator", **more: str) -> Any:
    return task_force.program(who).post(f"/api/v1/leads/{lead_id}/minor", json={"act": what, **more})


def row(task_force: TaskForce, lead_id: UUID) -> dict[str, Any]:
    items = task_force.program("investigator").get(QUEUE).json["items"]
    found: dict[str, Any] = next(one for one in items if one["lead_id"] == str(lead_id))
    return found


def test_a_stated_age_under_eighteen_puts_a_lead_into_the_queue_of_few(task_force: TaskForce) -> None:
    lead_id, _ = suspected(task_force)
    found = row(task_force, lead_id)
    assert found["state"] == "suspected"
    assert found["why"] == "stated age under 18 in 2 of 2 records"
    assert not found["overdue"]
    assert task_force.program("analyst").get(QUEUE).status_code == 403
    ordinary = [
        one["id"] for one in task_force.program("investigator").get("/api/v1/leads?limit=200").json["items"]
    ]
    assert str(lead_id) not in ordinary


def test_it_is_hidden_before_it_was_ever_assessed(task_force: TaskForce) -> None:
    lead_id, phone = suspected(task_force)
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        assert session.get_one(Lead, lead_id).restricted
        # As linking leaves a lead that grew.
        session.execute(update(Lead).where(Lead.id == lead_id).values(restricted=False))
    task_force.lead(task_force.police, phone=phone, body=f"I am 16 years old. Call {phone}.")
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        assert session.get_one(Lead, lead_id).restricted


PAGES = (
    "/leads/{lead}", "/leads/{lead}/parts", "/leads/{lead}/texts", "/leads/{lead}/graph.json",
    "/cases/{case}", "/cases/{case}/document", "/shares/{share}",
    "/api/v1/leads/{lead}", "/api/v1/leads/{lead}/records", "/api/v1/leads/{lead}/parts",
    "/api/v1/leads/{lead}/verdicts", "/api/v1/cases/{case}", "/api/v1/cases/{case}/notes",
    "/api/v1/shares/{share}",
)  # fmt: skip
WRITES = (
    ("POST", "/leads/{lead}/open", None), ("POST", "/leads/{lead}/unmask", {"purpose": "to look at it"}),
    ("POST", "/leads/{lead}/minor", {"act": "take"}), ("POST", "/leads/{lead}/verdict", {"verdict": "spam"}),
    ("POST", "/cases/{case}/notes", {"body": "A note."}),
    ("POST", "/cases/{case}/status", {"status": "closed"}),
)  # fmt: skip


@pytest.fixture(scope="module")
def hidden(task_force: TaskForce) -> dict[str, str]:
    """A suspected lead with a case, a note, a share with the NGO, its file, and a verdict."""
    phone = task_force.fresh_phone()
    made = task_force.things(phone=phone, body=f"I am 16 years old. Call {phone}. Quietwater.")
    verdict = {"verdict": "exploitation", "reason": "Quietwater"}
    task_force.program("investigator").ask("PUT", f"/api/v1/leads/{made['lead_id']}/verdict", json=verdict)
    ids = {name.removesuffix("_id"): str(value) for name, value in made.items()}
    return {**ids, "phone": phone}


def told(
    task_force: TaskForce, who: str, path: str, ids: dict[str, str], method: str = "GET", **sent: Any
) -> Any:
    caller = task_force.program(who) if path.startswith("/api") else task_force.browser(who)
    reply = caller.ask(method, path.format(**ids), **sent)
    body = reply.text
    for value in ids.values():
        body = body.replace(value, "ID")
    # What a request is told to quote, and tokens of forms, differ each time.
    return reply.status_code, re.sub(r"[0-9a-f]{4,}(-[0-9a-f]+)*", "X", body)


@pytest.mark.parametrize("who", ["analyst", "auditor", "reader", "stranger"])
def test_whoever_may_not_see_it_is_told_what_is_told_of_the_absent(
    task_force: TaskForce, hidden: dict[str, str], who: str
) -> None:
    absent = {name: str(uuid4()) for name in hidden}
    for path in PAGES:
        seen = told(task_force, who, path, hidden)
        assert seen == told(task_force, who, path, absent), path
        assert seen[0] in (403, 404), path
    for method, path, form in WRITES:
        seen = told(task_force, who, path, hidden, method, data=form)
        assert seen == told(task_force, who, path, absent, method, data=form), path
        assert seen[0] in (403, 404), path


def test_it_is_in_no_list_count_search_or_export_of_theirs(
    task_force: TaskForce, hidden: dict[str, str]
) -> None:
    browser, program = task_force.browser("analyst"), task_force.program("analyst")
    lead, case, share = (hidden[name] for name in ("lead", "case", "share"))
    lists = (
        "/queue", f"/queue?q={hidden['phone']}", "/queue?q=Quietwater", "/queue?verdict=exploitation",
        "/queue?state=opened", "/cases", "/shares", "/priorities/compare?before=published&after=published",
        "/judgements",
    )  # fmt: skip
    for path in lists:
        page = browser.get(path)
        assert page.status_code == 200, path
        assert not {one for one in (lead, case, share) if one in page.text}, path
    for path in (
        "/api/v1/leads?limit=200",
        f"/api/v1/leads?q={hidden['phone']}",
        "/api/v1/cases",
        "/api/v1/shares",
    ):
        assert not {one for one in (lead, case, share) if one in program.get(path).text}, path
    scope = task_force.people["analyst"].scope
    with task_force.database(Role.WEB).transaction(scope) as session:
        for table in ("leads", "cases", "case_notes", "case_events", "verdicts", "shares", "deliveries"):
            assert session.scalar(text(f"SELECT count(*) FROM {table} WHERE restricted")) == 0, table
        assert session.scalar(select(func.count()).select_from(SuspectedMinor)) == 0
    with task_force.database(Role.WEB).transaction(task_force.people["investigator"].scope) as session:
        for table in ("leads", "cases", "case_notes", "case_events", "verdicts", "shares", "deliveries"):
            assert session.scalar(text(f"SELECT count(*) FROM {table} WHERE restricted")) > 0, table


def test_the_recipient_s_people_need_the_permission_too(
    task_force: TaskForce, hidden: dict[str, str]
) -> None:
    share = f"/shares/{hidden['share']}"
    assert task_force.browser("recipient").get(share).status_code == 200
    with task_force.database(Role.WEB).transaction(task_force.ngo.scope) as session:
        session.execute(text("SELECT set_config('accord.minors', '', true)"))
        assert session.scalar(text("SELECT count(*) FROM shares WHERE restricted")) == 0


def test_a_part_of_it_cannot_be_judged_by_whoever_may_not_see_it(
    task_force: TaskForce, hidden: dict[str, str]
) -> None:
    other = task_force.lead(task_force.police)
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        parts = {
            lead: session.scalars(select(LeadRecord.strand_id).where(LeadRecord.lead_id == lead)).first()
            for lead in (UUID(hidden["lead"]), other)
        }
    one, two = map(str, parts.values())
    body = {"verdict": "apart", "one": one, "other": two, "reason": "As both say."}
    analyst = task_force.program("analyst")
    there = analyst.post("/api/v1/judgements", json=body)
    gone = analyst.post("/api/v1/judgements", json={**body, "one": str(uuid4())})
    assert (there.status_code, gone.status_code) == (404, 404)
    assert there.json["detail"] == gone.json["detail"]


def test_every_read_is_in_the_log(task_force: TaskForce) -> None:
    lead_id, _ = suspected(task_force)
    case_id = task_force.case(lead_id=lead_id)

    def logged() -> int:
        with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
            read = AuditEntry.tag == "minors.read", AuditEntry.subject == f"lead {lead_id}"
            return session.scalar(select(func.count()).where(*read)) or 0

    browser, program = task_force.browser("investigator"), task_force.program("investigator")
    for ask in (
        lambda: browser.get(f"/leads/{lead_id}"),
        lambda: browser.get(f"/leads/{lead_id}/graph.json"),
        lambda: program.get(f"/api/v1/leads/{lead_id}/records"),
        lambda: program.get(f"/api/v1/cases/{case_id}"),
        lambda: browser.get(f"/cases/{case_id}"),
    ):
        before = logged()
        assert ask().status_code == 200
        assert logged() == before + 1


def test_it_is_taken_confirmed_and_stays_restricted(task_force: TaskForce) -> None:
    lead_id, _ = suspected(task_force)
    assert (
        act(task_force, lead_id, "take").json["taken_name"] == task_force.people["investigator"].person_name
    )
    assert act(task_force, lead_id, "confirm").status_code == 422
    assert act(task_force, lead_id, "confirm", reason="School uniform.").json["state"] == "confirmed"
    assert act(task_force, lead_id, "take").status_code == 409
    assert task_force.program("analyst").get(f"/api/v1/leads/{lead_id}").status_code == 404
    assert row(task_force, lead_id)["state"] == "confirmed"


def test_lifted_everybody_sees_it_until_more_such_records_come(task_force: TaskForce) -> None:
    lead_id, phone = suspected(task_force)
    case_id = task_force.case(lead_id=lead_id, note="Spoken to.")
    assert act(task_force, lead_id, "lift", reason="A misprint: 61.").json["state"] == "lifted"
    analyst = task_force.program("analyst")
    assert analyst.get(f"/api/v1/leads/{lead_id}").status_code == 200
    assert [one["body"] for one in analyst.get(f"/api/v1/cases/{case_id}/notes").json["items"]] == [
        "Spoken to."
    ]
    # More of the lead, and nothing that says so.
    task_force.lead(task_force.police, phone=phone)
    assert analyst.get(f"/api/v1/leads/{lead_id}").status_code == 200
    task_force.lead(task_force.police, phone=phone, body=f"I am 16 years old. Call {phone}.")
    assert analyst.get(f"/api/v1/leads/{lead_id}").status_code == 404
    assert analyst.get(f"/api/v1/cases/{case_id}").status_code == 404
    assert row(task_force, lead_id)["state"] == "suspected"


def test_a_person_may_put_a_lead_there_that_nothing_hinted_at(task_force: TaskForce) -> None:
    phone = task_force.fresh_phone()
    lead_id = task_force.lead(task_force.police, phone=phone)
    assert act(task_force, lead_id, "lift", reason="Nothing to lift.").status_code == 404
    act(task_force, lead_id, "confirm", reason="Seen by a teacher.")
    assert task_force.program("analyst").get(f"/api/v1/leads/{lead_id}").status_code == 404
    # It stands when the lead is assessed again.
    task_force.lead(task_force.police, phone=phone)
    assert task_force.program("analyst").get(f"/api/v1/leads/{lead_id}").status_code == 404


def test_the_lead_that_takes_it_in_is_hidden_with_what_was_said(task_force: TaskForce) -> None:
    small, large = task_force.fresh_phone(), task_force.fresh_phone()
    said = task_force.lead(task_force.police, phone=small)
    act(task_force, said, "confirm", reason="Seen by a teacher.")
    into = task_force.lead(task_force.police, phone=large, records=4)
    analyst = task_force.program("analyst")
    assert analyst.get(f"/api/v1/leads/{into}").status_code == 200
    task_force.lead(task_force.police, phone=small, records=1, body=f"Call {small} or {large}.")
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        assert session.get_one(Lead, said).merged_into == into
    assert analyst.get(f"/api/v1/leads/{into}").status_code == 404
    assert analyst.get(f"/api/v1/leads/{said}").status_code == 404
    assert row(task_force, into)["state"] == "confirmed"


def test_past_due_it_is_overdue_and_stands_first(task_force: TaskForce) -> None:
    suspected(task_force)
    late, _ = suspected(task_force)
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        session.get_one(SuspectedMinor, late).since = datetime.now(UTC) - timedelta(hours=25)
    items = task_force.program("investigator").get(QUEUE).json["items"]
    assert items[0]["lead_id"] == str(late)
    assert items[0]["overdue"]
    page = task_force.browser("investigator").get("/suspected-minors").text
    assert "overdue" in page.lower()
    assert page.index(str(late)) < page.index(items[1]["lead_id"])


def test_what_says_so_no_more_is_lifted_by_itself_unless_a_person_confirmed(task_force: TaskForce) -> None:
    kept, _ = suspected(task_force)
    act(task_force, kept, "confirm", reason="Seen by a teacher.")
    gone, _ = suspected(task_force)
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        facts = {lead: read_facts(session.get_one(Lead, lead).facts) for lead in (kept, gone)}
        for one in facts.values():
            one.signals.clear()
            one.ages.clear()
        mark(session, task_force.police.id, facts)
        states = {lead: session.get_one(SuspectedMinor, lead).state for lead in facts}
    assert states == {kept: MinorState.CONFIRMED, gone: MinorState.LIFTED}
    assert task_force.program("analyst").get(f"/api/v1/leads/{gone}").status_code == 200
    assert task_force.program("analyst").get(f"/api/v1/leads/{kept}").status_code == 404


def test_the_command_line_lists_confirms_and_lifts(
    task_force: TaskForce, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = task_force.home.settings
    monkeypatch.setenv("ACCORD_HOME", str(settings.home))
    monkeypatch.setenv("ACCORD_DATABASE_URL", settings.database_url or "")
    lead_id, _ = suspected(task_force)

    def accord(*words: str) -> str:
        command = ["minors", *words, "--organisation", task_force.police.slug]
        return CliRunner().invoke(cli, command, catch_exceptions=False).output

    assert str(lead_id) in accord("list")
    assert "restricted" in accord("confirm", str(lead_id), "--reason", "Seen by a teacher.")
    accord("lift", str(lead_id), "--reason", "A mistake.")
    assert str(lead_id) not in accord("list")


@pytest.fixture(autouse=True, scope="module")
def nothing_left(task_force: TaskForce) -> Iterator[None]:
    """Other modules count the police's leads: what is restricted here is lifted afterwards."""
    yield
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        session.execute(update(SuspectedMinor).values(state=MinorState.LIFTED, evidence=10_000))
        session.execute(update(Lead).where(Lead.restricted).values(restricted=False))
