"""Leads by the API: every one once, in order; contact values masked; nothing of another member."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from tests.integration.people_at_work import Caller
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]


def walk(caller: Caller, path: str, limit: int, **query: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        given = {**query, "limit": limit} | ({"cursor": cursor} if cursor else {})
        reply = caller.get(path, query_string=given)
        assert reply.status_code == 200, reply.text
        assert len(reply.json["items"]) <= limit
        items += reply.json["items"]
        cursor = reply.json["next"]
        if cursor is None:
            return items


@pytest.fixture(scope="module")
def leads(task_force: TaskForce) -> set[str]:
    """Leads of the police, some of which rank alike, and some of the company."""
    for member in (task_force.police, task_force.company):
        lines = [
            task_force.record_line(9_000 + number, phone=task_force.fresh_phone()) for number in range(23)
        ]
        task_force.ingest(member, lines)
    return {item["id"] for item in walk(task_force.program("investigator"), "/api/v1/leads", 200)}


@pytest.mark.parametrize("limit", [1, 2, 7, 200])
def test_paging_meets_every_lead_once_and_in_order(
    task_force: TaskForce, leads: set[str], limit: int
) -> None:
    items = walk(task_force.program("investigator"), "/api/v1/leads", limit)
    assert len(items) == len({item["id"] for item in items}) == len(leads)
    assert [item["rank"] for item in items] == list(range(1, len(items) + 1))
    assert [item["score"] for item in items] == sorted((item["score"] for item in items), reverse=True)


def test_each_member_meets_its_own_leads_alone(task_force: TaskForce, leads: set[str]) -> None:
    other = {item["id"] for item in walk(task_force.program("stranger"), "/api/v1/leads", 50)}
    assert len(other) >= 23
    assert not other & leads
    assert walk(task_force.program("recipient"), "/api/v1/leads", 50) == []


def test_a_lead_alone_is_what_the_queue_shows_of_it(task_force: TaskForce, leads: set[str]) -> None:
    caller = task_force.program("analyst")
    for item in walk(caller, "/api/v1/leads", 50)[:5]:
        assert caller.get(f"/api/v1/leads/{item['id']}").json == item


def garbage(anchor: str) -> list[str]:
    made_up = [[1, 50.0, "a"], [1, "x", 2], {}, None, [1, 50.0, "\x00"], [10**30, 50.0, "a"]]
    encoded = [base64.urlsafe_b64encode(json.dumps(value).encode()).decode() for value in made_up]
    return [*encoded, "x", "é", "%00", ".", "..", "a.b", "a.b.c", anchor[:-1], anchor + "x", "A" * 3_999]


def test_a_cursor_that_we_did_not_give_is_refused(task_force: TaskForce, leads: set[str]) -> None:
    caller = task_force.program("investigator")
    genuine = caller.get("/api/v1/leads", query_string={"limit": 1}).json["next"]
    for path in ("/api/v1/leads", "/api/v1/cases", "/api/v1/shares", f"/api/v1/leads/{min(leads)}/records"):
        for cursor in garbage(genuine):
            reply = caller.get(path, query_string={"cursor": cursor})
            assert reply.status_code == 422, cursor
            assert reply.mimetype == "application/problem+json"
            assert list(reply.json["errors"]) == ["cursor"] or list(reply.json["errors"]) == ["query"]


def test_a_cursor_of_another_list_or_another_member_is_refused(
    task_force: TaskForce, leads: set[str]
) -> None:
    caller = task_force.program("investigator")
    cursor = caller.get("/api/v1/leads", query_string={"limit": 1}).json["next"]
    assert caller.get("/api/v1/leads", query_string={"cursor": cursor}).status_code == 200
    assert caller.get("/api/v1/cases", query_string={"cursor": cursor}).status_code == 422
    assert caller.get("/api/v1/shares", query_string={"cursor": cursor}).status_code == 422
    for who in ("stranger", "recipient"):
        foreign = task_force.program(who).get("/api/v1/leads", query_string={"cursor": cursor})
        assert foreign.status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=1.5",
        "limit=1e2",
        "limit=",
        "score=nan",
        "score=inf",
        "score=-1",
        "score=101",
        "state=gone",
        "q=%00",
        "place=%00",
        "q=" + "a" * 201,
        "cursor=",
        "unknown=1",
        "limit=1&unknown=1",
    ],
)
def test_a_query_that_will_not_do_names_its_field(task_force: TaskForce, query: str) -> None:
    reply = task_force.program("analyst").get(f"/api/v1/leads?{query}")
    assert reply.status_code == 422
    assert set(reply.json["errors"]["query"]) == {query.rpartition("&")[2].partition("=")[0]}


@pytest.mark.parametrize("query", ["q=%ff", "q=%F0%9F%98%80", "q=%25_%5c", "place='", "q=a&q=b"])
def test_an_odd_query_is_a_query(task_force: TaskForce, query: str) -> None:
    assert task_force.program("analyst").get(f"/api/v1/leads?{query}").status_code == 200


@pytest.fixture(scope="module")
def telling(task_force: TaskForce) -> UUID:
    """A lead whose records show one number in several forms, and an address, in several fields."""
    bodies = [
        "Call 312-555-0187 today.",
        "Text me 3 1 2 5 5 5 0 1 8 7 or (312)555.0187, write to mira@example.org",
        "three one two 555 0187, see https://board.example.com/mira?p=3125550187",
    ]
    lines = [
        task_force.record_line(
            9_500 + number,
            phone="",
            body=body,
            title=f"Mira {number} +1 312 555 0187",
            place={"name": "near 312 555 0187, Chicago", "country": "US"},
            contacts=[{"kind": "phone", "value": "312-555-0187"}],
            extra={"line": "312-555-0187"},
            url="https://board.example.com/3125550187",
        )
        for number, body in enumerate(bodies)
    ]
    task_force.ingest(task_force.police, lines)
    (lead,) = walk(task_force.program("investigator"), "/api/v1/leads", 50, q="312-555-0187")
    return UUID(lead["id"])


def test_a_lead_s_records_show_no_contact_value(task_force: TaskForce, telling: UUID) -> None:
    for who in ("investigator", "analyst"):
        items = walk(task_force.program(who), f"/api/v1/leads/{telling}/records", 2)
        assert len(items) == 3
        text = json.dumps(items, ensure_ascii=False)
        digits = "".join(filter(str.isdigit, text.replace("2026-05", "")))
        for told in ("5550187", "312555"):
            assert told not in digits
        for told in ("mira@example.org", "three one two", "board.example.com"):
            assert told not in text
        phones = [one for item in items for one in item["selectors"] if one["kind"] == "phone"]
        assert phones
        assert {one["value"] for one in phones} == {"+1•••••87"}


def test_records_page_by_page_are_each_met_once_the_newest_first(task_force: TaskForce) -> None:
    phone = task_force.fresh_phone()
    # Several have the same time, so that only their ids tell them apart.
    lines = [
        task_force.record_line(9_700 + n, phone=phone, observed_at=f"2026-05-01T12:00:0{n % 3}Z")
        for n in range(11)
    ]
    task_force.ingest(task_force.police, lines)
    (lead,) = walk(task_force.program("investigator"), "/api/v1/leads", 50, q=phone)
    for limit in (1, 3, 11, 12):
        items = walk(task_force.program("investigator"), f"/api/v1/leads/{lead['id']}/records", limit)
        assert {item["external_id"] for item in items} == {line["external_id"] for line in lines}
        assert len(items) == 11
        times = [item["observed_at"] for item in items]
        assert times == sorted(times, reverse=True)


def test_a_stranger_s_search_finds_nothing_of_it(task_force: TaskForce, telling: UUID) -> None:
    for who in ("stranger", "recipient"):
        for words in ("312-555-0187", "+13125550187", "mira@example.org", "Chicago"):
            assert walk(task_force.program(who), "/api/v1/leads", 50, q=words) == []
