"""Every route, walked as everybody: what belongs to another member answers exactly like what is absent."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from accord_auth.permissions import Permission

if TYPE_CHECKING:
    from tests.integration.task_force import Caller, TaskForce

pytest_plugins = ["tests.integration.task_force"]

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
TERMS = {"purpose": "Joint work", "basis": "public_task", "marking": "TLP:AMBER", "expires_on": TOMORROW}

PUBLIC = {"web.home", "web.sign_in_form", "web.sign_in", "web.sign_out", "web.theme", "web.static"}
PUBLIC |= {"web.api_docs", "api-docs.openapi_json", "api_sessions.sign_in"}
"""Routes that ask nobody who it is: signing in and out, static files, the API's description."""

SIGNED_IN = {"api_sessions.organisations", "api_sessions.sign_out"}
"""Routes for everybody who acts for a member."""

NEEDS = {
    "caseload.queue": Permission.LEADS_READ,
    "caseload.lead": Permission.LEADS_READ,
    "caseload.graph": Permission.LEADS_READ,
    "caseload.unmask": Permission.SELECTORS_UNMASK,
    "caseload.open_case": Permission.CASES_WRITE,
    "cases.case_list": Permission.CASES_READ,
    "cases.assign": Permission.CASES_WRITE,
    "cases.set_status": Permission.CASES_WRITE,
    "casework.case": Permission.CASES_READ,
    "casework.add_note": Permission.CASES_WRITE,
    "casework.preview": Permission.SHARES_CREATE,
    "casework.share": Permission.SHARES_CREATE,
    "casework.prepare_document": Permission.SHARES_CREATE,
    "casework.document": Permission.SHARES_CREATE,
    "sharing.received": Permission.SHARES_READ,
    "sharing.share": Permission.SHARES_READ,
    "sharing.prepare_document": Permission.SHARES_READ,
    "sharing.document": Permission.SHARES_READ,
    "sharing.download": Permission.SHARES_READ,
    "sharing.revoke": Permission.SHARES_REVOKE,
    "admin.organisations": Permission.ORGANISATIONS_READ,
    "auditing.log": Permission.AUDIT_READ,
    "auditing.checkpoint": Permission.AUDIT_READ,
    "auditing.export": Permission.AUDIT_READ,
    "auditing.bundle": Permission.AUDIT_READ,
    "api_records.upload": Permission.RECORDS_WRITE,
    "api_leads.queue": Permission.LEADS_READ,
    "api_leads.lead": Permission.LEADS_READ,
    "api_leads.records": Permission.LEADS_READ,
    "api_cases.case_list": Permission.CASES_READ,
    "api_cases.open_case": Permission.CASES_WRITE,
    "api_cases.case": Permission.CASES_READ,
    "api_cases.change": Permission.CASES_WRITE,
    "api_cases.notes": Permission.CASES_READ,
    "api_cases.add_note": Permission.CASES_WRITE,
    "api_shares.received": Permission.SHARES_READ,
    "api_shares.share": Permission.SHARES_READ,
    "api_shares.revoke": Permission.SHARES_REVOKE,
    "api_shares.made": Permission.CASES_READ,
    "api_shares.create": Permission.SHARES_CREATE,
}
NOT_SEALED_YET = {"auditing.checkpoint", "auditing.bundle"}
"""Of a log that was never sealed there is no checkpoint and no bundle."""

WITH_THING = sorted(
    name
    for name in NEEDS
    if name.split(".")[1] not in ("queue", "case_list", "received", "organisations", "upload")
    and not name.startswith("auditing.")
    and name != "api_cases.open_case"
)
"""Routes whose address names a lead, a case, a share or a file."""

OF_SHARE = {name for name in WITH_THING if name.startswith(("sharing.", "api_shares."))}
OF_SHARE -= {"api_shares.made", "api_shares.create"}
FOREIGN = [
    *((who, name) for who in ("stranger", "developer", "admin", None) for name in WITH_THING),
    # A share is the recipient's to read, not to take back; its owner's auditor reads it too.
    *(("recipient", name) for name in WITH_THING if name not in OF_SHARE or name.endswith("revoke")),
    *(("auditor", name) for name in WITH_THING if name not in OF_SHARE),
]
ROLES = ("investigator", "analyst", "auditor", "developer", "admin")


def body_of(endpoint: str, things: dict[str, UUID], recipient: UUID) -> dict[str, Any]:
    """What to send so that nothing but access can stand in the way."""
    terms = {**TERMS, "recipient": str(recipient)}
    forms: dict[str, dict[str, str]] = {
        "caseload.unmask": {"purpose": "to call a hotline"},
        "cases.assign": {"assignee": ""},
        "cases.set_status": {"status": "waiting"},
        "casework.add_note": {"body": "A note."},
        "casework.preview": terms,
        "casework.share": terms,
    }
    bodies: dict[str, dict[str, Any]] = {
        "api_records.upload": {
            "source": "upload",
            "records": [{"external_id": "a1", "observed_at": "2026-05-01T12:00:00Z"}],
        },
        "api_cases.open_case": {"lead_id": str(things["lead_id"])},
        "api_cases.change": {"status": "waiting"},
        "api_cases.add_note": {"body": "A note."},
        "api_shares.create": {**TERMS, "recipient": "harbor"},
    }
    if endpoint in forms:
        return {"data": forms[endpoint]}
    return {"json": bodies[endpoint]} if endpoint in bodies else {}


def ask(
    task_force: TaskForce, caller: Caller, endpoint: str, things: dict[str, UUID], **sent: Any
) -> TestResponse:
    """Call a route by its name with these ids."""
    (rule,) = task_force.app.url_map.iter_rules(endpoint)
    path = re.sub(r"<uuid:(\w+)>", lambda found: str(things[found[1]]), rule.rule)
    path = path.replace("<any(csv, jsonl):form>", "csv")
    method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
    given = sent or body_of(endpoint, things, task_force.ngo.id)
    return caller.ask(method, path, **given)


def seen(answer: TestResponse, things: dict[str, UUID]) -> str:
    """All that somebody can tell of an answer, but for the time, the reference and the id that they sent."""
    headers = {name: value for name, value in answer.headers if name != "Date"}
    told = f"{answer.status_code}\n{headers}\n{answer.text}"
    for thing in things.values():
        told = told.replace(str(thing), "ID")
    return re.sub(r"\b[0-9a-f]{12}\b", "REFERENCE", told)


def caller_of(task_force: TaskForce, endpoint: str, who: str | None) -> Caller:
    return task_force.program(who) if endpoint.startswith("api") else task_force.browser(who)


@pytest.fixture(scope="module")
def police_things(task_force: TaskForce) -> dict[str, UUID]:
    return task_force.things()


def test_every_route_is_in_this_walk(task_force: TaskForce) -> None:
    endpoints = {rule.endpoint for rule in task_force.app.url_map.iter_rules()}
    assert endpoints == PUBLIC | SIGNED_IN | set(NEEDS)


@pytest.mark.parametrize(("who", "endpoint"), FOREIGN)
def test_a_foreign_thing_answers_exactly_like_an_absent_one(
    task_force: TaskForce, police_things: dict[str, UUID], who: str | None, endpoint: str
) -> None:
    caller = caller_of(task_force, endpoint, who)
    absent = {name: uuid4() for name in police_things}
    for sent in ({}, {"data": b""}, {"json": {"x": 1}}):
        foreign_answer = ask(task_force, caller, endpoint, police_things, **sent)
        absent_answer = ask(task_force, caller, endpoint, absent, **sent)
        assert foreign_answer.status_code in (303, 401, 403, 404, 415, 422)
        assert seen(foreign_answer, police_things) == seen(absent_answer, absent)


@pytest.mark.parametrize("endpoint", WITH_THING)
def test_an_id_of_another_kind_answers_like_an_absent_one(
    task_force: TaskForce, police_things: dict[str, UUID], endpoint: str
) -> None:
    caller = caller_of(task_force, endpoint, "investigator")
    absent = {name: uuid4() for name in police_things}
    expected = seen(ask(task_force, caller, endpoint, absent), absent)
    values = list(police_things.values())
    for shift in range(1, len(values)):
        mixed = dict(zip(police_things, values[shift:] + values[:shift], strict=True))
        assert seen(ask(task_force, caller, endpoint, mixed), mixed) == expected
    assert expected.startswith("404")


def test_what_a_stranger_tried_changed_nothing(task_force: TaskForce, police_things: dict[str, UUID]) -> None:
    for endpoint in WITH_THING:
        for who in ("stranger", "admin", None):
            ask(task_force, caller_of(task_force, endpoint, who), endpoint, police_things)
    owner = task_force.program("investigator")
    case = owner.get(f"/api/v1/cases/{police_things['case_id']}").json
    notes = owner.get(f"/api/v1/cases/{police_things['case_id']}/notes").json["items"]
    shares = owner.get(f"/api/v1/cases/{police_things['case_id']}/shares").json["items"]
    assert (case["status"], case["assignee_id"]) == ("open", None)
    assert [note["body"] for note in notes] == ["Seen by a neighbour."]
    assert [share["revoked_at"] for share in shares] == [None]


@pytest.mark.parametrize("endpoint", sorted(set(NEEDS) | SIGNED_IN))
def test_nobody_is_sent_to_sign_in(
    task_force: TaskForce, police_things: dict[str, UUID], endpoint: str
) -> None:
    answer = ask(task_force, caller_of(task_force, endpoint, None), endpoint, police_things)
    if endpoint.startswith("api"):
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    else:
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("endpoint", sorted(NEEDS))
@pytest.mark.parametrize("who", ROLES)
def test_a_role_may_do_what_its_permissions_say_and_nothing_else(
    task_force: TaskForce, endpoint: str, who: str
) -> None:
    things = task_force.things()
    answer = ask(task_force, caller_of(task_force, endpoint, who), endpoint, things)
    may = NEEDS[endpoint] in task_force.permissions(who)
    if may and endpoint in NOT_SEALED_YET:
        assert answer.status_code == 404
        return
    assert answer.status_code < 400 if may else answer.status_code == 403, answer.text


@pytest.mark.parametrize("who", ["analyst", "auditor"])
def test_who_may_not_see_contact_values_cannot_download_the_file_of_a_case(
    task_force: TaskForce, who: str
) -> None:
    case = task_force.case()
    of_case = task_force.file("investigator", case_id=case)
    of_share = task_force.file("investigator", share_id=task_force.share(case))
    assert task_force.browser("investigator").get(f"/deliveries/{of_case}").status_code == 200
    assert task_force.browser(who).get(f"/deliveries/{of_case}").status_code == 404
    assert task_force.browser(who).get(f"/deliveries/{of_share}").status_code == 200
