"""Hostile text, wherever people and plugins can write it, is shown and never obeyed."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select, update

from accord.caseload.models import Case
from accord.detection.models import RecordFindings
from accord.linking.models import Lead, LeadRecord
from accord.sharing.models import Delivery
from accord_auth.organisations.models import Organisation
from accord_auth.people.models import Person
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

HOSTILE = (
    "</textarea></title></script></style>--><script>hostile()</script>"
    "<img src=x onerror=hostile()>\" autofocus onfocus='hostile()' x=\"{{ 7*7 }}${7*7}"
)


class Obeyed(HTMLParser):
    """Collects what a browser would make of the hostile text: elements and attributes of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if any(name.startswith("on") for name in named) or named.get("src") == "x":
            self.found.append(f"<{tag} {named}>")
        if tag == "script" and not (named.get("src") or "").startswith("/static/"):
            self.found.append(f"<script {named}>")
        self.text += [value for _, value in attrs if value]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Obeyed:
    parser = Obeyed()
    parser.feed(page)
    parser.close()
    return parser


def test_this_reader_notices_what_a_browser_would_obey() -> None:
    assert read(f"<p>{HOSTILE}</p>").found == ["<script {}>", "<img {'src': 'x', 'onerror': 'hostile()'}>"]
    assert read(f'<input value="{HOSTILE}">').found


@pytest.fixture(scope="module")
def things(task_force: TaskForce) -> dict[str, UUID]:
    """A lead, a case and a share in which every text that somebody can write is hostile."""
    lead = task_force.lead(
        task_force.police,
        title=HOSTILE,
        body=f"Notice {HOSTILE}",
        place={"name": HOSTILE[:190], "country": "US"},
        language="en",
    )
    case = task_force.case(lead_id=lead, note=HOSTILE)
    worker = task_force.database(Role.WORKER)
    with worker.transaction(task_force.police.scope) as session:
        records = list(session.scalars(select(LeadRecord.record_id).where(LeadRecord.lead_id == lead)))
        for row in session.scalars(select(RecordFindings).where(RecordFindings.record_id.in_(records))):
            row.findings = [*row.findings, *hostile_findings()]
        reason: dict[str, Any] = {"indicator": HOSTILE, "evidence": HOSTILE, "source": HOSTILE}
        session.execute(
            update(Lead)
            .where(Lead.id == lead)
            .values(
                title=HOSTILE,
                places=[HOSTILE],
                reasons=[{**reason, "sign": 1, "weight": 1.0, "contribution": 1.0}],
            )
        )
    with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
        session.execute(update(Case).where(Case.id == case).values(title=HOSTILE))
    share = task_force.share(case, include_notes=True, include_contacts=True, purpose=HOSTILE)
    file = task_force.file("investigator", share_id=share)
    with worker.transaction(task_force.police.scope) as session:
        session.execute(update(Delivery).where(Delivery.id == file).values(error=HOSTILE, status="failed"))
    return {"lead": lead, "case": case, "share": share}


def hostile_findings() -> list[dict[str, Any]]:
    signal = {"type": "signal", "kind": HOSTILE[:60], "sign": 1, "source": HOSTILE, "note": HOSTILE}
    return [
        {**signal, "field": "body", "start": 0, "end": 6},
        {"type": "selector", "kind": HOSTILE[:60], "value": HOSTILE, "field": "body", "start": 7, "end": 20},
    ]


@pytest.fixture(scope="module")
def renamed(task_force: TaskForce) -> Iterator[None]:
    """Members and people with hostile names, until the tests of this module are done."""
    gate = task_force.database(Role.GATE)
    known: list[tuple[type[Organisation | Person], UUID, str]] = []
    with gate.transaction(NOBODY) as session:
        for kind in (Organisation, Person):
            for one in session.scalars(select(kind)):
                known.append((kind, one.id, one.name))
                one.name = HOSTILE
    yield
    with gate.transaction(NOBODY) as session:
        for kind, key, name in known:
            session.get_one(kind, key).name = name


PAGES = [
    ("investigator", "/queue", ()),
    ("investigator", "/queue", ("q",)),
    ("investigator", "/queue", ("place", "score", "state")),
    ("investigator", "/leads/{lead}", ()),
    ("investigator", "/cases", ()),
    ("investigator", "/cases", ("status",)),
    ("investigator", "/cases/{case}", ()),
    ("investigator", "/shares/{share}", ()),
    ("recipient", "/shares", ()),
    ("recipient", "/shares/{share}", ()),
    ("admin", "/admin/organisations", ()),
    (None, "/sign-in", ("next",)),
    (None, f"/{quote(HOSTILE, safe='')}", ()),
    ("investigator", f"/cases/{quote(HOSTILE, safe='')}", ("x",)),
    ("investigator", "/queue", ("cursor",)),
]


@pytest.mark.usefixtures("renamed")
@pytest.mark.parametrize(("who", "path", "parameters"), PAGES)
def test_hostile_text_is_shown_and_never_obeyed(
    task_force: TaskForce, things: dict[str, UUID], who: str | None, path: str, parameters: tuple[str, ...]
) -> None:
    for name, value in things.items():
        path = path.replace(f"{{{name}}}", str(value))
    answer = task_force.browser(who).get(path, query_string=dict.fromkeys(parameters, HOSTILE))
    assert answer.status_code in (200, 404, 422)
    parsed = read(answer.text)
    assert parsed.found == []
    assert not any("49$" in text for text in parsed.text)
    if who is not None and answer.status_code == 200:
        assert any("<script>hostile()</script>" in text for text in parsed.text)


@pytest.mark.usefixtures("renamed")
def test_hostile_input_comes_back_as_text(task_force: TaskForce, things: dict[str, UUID]) -> None:
    browser = task_force.browser("investigator")
    forms = [
        ("/sign-in", {"email": HOSTILE, "password": "x", "next": HOSTILE}),
        (f"/cases/{things['case']}/preview", {"purpose": HOSTILE, "recipient": HOSTILE, "marking": HOSTILE}),
        (f"/cases/{things['case']}/notes", {"body": HOSTILE + "\x00"}),
        (f"/leads/{things['lead']}/unmask", {"purpose": HOSTILE + "a" * 300}),
        (f"/leads/{things['lead']}/unmask", {"purpose": HOSTILE}),
        (f"/cases/{things['case']}/assign", {"assignee": HOSTILE}),
        (f"/cases/{things['case']}/status", {"status": HOSTILE}),
    ]
    for path, form in forms:
        for headers in ({}, {"HX-Request": "true"}):
            answer = browser.post(path, data=form, headers=headers)
            assert answer.status_code < 500
            if answer.mimetype == "text/html":
                assert read(answer.text).found == [], path
            else:
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("renamed")
def test_the_graph_and_the_api_are_never_read_as_pages(
    task_force: TaskForce, things: dict[str, UUID]
) -> None:
    for who, path in (
        ("investigator", f"/leads/{things['lead']}/graph.json"),
        ("investigator", f"/api/v1/leads/{things['lead']}/records"),
        ("recipient", f"/api/v1/shares/{things['share']}"),
    ):
        caller = task_force.browser(who)
        answer = caller.get(path)
        assert answer.mimetype == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert msgspec.json.decode(answer.data)
