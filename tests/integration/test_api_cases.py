"""Cases and shares by the API, as two organisations see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from accord.linking.models import Lead
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]


def terms(**changes: Any) -> dict[str, Any]:
    return {
        "recipient": "harbor",
        "marking": "TLP:AMBER",
        "purpose": "Joint work",
        "basis": "public_task",
        "expires_on": (datetime.now(UTC).date() + timedelta(days=9)).isoformat(),
        **changes,
    }


def test_a_case_is_opened_once_assigned_moved_on_and_noted(task_force: TaskForce) -> None:
    owner = task_force.program("investigator")
    lead = task_force.lead(task_force.police)
    opened = owner.post("/api/v1/cases", json={"lead_id": str(lead)})
    again = owner.post("/api/v1/cases", json={"lead_id": str(lead)})
    assert opened.status_code == again.status_code == 201
    assert opened.json == again.json
    case = opened.json
    assert (case["status"], case["marking"], case["assignee_id"]) == ("open", "TLP:AMBER", None)
    assert owner.get(f"/api/v1/leads/{lead}").json["case_id"] == case["id"]
    url = f"/api/v1/cases/{case['id']}"
    colleague = str(task_force.people["analyst"].person_id)
    changed = owner.patch(url, json={"assignee_id": colleague, "status": "waiting"})
    assert changed.json["assignee_id"] == colleague
    assert changed.json["status"] == "waiting"
    assert changed.json["updated_at"] > case["updated_at"]
    assert owner.patch(url, json={"assignee_id": None}).json["assignee_id"] is None
    note = owner.post(f"{url}/notes", json={"body": "  Seen at noon.\n"})
    assert note.status_code == 201
    assert note.json["body"] == "Seen at noon."
    assert note.json["author"] == task_force.people["investigator"].person_name
    assert owner.get(f"{url}/notes").json["items"] == [note.json]
    assert task_force.program("analyst").get(url).json["status"] == "waiting"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "status"),
        ({"status": "gone"}, "status"),
        ({"status": None}, "status"),
        ({"status": ["open"]}, "status"),
        ({"assignee_id": "nobody"}, "assignee_id"),
        ({"assignee_id": str(uuid4())}, "assignee_id"),
        ({"assignee_id": 5}, "assignee_id"),
        ({"title": "Mine"}, "title"),
        ({"organisation_id": str(uuid4())}, "organisation_id"),
        ({"status": "closed", "assignee_id": str(uuid4())}, "assignee_id"),
    ],
)
def test_a_change_that_will_not_do_names_its_field_and_changes_nothing(
    task_force: TaskForce, body: dict[str, Any], field: str
) -> None:
    case = task_force.case()
    owner = task_force.program("investigator")
    before = owner.get(f"/api/v1/cases/{case}").json
    reply = owner.patch(f"/api/v1/cases/{case}", json=body)
    assert reply.status_code == 422
    errors = reply.json["errors"]
    assert list(errors.get("json", errors)) == [field]
    assert owner.get(f"/api/v1/cases/{case}").json == before


def test_a_person_of_another_member_cannot_be_made_responsible(task_force: TaskForce) -> None:
    case = task_force.case()
    owner = task_force.program("investigator")
    answers = []
    for person in (
        task_force.people["stranger"].person_id,
        task_force.people["recipient"].person_id,
        uuid4(),
    ):
        reply = owner.patch(f"/api/v1/cases/{case}", json={"assignee_id": str(person)})
        answers.append((reply.status_code, reply.text))
    assert answers[0][0] == 422
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("body", ["", "   \n", "a\x00b", "a" * 10_001, None, 5, ["a"], "\ud800"])
def test_a_note_that_will_not_do_is_refused(task_force: TaskForce, body: Any) -> None:
    case = task_force.case()
    owner = task_force.program("investigator")
    reply = owner.post(f"/api/v1/cases/{case}/notes", json={"body": body})
    assert reply.status_code == 422
    errors = reply.json["errors"]
    assert list(errors.get("json", errors)) == ["body"]
    assert owner.get(f"/api/v1/cases/{case}/notes").json["items"] == []


def test_cases_are_listed_the_last_changed_first_each_once(task_force: TaskForce) -> None:
    mine = [str(task_force.case()) for _ in range(5)]
    owner = task_force.program("investigator")
    for case in mine[:2]:
        owner.patch(f"/api/v1/cases/{case}", json={"status": "closed"})
    for status in (None, "closed", "open"):
        seen: list[str] = []
        times: list[str] = []
        cursor = None
        while True:
            query = {"limit": 2, "status": status, "cursor": cursor}
            given = {name: value for name, value in query.items() if value is not None}
            reply = owner.get("/api/v1/cases", query_string=given).json
            seen += [item["id"] for item in reply["items"]]
            times += [item["updated_at"] for item in reply["items"]]
            cursor = reply["next"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen))
        assert times == sorted(times, reverse=True)
        wanted = {None: mine, "closed": mine[:2], "open": mine[2:]}[status]
        assert set(wanted) <= set(seen)
        assert not set(mine) - set(wanted) & set(seen)
    assert task_force.program("stranger").get("/api/v1/cases").json == {"items": [], "next": None}


def test_a_case_is_found_again_when_its_lead_was_joined_into_another(task_force: TaskForce) -> None:
    lead, other = task_force.lead(task_force.police), task_force.lead(task_force.police)
    case = task_force.case(lead_id=lead)
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        session.execute(update(Lead).where(Lead.id == lead).values(merged_into=other, records=0))
    owner = task_force.program("investigator")
    assert owner.get(f"/api/v1/leads/{lead}").json["id"] == str(other)
    assert owner.get(f"/api/v1/leads/{other}").json["case_id"] == str(case)
    assert owner.post("/api/v1/cases", json={"lead_id": str(other)}).json["id"] == str(case)
    assert task_force.browser("investigator").get(f"/cases/{case}").status_code == 200


# --- shares ------------------------------------------------------------------------------------------


def test_a_share_is_made_listed_read_and_taken_back(task_force: TaskForce) -> None:
    case = task_force.case()
    owner, recipient = task_force.program("investigator"), task_force.program("recipient")
    made = owner.post(f"/api/v1/cases/{case}/shares", json=terms())
    assert made.status_code == 201
    assert (made.json["sender"], made.json["recipient"]) == ("northgate", "harbor")
    assert "document" not in made.json
    assert owner.get(f"/api/v1/cases/{case}/shares").json == {"items": [made.json], "next": None}
    url = f"/api/v1/shares/{made.json['id']}"
    read = recipient.get(url).json
    assert {name: read[name] for name in made.json} == made.json
    assert len(read["document"]["records"]) == 2
    assert made.json["id"] in [item["id"] for item in recipient.get("/api/v1/shares").json["items"]]
    assert owner.delete(url).status_code == 204
    assert owner.get(f"/api/v1/cases/{case}/shares").json["items"][0]["revoked_at"]
    assert recipient.get(url).status_code == 404


def test_received_shares_are_met_each_once_the_newest_first(task_force: TaskForce) -> None:
    case = task_force.case()
    made = [str(task_force.share(case)) for _ in range(5)]
    taken_back = str(task_force.share(case))
    task_force.program("investigator").delete(f"/api/v1/shares/{taken_back}")
    seen: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        reply = task_force.program("recipient").get("/api/v1/shares", query_string=query).json
        seen += [item["id"] for item in reply["items"]]
        cursor = reply["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert [share for share in seen if share in made] == made[::-1]
    assert taken_back not in seen
    assert task_force.program("stranger").get("/api/v1/shares").json["items"] == []


def test_the_members_to_share_with_are_all_others_that_are_active(task_force: TaskForce) -> None:
    for who, own in (("investigator", "northgate"), ("recipient", "harbor"), ("stranger", "marlin")):
        slugs = [item["slug"] for item in task_force.program(who).get("/api/v1/organisations").json["items"]]
        assert {"northgate", "harbor", "marlin"} - {own} <= set(slugs)
        assert own not in slugs
        assert "asleep" not in slugs


def test_a_received_share_cannot_be_passed_on(task_force: TaskForce) -> None:
    things = task_force.things()
    for key in (things["share_id"], things["case_id"], things["lead_id"]):
        reply = task_force.program("recipient").post(
            f"/api/v1/cases/{key}/shares", json=terms(recipient="marlin")
        )
        assert reply.status_code == 404
    opened = task_force.program("recipient").post("/api/v1/cases", json={"lead_id": str(things["lead_id"])})
    absent = task_force.program("recipient").post("/api/v1/cases", json={"lead_id": str(uuid4())})
    assert (opened.status_code, opened.text) == (absent.status_code, absent.text) == (404, absent.text)


def test_ids_are_written_in_one_way(task_force: TaskForce) -> None:
    case = task_force.case()
    owner = task_force.program("investigator")
    for written in (case.hex, f"{{{case}}}", f"urn:uuid:{case}", f"{case}x", "1", "%00"):
        assert owner.get(f"/api/v1/cases/{written}").status_code == 404
    assert UUID(owner.get(f"/api/v1/cases/{case}").json["id"]) == case


def test_the_lead_of_another_member_is_not_changed_by_who_tries(task_force: TaskForce) -> None:
    lead = task_force.lead(task_force.police)
    for who in ("stranger", "recipient"):
        reply = task_force.program(who).post("/api/v1/cases", json={"lead_id": str(lead)})
        assert reply.status_code == 404
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        assert session.scalars(select(Lead.merged_into).where(Lead.id == lead)).one() is None
    assert task_force.program("investigator").get(f"/api/v1/leads/{lead}").json["case_id"] is None
