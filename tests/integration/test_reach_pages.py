"""The pages, the API and the command that say who can reach what: for an organisation's own, and no other."""

from __future__ import annotations

import json
from html import unescape
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from accord.cli import cli
from accord.reach.service import Kind, explain_thing
from accord_auth.audit.models import AuditEntry
from accord_auth.organisations.models import Organisation
from accord_auth.people.models import Person
from accord_auth.permissions import Permission
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

READ = {
    "case": ("/api/v1/cases/{case_id}", Permission.CASES_READ),
    "lead": ("/api/v1/leads/{lead_id}", Permission.LEADS_READ),
    "share": ("/api/v1/shares/{share_id}", Permission.SHARES_READ),
}


def told(task_force: TaskForce, who: str, kind: str, things: dict[str, UUID]) -> dict[str, Any]:
    answer = task_force.program(who).get(f"/api/v1/access/{kind}s/{things[f'{kind}_id']}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.parametrize("kind", sorted(READ))
def test_what_is_said_of_each_person_is_what_they_then_get(task_force: TaskForce, kind: str) -> None:
    things = task_force.things()
    path, _ = READ[kind]
    said = {
        tuple(one["roles"]): one["may_read"] for one in told(task_force, "manager", kind, things)["people"]
    }
    names = {
        who: task_force.people[who] for who in ("investigator", "analyst", "auditor", "developer", "manager")
    }
    for who, person in names.items():
        answer = task_force.program(who).get(path.format(**things))
        assert said[tuple(sorted(person.roles))] == (answer.status_code == 200), (kind, who)
    assert len(said) == len(names)
    assert set(said.values()) == {True, False}


def test_a_case_names_the_members_that_it_was_shared_with_and_why(task_force: TaskForce) -> None:
    things = task_force.things()
    case = told(task_force, "manager", "case", things)
    (member,) = case["members"]
    assert (member["who"], member["may_read"]) == ("Harbor Light", True)
    assert member["why"].startswith("shared with their organisation as TLP:AMBER until")
    assert member["why"].endswith("for: Joint work on this case")
    assert member["what"] == "the document of the share, and nothing else"
    assert task_force.program("recipient").get(f"/api/v1/cases/{things['case_id']}").status_code == 404
    # Besides the roles there may be somebody who reads in an emergency that another test opened.
    roles = [one for one in case["platform"] if "emergency" not in one["why"]]
    assert [one["may_read"] for one in roles] == [False, False]
    assert told(task_force, "manager", "lead", things)["members"] == case["members"]
    task_force.program("investigator").delete(f"/api/v1/shares/{things['share_id']}")
    (member,) = told(task_force, "manager", "case", things)["members"]
    assert member["may_read"] is False
    assert member["why"].startswith("the share was taken back on")


def test_a_recipient_is_told_who_reads_the_share_at_home(task_force: TaskForce) -> None:
    things = task_force.things("recipient")
    share = told(task_force, "foreign manager", "share", things)
    assert share["owner"] == "Harbor Light"
    assert [one["who"] for one in share["members"]] == ["Harbor Light"]
    assert all(one["why"].startswith("shared with their organisation") for one in share["people"])


def test_a_suspended_recipient_reaches_nothing(task_force: TaskForce) -> None:
    things = task_force.things("recipient")
    gate = task_force.database(Role.GATE)

    def stand(status: str) -> None:
        with gate.transaction(NOBODY) as session:
            change = update(Organisation).where(Organisation.id == task_force.company.id)
            session.execute(change.values(status=status))

    stand("suspended")
    try:
        with task_force.database(Role.WEB).transaction(task_force.ngo.scope) as session:
            from_home = _explain(session, task_force, things)
    finally:
        stand("active")
    assert from_home == [(False, "the member is suspended: its people cannot sign in")]


def _explain(session: Any, task_force: TaskForce, things: dict[str, UUID]) -> list[tuple[bool, str]]:
    found = explain_thing(session, task_force.ngo.operator, Kind.CASE, things["case_id"])
    return [(one.may_read, one.why) for one in found.members]


def test_an_auditor_is_told_who_and_never_what(task_force: TaskForce) -> None:
    things = task_force.things(place={"name": "Lanternfish Bay", "country": "US"})
    assert told(task_force, "manager", "case", things)["title"].startswith("Lanternfish Bay")
    for kind in ("case", "lead"):
        assert told(task_force, "auditor", kind, things)["title"] is None
        page = task_force.browser("auditor").get(f"/access/{kind}s/{things[f'{kind}_id']}")
        assert page.status_code == 200
        assert "Lanternfish" not in page.text
    assert told(task_force, "auditor", "share", things)["title"].startswith("Lanternfish Bay")


def test_a_disabled_person_reaches_nothing_and_it_is_said(task_force: TaskForce) -> None:
    person = task_force.people["developer"]
    gate = task_force.database(Role.GATE)

    def stand(status: str) -> None:
        with gate.transaction(NOBODY) as session:
            session.execute(update(Person).where(Person.id == person.person_id).values(status=status))

    stand("disabled")
    try:
        reply = task_force.program("manager").get(f"/api/v1/access/people/{person.person_id}").json
        page = task_force.browser("manager").get("/access").text
    finally:
        stand("active")
    assert reply["permissions"] == []
    assert {amount["why"] for amount in reply["amounts"]} == {"disabled: cannot sign in"}
    assert "nothing: disabled" in page


def test_a_person_s_numbers_are_those_that_they_can_read(task_force: TaskForce) -> None:
    task_force.things()
    person = task_force.people["analyst"].person_id
    reply = task_force.program("manager").get(f"/api/v1/access/people/{person}").json
    amounts = {amount["what"]: amount for amount in reply["amounts"]}
    cases, cursor = 0, None
    while True:
        query = {"limit": 200} | ({"cursor": cursor} if cursor else {})
        page = task_force.program("analyst").get("/api/v1/cases", query_string=query).json
        cases, cursor = cases + len(page["items"]), page["next"]
        if cursor is None:
            break
    assert amounts["cases"]["number"] == cases > 0
    assert amounts["entries of the audit log"]["may_read"] is False
    assert amounts["entries of the audit log"]["why"].endswith("lack audit:read")


def test_the_form_leads_to_the_thing_and_says_what_it_cannot_read(task_force: TaskForce) -> None:
    browser, case = task_force.browser("manager"), task_force.case()
    found = browser.get("/access", query_string={"kind": "case", "id": f" {case}"})
    assert (found.status_code, found.headers["Location"]) == (303, f"/access/cases/{case}")
    for query, words in (
        ({"kind": "case", "id": "nothing"}, "Write the number as it stands"),
        ({"kind": "person", "id": str(case)}, "Choose a case, a lead or a share."),
        ({"kind": "case", "id": ""}, "Write the number as it stands"),
    ):
        answer = browser.get("/access", query_string=query)
        assert answer.status_code == 422
        assert words in unescape(answer.text)


def test_the_page_of_a_case_leads_there_for_those_who_may(task_force: TaskForce) -> None:
    case = task_force.case()
    link = f'href="/access/cases/{case}"'
    assert link in task_force.browser("manager").get(f"/cases/{case}").text
    assert link not in task_force.browser("investigator").get(f"/cases/{case}").text


def test_looking_is_in_the_organisation_s_own_audit_log(task_force: TaskForce) -> None:
    things = task_force.things()
    told(task_force, "manager", "case", things)
    with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
        entries = session.scalars(
            select(AuditEntry.tag).where(AuditEntry.subject == f"case {things['case_id']}")
        ).all()
    assert "access.explain" in entries


def test_platform_admins_see_grants_and_no_content(task_force: TaskForce) -> None:
    things = task_force.things(place={"name": "Lanternfish Bay", "country": "US"})
    for who in ("admin", "watcher"):
        page = task_force.browser(who).get("/admin/grants")
        assert page.status_code == 200
        text = unescape(page.text)
        assert "Northgate Police" in text
        assert "Harbor Light" in text
        for secret in ("Lanternfish", "Joint work", *map(str, things.values())):
            assert secret not in text
        for kind in ("case", "lead", "share"):
            answer = task_force.program(who).get(f"/api/v1/access/{kind}s/{things[f'{kind}_id']}")
            assert answer.status_code == 403
    assert task_force.browser("manager").get("/admin/grants").status_code == 403


def test_grants_count_what_holds_now(task_force: TaskForce) -> None:
    def shares() -> int:
        text = unescape(task_force.browser("admin").get("/admin/grants").text)
        row = (
            text.split("Marlin Social</strong>")[1].split("</tr>")[0]
            if "Marlin Social</strong>" in text
            else ""
        )
        return int(row.split(" share")[0].split("<td>")[-1]) if "Harbor Light" in row else 0

    before = shares()
    case = task_force.case("stranger")
    share = task_force.share(case, who="stranger")
    assert shares() == before + 1
    task_force.program("stranger").delete(f"/api/v1/shares/{share}")
    assert shares() == before


def test_the_command_says_the_same(task_force: TaskForce, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = task_force.home.settings
    monkeypatch.setenv("ACCORD_HOME", str(settings.home))
    monkeypatch.setenv("ACCORD_DATABASE_URL", settings.database_url or "")
    things = task_force.things()
    command = ["access", "explain", "case", str(things["case_id"]), "--organisation", "northgate"]
    lines = CliRunner().invoke(cli, command)
    assert lines.exit_code == 0, lines.output
    assert "yes  investigator (investigator): their organisation owns it" in lines.output
    assert (
        "no   auditor (auditor): their organisation owns it, but their roles lack cases:read" in lines.output
    )
    as_json = CliRunner().invoke(cli, [*command, "--json"])
    assert json.loads(as_json.output)["members"][0]["who"] == "Harbor Light"
    person = str(task_force.people["auditor"].person_id)
    one = CliRunner().invoke(cli, ["access", "explain", "person", person, "--organisation", "northgate"])
    assert "no   cases" in one.output
    foreign = CliRunner().invoke(cli, [*command[:-1], "marlin"])
    absent = CliRunner().invoke(cli, [*command[:3], str(uuid4()), *command[4:-1], "marlin"])
    assert foreign.exit_code == absent.exit_code == 1
    assert str(foreign.exception) == str(absent.exception)
