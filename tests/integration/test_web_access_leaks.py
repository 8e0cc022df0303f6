"""Nothing of another member shows anywhere: lists, counts, search, cursors, exports, errors, audit, graph.

The police have a lead, a case, a note, a share and a file that all hold one made-up word, a number and a
place of their own. Everybody else looks at everything there is to look at.
"""

from __future__ import annotations

import re
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from tests.integration.route_samples import (
    PLATFORM_THINGS,
    PUBLIC,
    ask,
    caller_of,
    named_things,
    with_things,
)

from accord_auth.audit.models import AuditEntry
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

WORD = "Quillfeather"
PLACE = "Quillhaven"
PHONE = "989-555-0171"
PLATFORM = ("admin", "watcher")
OTHERS = ("stranger", "foreign manager", *PLATFORM, None)


@dataclass(frozen=True)
class Secret:
    """What the police have, and all that would tell of it."""

    things: dict[str, UUID]
    signs: tuple[str, ...]


@pytest.fixture(scope="module")
def secret(task_force: TaskForce) -> Secret:
    things = task_force.things(
        phone=PHONE,
        note=f"{WORD} was seen by a neighbour.",
        title=f"{WORD} notice",
        place={"name": PLACE, "country": "US"},
    )
    people = [
        person
        for who, person in task_force.people.items()
        if person.organisation_id == task_force.police.id and who != "developer"
    ]
    ids = [thing for name, thing in things.items() if name not in PLATFORM_THINGS]
    ids += [*(person.person_id for person in people)]
    signs = [WORD, PLACE, PHONE, PHONE.replace("-", ""), *(person.email for person in people)]
    return Secret(things, (*signs, *map(str, ids)))


def tells(text: str, secret: Secret) -> list[str]:
    return [sign for sign in secret.signs if sign.lower() in text.lower()]


CASE_DATA = ("case_id", "delivery_id", "lead_id", "share_id")


def case_data(secret: Secret) -> set[str]:
    """The signs of what the police work on."""
    return {WORD, PLACE, PHONE, PHONE.replace("-", ""), *(str(secret.things[name]) for name in CASE_DATA)}


def readable(task_force: TaskForce) -> list[str]:
    """Every route that is read."""
    return sorted(
        rule.endpoint
        for rule in task_force.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in PUBLIC - {"web.home"}
    )


def test_the_owner_finds_what_others_must_not(task_force: TaskForce, secret: Secret) -> None:
    # Without this the tests below could look for what nobody shows.
    found = set()
    for endpoint in readable(task_force):
        found |= set(tells(ask(task_force, "manager", endpoint, secret.things).text, secret))
    # Parts stand on the pages of their own leads, which nobody asks for here.
    elsewhere = PLATFORM_THINGS | {"part_id", "other_part_id"}
    own = {str(thing) for name, thing in secret.things.items() if name not in elsewhere}
    assert {WORD, PLACE, *own} <= found


def test_nothing_of_another_member_shows_on_any_route(task_force: TaskForce, secret: Secret) -> None:
    own = task_force.things("stranger")
    walked = 0
    for endpoint in readable(task_force):
        for who in OTHERS:
            answer = ask(task_force, who, endpoint, own)
            told = f"{answer.headers}\n{answer.text}"
            # The platform manages access: it knows people and clients, and nothing of what they work on.
            forbidden = case_data(secret) if who in PLATFORM else set(secret.signs)
            assert not forbidden & set(tells(told, secret)), (endpoint, who)
            walked += 1
    assert walked >= 50


def test_a_recipient_sees_the_share_and_nothing_else(task_force: TaskForce, secret: Secret) -> None:
    own = task_force.things("recipient")
    for endpoint in readable(task_force):
        found = set(tells(ask(task_force, "recipient", endpoint, own).text, secret))
        of_shares = endpoint.startswith(("sharing.", "api_shares."))
        allowed = {WORD, PLACE, str(secret.things["share_id"])} if of_shares else set()
        assert found <= allowed, endpoint


SEARCHES = (
    ("/queue", "q", WORD),
    ("/queue", "q", PHONE),
    ("/queue", "place", PLACE),
    ("/api/v1/leads", "q", WORD),
    ("/api/v1/leads", "q", PHONE),
    ("/api/v1/leads", "place", PLACE),
    ("/audit", "subject", "{case_id}"),
    ("/audit", "subject", "case {case_id}"),
    ("/audit", "person", "{person}"),
    ("/audit/export.csv", "person", "{person}"),
    ("/audit/export.jsonl", "subject", "case {case_id}"),
)


@pytest.mark.parametrize(("path", "name", "value"), SEARCHES)
def test_a_search_for_what_another_member_has_finds_what_a_search_for_nothing_finds(
    task_force: TaskForce, secret: Secret, path: str, name: str, value: str
) -> None:
    person = task_force.people["investigator"].person_id
    real = value.format(person=person, **{key: str(one) for key, one in secret.things.items()})
    none = value.format(person=uuid4(), **{key: str(uuid4()) for key in secret.things})
    none = none.replace(WORD, "Nothing at all").replace(PLACE, "Nowhere").replace(PHONE, "989-555-0199")
    told = []
    for words in (real, none):
        browser = caller_of(task_force, "foreign manager", "api" if path.startswith("/api") else "page")
        answer = browser.get(path, query_string={name: words})
        assert answer.status_code == 200
        told.append(_without_log(answer.text, words))
    assert told[0] == told[1]


def _without_log(text: str, words: str) -> str:
    """An answer without what was searched for; exports log themselves, with ids of their own."""
    for form in (words, words.replace(" ", "%20"), words.replace(" ", "+")):
        text = text.replace(form, "SEARCHED")
    return re.sub(r"[0-9T:. +-]{19,32}|\b\d+\b", "N", text)


def test_counts_are_of_one_s_own(task_force: TaskForce, secret: Secret) -> None:
    pages = ("/queue", "/cases", "/shares", "/audit", "/api/v1/leads", "/api/v1/cases", "/api/v1/shares")
    before = {path: _counted(task_force, path) for path in pages}
    task_force.things(phone=task_force.fresh_phone())
    assert {path: _counted(task_force, path) for path in pages} == before


def _counted(task_force: TaskForce, path: str) -> str:
    text = caller_of(task_force, "stranger", "api" if path.startswith("/api") else "page").get(path).text
    return re.sub(r"\b[0-9a-f]{12}\b", "", text)


@pytest.mark.parametrize("path", ["/api/v1/leads", "/api/v1/cases", "/api/v1/leads/{lead_id}/records"])
def test_a_cursor_of_another_member_opens_no_door(task_force: TaskForce, secret: Secret, path: str) -> None:
    things = {name: str(value) for name, value in secret.things.items()}
    for _ in range(2):
        task_force.things()
    owner = task_force.program("investigator").get(path.format(**things), query_string={"limit": 1})
    cursor = owner.json["next"]
    assert cursor
    mine = {name: str(value) for name, value in task_force.things("stranger").items()}
    answer = task_force.program("stranger").get(path.format(**mine), query_string={"cursor": cursor})
    assert answer.status_code == 422
    assert not tells(answer.text, secret)


def test_an_error_names_nothing_of_another_member(task_force: TaskForce, secret: Secret) -> None:
    mine = task_force.things("stranger")
    for endpoint in with_things(task_force):
        for sent in ({"json": {"x": 1}}, {"data": {"x": "1"}}, {"data": b"\xff"}):
            answer = ask(task_force, "stranger", endpoint, mine, **sent)
            assert not tells(f"{answer.headers}{answer.text}", secret), endpoint


def test_the_audit_log_of_one_member_holds_nothing_of_another(task_force: TaskForce, secret: Secret) -> None:
    newest = select(func.max(AuditEntry.id))
    with task_force.database(Role.WEB).transaction(task_force.company.scope) as session:
        before = session.scalar(newest) or 0
    for endpoint in with_things(task_force):
        ask(task_force, "stranger", endpoint, secret.things)
        own = task_force.things("stranger", only=named_things(task_force, endpoint))
        ask(task_force, "stranger", endpoint, own)
    with task_force.database(Role.WEB).transaction(task_force.company.scope) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.id > before)).all()
    assert entries
    for entry in entries:
        assert entry.organisation_id == task_force.company.id
        assert not tells(f"{entry.subject} {entry.detail} {entry.actor}", secret)


@pytest.mark.soak
def test_a_foreign_thing_takes_as_long_as_an_absent_one(task_force: TaskForce, secret: Secret) -> None:
    """By the clock, so on an idle machine only: medians differ by less than half of the spread."""
    absent = {name: uuid4() for name in secret.things}
    slow = []
    for endpoint in with_things(task_force):
        spent: dict[str, list[float]] = {"foreign": [], "absent": []}
        for _ in range(150):
            for kind, things in (("foreign", secret.things), ("absent", absent)):
                started = time.perf_counter()
                ask(task_force, "stranger", endpoint, things)
                spent[kind].append(time.perf_counter() - started)
        quartiles = statistics.quantiles(spent["absent"], n=4)
        difference = statistics.median(spent["foreign"]) - statistics.median(spent["absent"])
        if abs(difference) > 0.5 * (quartiles[2] - quartiles[0]):
            slow.append(f"{endpoint}: {difference * 1000:.2f} ms")
    assert not slow
