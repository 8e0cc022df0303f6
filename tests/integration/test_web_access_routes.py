"""Every route, walked as everybody: what belongs to another member answers exactly like what is absent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from tests.integration.api_samples import API
from tests.integration.page_samples import PAGES
from tests.integration.route_samples import (
    PLATFORM_THINGS,
    PUBLIC,
    SAMPLES,
    SIGNED_IN,
    Things,
    ask,
    named_things,
    needed_things,
    seen,
    with_things,
)

from accord_auth.permissions import IN_AN_EMERGENCY, Permission

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

PLATFORM = ("admin", "watcher")
"""Who acts for no member."""

EVERYBODY = (
    "investigator",
    "analyst",
    "auditor",
    "developer",
    "manager",
    "recipient",
    "stranger",
    "foreign manager",
    "admin",
    "watcher",
    "reader",
    None,
)
ROLES = ("investigator", "analyst", "auditor", "developer", "manager", "admin", "watcher", "reader")
"""Somebody of every role, those of members all of the police."""
OF_THE_PLATFORM = ("admin", "watcher")
READER = "reader"
"""A platform admin who reads the police's case data in an emergency."""


@pytest.fixture(scope="module")
def police_things(task_force: TaskForce) -> dict[str, UUID]:
    return task_force.things()


def absent_things(things: Things) -> dict[str, UUID]:
    return {name: uuid4() for name in things}


READS = {
    "application_id": Permission.APPLICATIONS_READ,
    "case_id": Permission.CASES_READ,
    "check_id": Permission.PLUGINS_READ,
    "client_id": Permission.CLIENTS_READ,
    "delivery_id": Permission.SHARES_READ,
    "directory_mapping_id": Permission.PROVISIONING_READ,
    "directory_token_id": Permission.PROVISIONING_READ,
    "emergency_id": Permission.EMERGENCIES_READ,
    "grant_id": Permission.CLIENTS_READ,
    "invitation_id": Permission.PEOPLE_READ,
    "item_id": Permission.REVIEWS_READ,
    "judgement_id": Permission.LEADS_READ,
    "lead_id": Permission.LEADS_READ,
    "other_part_id": Permission.LEADS_READ,
    "part_id": Permission.LEADS_READ,
    "person_id": Permission.PEOPLE_READ,
    "review_id": Permission.REVIEWS_READ,
    "share_id": Permission.SHARES_READ,
    "signal_id": Permission.SIGNALS_READ,
    "slug": Permission.ORGANISATIONS_READ,
    "stream_id": Permission.SIGNALS_READ,
    "version_id": Permission.PLUGINS_READ,
}
"""With which permission a member's own people see that a thing is there, even if they may not use it."""


def reaches(task_force: TaskForce, who: str | None, endpoint: str) -> bool:
    """Whether somebody may know that what a route names, the police's or the platform's, is there."""
    if who is not None and SAMPLES[endpoint].platform:
        return SAMPLES[endpoint].needs in task_force.permissions(who)
    named = named_things(task_force, endpoint)
    if who == READER:
        return bool({SAMPLES[endpoint].needs, *(READS[name] for name in named)} & IN_AN_EMERGENCY)
    if who is not None and named == {"emergency_id"}:
        of_police = who not in OF_THE_PLATFORM and task_force.member_of(who) is task_force.police
        told = of_police or who in OF_THE_PLATFORM
        return told and Permission.EMERGENCIES_READ in task_force.permissions(who)
    if who is not None and named and named <= {"check_id", "version_id"}:
        told = who in OF_THE_PLATFORM or task_force.member_of(who) is task_force.police
        return told and Permission.PLUGINS_READ in task_force.permissions(who)
    if who is None or (who in OF_THE_PLATFORM) != (named <= PLATFORM_THINGS):
        return False
    sample, may = SAMPLES[endpoint], task_force.permissions(who)
    if who in OF_THE_PLATFORM:
        return bool({sample.needs, *(READS[name] for name in named)} & may)
    if task_force.member_of(who) is task_force.police:
        return bool({sample.needs, *(READS[name] for name in named)} & may)
    return sample.recipients and sample.needs in may and task_force.member_of(who) is task_force.ngo


def writes(task_force: TaskForce, endpoint: str) -> bool:
    """Whether a route takes a body."""
    (rule,) = task_force.app.url_map.iter_rules(endpoint)
    return "GET" not in (rule.methods or set())


def test_every_route_has_a_sample(task_force: TaskForce) -> None:
    endpoints = {rule.endpoint for rule in task_force.app.url_map.iter_rules()}
    assert endpoints == PUBLIC | SIGNED_IN | set(SAMPLES), "give it a sample in api_samples.py"
    assert not API.keys() & PAGES.keys()
    for part in (API, PAGES):
        assert list(part) == sorted(part)
    known = set(task_force.things())
    for endpoint in SAMPLES:
        for rule in task_force.app.url_map.iter_rules(endpoint):
            assert rule.arguments - set(SAMPLES[endpoint].ids) <= known, "make it in TaskForce.things"


def test_a_foreign_thing_answers_exactly_like_an_absent_one(
    task_force: TaskForce, police_things: Things
) -> None:
    absent = absent_things(police_things)
    compared = 0
    for endpoint in with_things(task_force):
        for who in EVERYBODY:
            if reaches(task_force, who, endpoint):
                continue
            for sent in ({}, {"data": b""}, {"json": {"x": 1}}) if writes(task_force, endpoint) else ({},):
                there = ask(task_force, who, endpoint, police_things, **sent)
                gone = ask(task_force, who, endpoint, absent, **sent)
                assert there.status_code in (303, 401, 403, 404, 415, 422), (endpoint, who, there.status_code)
                assert seen(there, police_things) == seen(gone, absent), (endpoint, who, sent)
                compared += 1
    assert compared > 300


@contextmanager
def statements_of(task_force: TaskForce) -> Iterator[list[str]]:
    """The SQL that the web server sends meanwhile, without its values."""
    sent: list[str] = []

    def listen(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        sent.append(statement)

    gate = task_force.app.gate
    engines = (task_force.app.web.engine, gate.engine, gate.each_by_itself)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listen)
    yield sent
    for engine in engines:
        event.remove(engine, "before_cursor_execute", listen)


def test_a_foreign_thing_is_asked_for_with_the_same_statements_as_an_absent_one(
    task_force: TaskForce, police_things: Things
) -> None:
    # The same work gives the same time, and says so without a clock.
    absent = absent_things(police_things)
    for endpoint in with_things(task_force):
        for who in ("stranger", "foreign manager", "recipient"):
            if reaches(task_force, who, endpoint):
                continue
            ask(task_force, who, endpoint, absent)
            with statements_of(task_force) as of_foreign:
                ask(task_force, who, endpoint, police_things)
            with statements_of(task_force) as of_absent:
                ask(task_force, who, endpoint, absent)
            assert of_foreign == of_absent, (endpoint, who)
            assert of_foreign, endpoint


def test_an_id_of_another_kind_answers_like_an_absent_one(
    task_force: TaskForce, police_things: Things
) -> None:
    absent = absent_things(police_things)
    values = list(police_things.values())
    for endpoint in with_things(task_force):
        expected = seen(ask(task_force, "investigator", endpoint, absent), absent)
        for shift in range(1, len(values)):
            mixed = dict(zip(police_things, values[shift:] + values[:shift], strict=True))
            assert seen(ask(task_force, "investigator", endpoint, mixed), mixed) == expected, endpoint
        if SAMPLES[endpoint].needs in task_force.permissions("investigator"):
            assert expected.startswith("404"), endpoint


def test_a_child_of_another_parent_answers_like_an_absent_one(task_force: TaskForce) -> None:
    """Routes with several ids: the parent is one's own, the child another parent's, own and foreign."""
    own, other, foreign = task_force.things(), task_force.things(), task_force.things("stranger")
    for endpoint in with_things(task_force):
        for rule in task_force.app.url_map.iter_rules(endpoint):
            names = sorted(rule.arguments - set(SAMPLES[endpoint].ids))
            for name in names if len(names) > 1 else ():
                absent = {**own, name: uuid4()}
                expected = seen(ask(task_force, "investigator", endpoint, absent), absent)
                for parent in (other, foreign):
                    mixed = {**own, name: parent[name]}
                    assert seen(ask(task_force, "investigator", endpoint, mixed), mixed) == expected, endpoint


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("cases.assign", {"data": {"assignee": "{person}"}}),
        ("api_cases.change", {"json": {"assignee_id": "{person}"}}),
        ("api_cases.open_case", {"json": {"lead_id": "{lead_id}"}}),
        ("api_shares.create", {"json": {"recipient": "{person}", "marking": "TLP:AMBER"}}),
        ("casework.preview", {"data": {"recipient": "{lead_id}"}}),
        ("casework.share", {"data": {"recipient": "{case_id}"}}),
    ],
)
def test_a_foreign_id_in_what_is_sent_answers_like_an_absent_one(
    task_force: TaskForce, endpoint: str, body: dict[str, dict[str, str]]
) -> None:
    own, foreign = task_force.things(), task_force.things("stranger")
    person = task_force.people["stranger"].person_id
    assert person is not None
    told = []
    for ids in ({**foreign, "person": person}, {**absent_things(foreign), "person": uuid4()}):
        texts = {name: str(value) for name, value in ids.items()}
        sent = {
            where: {name: value.format_map(texts) for name, value in given.items()}
            for where, given in body.items()
        }
        told.append(seen(ask(task_force, "investigator", endpoint, own, **sent), {**own, **ids}))
    assert told[0] == told[1]
    assert told[0].startswith(("404", "422"))


def test_what_a_stranger_tried_changed_nothing(task_force: TaskForce, police_things: Things) -> None:
    for endpoint in with_things(task_force):
        for who in ("stranger", "foreign manager", "admin", "watcher", None):
            ask(task_force, who, endpoint, police_things)
    owner = task_force.program("investigator")
    case = owner.get(f"/api/v1/cases/{police_things['case_id']}").json
    notes = owner.get(f"/api/v1/cases/{police_things['case_id']}/notes").json["items"]
    shares = owner.get(f"/api/v1/cases/{police_things['case_id']}/shares").json["items"]
    assert (case["status"], case["assignee_id"]) == ("open", None)
    assert [note["body"] for note in notes] == ["Seen by a neighbour."]
    assert [share["revoked_at"] for share in shares] == [None]


def test_nobody_is_sent_to_sign_in(task_force: TaskForce, police_things: Things) -> None:
    for endpoint in sorted(set(SAMPLES) | SIGNED_IN):
        answer = ask(task_force, None, endpoint, police_things)
        if endpoint.startswith("api"):
            assert answer.status_code == 401, endpoint
            assert answer.mimetype == "application/problem+json"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        else:
            assert answer.status_code == 303, endpoint
            assert answer.headers["Location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("endpoint", sorted(SAMPLES))
def test_a_role_may_do_what_its_permissions_say_and_nothing_else(
    task_force: TaskForce, police_things: Things, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The walk registers more programs, and names more domains, than one member may have.
    monkeypatch.setattr("accord_auth.clients.service.MOST_CLIENTS", 10_000)
    monkeypatch.setattr("accord_auth.sso.domains.MOST", 10_000)
    sample = SAMPLES[endpoint]
    named = needed_things(task_force, endpoint)
    for who in ROLES:
        allowed = sample.needs in task_force.permissions(who)
        # Who may use them uses them up.
        things = task_force.things(only=named) if allowed else police_things
        answer = ask(task_force, who, endpoint, things)
        if not allowed:
            # A program's body is read before anybody is asked who it is, and a wrong one is refused then.
            refused = {403} | ({422} if sample.told == 422 else set())
            assert answer.status_code in refused, (who, answer.text)
        elif sample.of_member and who in PLATFORM:
            assert answer.status_code in (403, 404), who
        elif sample.told:
            assert answer.status_code == sample.told, who
        elif sample.absent:
            assert answer.status_code == 404, who
        else:
            assert answer.status_code < 400, (who, answer.text)


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


def test_no_two_routes_answer_to_one_address_and_method(task_force: TaskForce) -> None:
    seen: dict[tuple[str, str], str] = {}
    for rule in task_force.app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"OPTIONS"}:
            other = seen.setdefault((method, rule.rule), rule.endpoint)
            assert other == rule.endpoint, (method, rule.rule)
