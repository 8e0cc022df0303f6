"""The audit log's pages: each organisation its own part, the platform its own; filters, pages, files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.conftest import PASSWORD, Databases, Members, principal_maker

from accord.app import create_app
from accord_auth.audit.checking import check
from accord_auth.audit.exports import as_csv
from accord_auth.audit.keys import KEY_FILE, SigningKeyFile
from accord_auth.audit.models import AuditEntry
from accord_auth.audit.notes import open_note
from accord_auth.audit.reading import SeenEntry
from accord_auth.audit.sealing import public_key, seal_waiting
from accord_auth.audit.service import AuditTag, record
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.service import PLATFORM, Choice, start_session
from accord_config.database import NOBODY, Role
from accord_config.home import Home

ENTRIES = 60
"""More than one page of them for each member."""
READERS = ("company auditor", "company admin", "police auditor")


@dataclass
class Town:
    """Two members with a log, and browsers of their people."""

    home: Home
    database: Databases
    members: Members
    app: Any
    people: dict[str, Principal]

    def browser(self, who: str | None) -> FlaskClient:
        client: FlaskClient = self.app.test_client()
        client.environ_base |= {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_USER_AGENT": "Browser 1.0"}
        if who is not None:
            person = self.people[who]
            choice = Choice(person.organisation_id, "", "") if person.organisation_id else PLATFORM
            assert person.person_id is not None
            with self.database(Role.GATE).transaction(NOBODY) as session:
                made = start_session(session, person_id=person.person_id, choice=choice, hours=1)
            client.set_cookie("accord_session", made.token)
        return client

    def get(self, who: str | None, path: str) -> str:
        reply = self.browser(who).get(path)
        assert reply.status_code == 200, (who, path, reply.status_code)
        return reply.text

    def entries(self, where: str, **values: Any) -> int:
        with self.database(Role.OWNER).transaction(NOBODY) as session:
            query = text(f"SELECT count(*) FROM audit_entries WHERE {where}")
            return int(session.scalars(query, values).one())

    def write(self, who: Principal, number: int, **given: Any) -> None:
        with self.database(Role.WEB).transaction(who.scope) as session:
            record(session, who, AuditTag.CASE_STATUS, f"case {who.organisation_slug} {number}", **given)


def platform_person(database: Databases, role: PersonRole) -> Principal:
    with database(Role.GATE).transaction(NOBODY) as session:
        address = f"{role}@platform.example.org"
        person = create_person(session, email=address, name=f"{role}", password=PASSWORD)
        assign_role(session, person_id=person.id, role=role, organisation_id=None)
    return Principal(
        organisation_id=None,
        organisation_slug="platform",
        organisation_name="The platform",
        organisation_kind="platform",
        person_id=person.id,
        person_name=person.name,
        email=address,
        roles=frozenset({role}),
        permissions=frozenset(),
    )


@pytest.fixture(scope="module")
def town(module_home: Home, module_database: Databases, module_organisations: Members) -> Iterator[Town]:
    person = principal_maker(module_database)
    company, police = module_organisations.company, module_organisations.police
    people = {
        "company auditor": person(company, PersonRole.AUDITOR),
        "company admin": person(company, PersonRole.ORGANISATION_ADMIN),
        "company investigator": person(company, PersonRole.INVESTIGATOR),
        "police auditor": person(police, PersonRole.AUDITOR),
        "police investigator": person(police, PersonRole.INVESTIGATOR),
        "platform auditor": platform_person(module_database, PersonRole.PLATFORM_AUDITOR),
        "platform admin": platform_person(module_database, PersonRole.PLATFORM_ADMIN),
    }
    app = create_app(module_home)
    made = Town(module_home, module_database, module_organisations, app, people)
    for number in range(ENTRIES):
        for who in ("company investigator", "police investigator"):
            made.write(
                people[who], number, why=f"{who} why", before={"status": "open"}, after={"status": "closed"}
            )
    seal_waiting(module_database(Role.WORKER), SigningKeyFile(module_home.path / KEY_FILE))
    yield made
    app.close()


def subjects(html: str) -> list[str]:
    return re.findall(r'<a class="value" href="[^"]*" dir="auto">([^<]*)</a>', html)


def link(html: str, rel: str) -> str | None:
    found = re.search(rf'<a class="btn paging-{rel}" href="([^"]+)"', html)
    return unescape(found[1]) if found else None


# --- who sees what ----------------------------------------------------------------------------------

PATHS = ("/audit", "/audit/export.csv", "/audit/export.jsonl", "/audit/bundle.json", "/audit/checkpoint.txt")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", ["company investigator", "police investigator"])
def test_only_auditors_and_admins_read_the_log(path: str, who: str, town: Town) -> None:
    assert town.browser(who).get(path).status_code == 403


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_sent_to_sign_in(path: str, town: Town) -> None:
    assert "/sign-in" in town.browser(None).get(path).headers["Location"]


@pytest.mark.parametrize("path", PATHS[:-1])
@pytest.mark.parametrize("who", READERS)
def test_each_organisation_sees_its_own_part_and_no_word_of_the_other(
    path: str, who: str, town: Town
) -> None:
    own, other = ("company", "police") if who.startswith("company") else ("police", "company")
    members = {"company": town.members.company, "police": town.members.police}
    shown = town.get(who, path)
    assert f"case {members[own].slug} {ENTRIES - 1}" in shown
    for word in (members[other].slug, str(members[other].id), f"{other} investigator why"):
        assert word not in shown


@pytest.mark.parametrize("path", PATHS[:-1])
def test_the_platform_s_auditor_sees_no_member_s_entry(path: str, town: Town) -> None:
    shown = town.get("platform auditor", path)
    for member in (town.members.company, town.members.police):
        assert f"case {member.slug}" not in shown
        assert str(member.id) not in shown


def test_the_platform_s_auditor_sees_what_was_done_for_the_platform(town: Town) -> None:
    town.write(town.people["platform admin"], 7)
    assert "case platform 7" in town.get("platform auditor", "/audit")
    for who in READERS:
        assert "case platform" not in town.get(who, "/audit/export.jsonl")


def test_a_filter_for_another_member_s_person_finds_nothing(town: Town) -> None:
    other = town.people["police investigator"]
    for query in (f"person={other.person_id}", "subject=case northgate", "tag=case.assign"):
        shown = town.get("company auditor", f"/audit?{query}")
        assert "No entry fits the filter" in shown
        assert other.person_name + "@" not in shown


def test_another_member_s_cursor_is_refused(town: Town) -> None:
    first = link(town.get("police auditor", "/audit"), "next")
    assert first is not None
    assert town.browser("company auditor").get(first).status_code == 422


def test_navigation_leads_there_for_those_who_may(town: Town) -> None:
    assert 'href="/audit"' in town.get("company admin", "/cases")
    assert 'href="/audit"' not in town.get("company investigator", "/cases")


# --- reading is written down ------------------------------------------------------------------------


def test_reading_the_log_is_an_entry_once_an_hour_for_each_filter(town: Town) -> None:
    fresh = principal_maker(town.database)(
        town.members.company, PersonRole.AUDITOR, email="fresh@marlin.example.org"
    )
    town.people["fresh"] = fresh
    mine = "person_id = :person AND tag = 'audit.read'"
    for _ in range(3):
        html = town.get("fresh", "/audit")
        following = link(html, "next")
        assert following is not None
        town.get("fresh", following)
    assert town.entries(mine, person=fresh.person_id) == 1
    for _ in range(2):
        town.get("fresh", "/audit?subject=case&from=2020-01-01")
    assert town.entries(mine, person=fresh.person_id) == 2
    given = 'detail = \'{"subject": "case", "from": "2020-01-01"}\' AND ' + mine
    assert town.entries(given, person=fresh.person_id) == 1
    where = "address = '127.0.0.1' AND user_agent = 'Browser 1.0' AND " + mine
    assert town.entries(where, person=fresh.person_id) == 2


def test_every_export_is_an_entry(town: Town) -> None:
    who = "tag = 'audit.export' AND person_id = :person"
    person = town.people["police auditor"].person_id
    before = town.entries(who, person=person)
    for path in ("/audit/export.csv?tag=case.note", "/audit/export.jsonl", "/audit/bundle.json"):
        town.get("police auditor", path)
    assert town.entries(who, person=person) == before + 3
    assert town.entries("detail->>'format' = 'csv' AND detail->>'tag' = 'case.note'") >= 1


def test_a_request_leaves_nothing_behind_for_the_next_work_of_its_thread(town: Town) -> None:
    town.get("company auditor", "/audit")
    town.write(town.people["company investigator"], 9_999)
    assert town.entries("subject LIKE '% 9999' AND address IS NULL AND user_agent IS NULL") == 1


# --- filters and pages ------------------------------------------------------------------------------


def test_pages_go_through_everything_once_and_back(town: Town) -> None:
    address: str | None = "/audit?tag=case.status"
    there: list[list[str]] = []
    last = ""
    while address is not None:
        last = town.get("police auditor", address)
        there.append(subjects(last))
        address = link(last, "next")
    assert [one for page in there for one in page] == [
        f"case northgate {n}" for n in reversed(range(ENTRIES))
    ]
    back = link(last, "prev")
    assert back is not None
    assert subjects(town.get("police auditor", back)) == there[-2]
    assert len(there) == 2
    assert link(town.get("police auditor", back), "prev") is None


def test_filters_narrow_to_what_they_say(town: Town) -> None:
    person = town.people["police investigator"].person_id
    today = datetime.now(UTC).date()
    tomorrow = today + timedelta(days=1)
    for query, count in (
        (f"person={person}", 50),
        ("subject=case northgate 1", 11),
        ("subject=case%25", 0),
        (f"from={today - timedelta(days=1)}&to={tomorrow}&tag=case.status", 50),
        (f"from={tomorrow}", 0),
        ("to=2020-01-01", 0),
        ("to=9999-12-31&tag=case.status", 50),
        ("tag=none", 0),
    ):
        assert len(subjects(town.get("police auditor", f"/audit?{query}"))) == count, query


@pytest.mark.parametrize("query", ["from=today", "to=2026-13-01", "person=nobody"])
def test_a_filter_that_cannot_be_read_is_said_and_never_an_error(query: str, town: Town) -> None:
    assert town.browser("company auditor").get(f"/audit?{query}").status_code == 200
    assert town.browser("company auditor").get(f"/audit/export.csv?{query}").status_code == 422


def test_the_page_says_who_why_and_what_changed(town: Town) -> None:
    html = town.get("company auditor", "/audit?tag=case.status&subject=case marlin 3")
    for words in (
        "company investigator why",
        "Changed a case&#39;s status",
        "closed",
        "sealed",
        "investigator",
    ):
        assert words in html, words


def test_hostile_text_is_shown_and_never_obeyed(town: Town) -> None:
    who = replace(town.people["company investigator"], person_name="<b onclick=x()>")
    town.write(who, 5_000, why="<script>alert(1)</script>", detail={"<i>": "<img src=x>"})
    html = town.get("company auditor", "/audit?subject=case marlin 5000")
    assert "&lt;script&gt;" in html
    for tag in ("<script>", "<b onclick", "<i>", "<img"):
        assert tag not in html


# --- files ------------------------------------------------------------------------------------------


def test_an_export_holds_everything_the_filter_leaves_in_order(town: Town) -> None:
    exported = town.get("police auditor", "/audit/export.jsonl?tag=case.status")
    lines = [json.loads(line) for line in exported.splitlines()]
    assert [line["subject"] for line in lines] == [f"case northgate {n}" for n in range(ENTRIES)]
    assert lines[0]["before"] == {"status": "open"}
    assert lines[0]["sequence"] is not None
    rows = list(csv.DictReader(io.StringIO(town.get("police auditor", "/audit/export.csv?tag=case.status"))))
    assert [row["subject"] for row in rows] == [line["subject"] for line in lines]
    assert json.loads(rows[0]["after"]) == {"status": "closed"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d", "\t+"])
def test_no_cell_of_a_csv_begins_a_formula(start: str) -> None:
    entry = AuditEntry(
        id=1,
        at=datetime.now(UTC),
        organisation_id=uuid4(),
        actor=start + "1+1",
        tag="case.note",
        subject=start + 'cmd|"/c calc"!A1',
        why=start,
        detail={},
        address=start,
        user_agent=start + "2",
    )
    written = b"".join(as_csv([SeenEntry(entry, None)])).decode()
    row = list(csv.reader(io.StringIO(written, newline="")))[1]
    for cell in row:
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d")), cell
        assert not cell.startswith(("\t", "\r", "\n")), cell
    assert "'" + entry.subject in row


@pytest.mark.parametrize("who", READERS)
def test_a_bundle_of_the_page_checks_offline(who: str, town: Town) -> None:
    key = public_key(town.database(Role.WORKER), SigningKeyFile(town.home.path / KEY_FILE))
    note = open_note(town.get(who, "/audit/checkpoint.txt"), [key])
    seal_waiting(town.database(Role.WORKER), SigningKeyFile(town.home.path / KEY_FILE))
    checked = check(json.loads(town.get(who, f"/audit/bundle.json?earlier={note.size}")), key, note)
    assert checked.problems == ()
    assert checked.entries >= ENTRIES


@pytest.mark.parametrize("earlier", ["0", "-1", "999999999", "x", "9" * 40, "\u0663"])
def test_a_bundle_with_no_such_earlier_checkpoint_is_refused(earlier: str, town: Town) -> None:
    assert town.browser("company auditor").get(f"/audit/bundle.json?earlier={earlier}").status_code == 422


def test_an_answer_is_kept_nowhere(town: Town) -> None:
    for path in PATHS:
        reply = town.browser("company auditor").get(path)
        assert reply.headers["Cache-Control"] == "no-store"
