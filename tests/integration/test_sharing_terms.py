"""On what terms a case can be shared, who sees it then, and taking it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text, update

from accord.caseload.models import CaseEvent
from accord.ingestion.models import StoredRecord
from accord.linking.models import LeadRecord
from accord.markings import Marking, within
from accord.sharing.models import Share
from accord_auth.audit.models import AuditEntry
from accord_auth.organisations.models import Organisation, OrganisationKind, OrganisationStatus
from accord_auth.organisations.service import create_organisation
from accord_config.database import NOBODY, Role, Scope

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

TODAY = datetime.now(UTC).date()


def day(number: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=number)).isoformat()


def body(**changes: Any) -> dict[str, Any]:
    return {
        "recipient": "harbor",
        "marking": "TLP:AMBER",
        "purpose": "Joint work",
        "basis": "public_task",
        "expires_on": day(9),
        **changes,
    }


@pytest.fixture(scope="module")
def case(task_force: TaskForce) -> UUID:
    return task_force.case()


@pytest.fixture(scope="module")
def suspended(task_force: TaskForce) -> str:
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        member = create_organisation(session, slug="asleep", name="Asleep", kind=OrganisationKind.OTHER)
        member.status = OrganisationStatus.SUSPENDED
    return "asleep"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"recipient": "northgate"}, "recipient"),
        ({"recipient": "nowhere"}, "recipient"),
        ({"recipient": "asleep"}, "recipient"),
        ({"recipient": "a" * 61}, "recipient"),
        ({"recipient": None}, "recipient"),
        ({"marking": "TLP:GREEN"}, "marking"),
        ({"marking": "TLP:CLEAR"}, "marking"),
        ({"marking": "TLP:RED"}, "marking"),
        ({"marking": "secret"}, "marking"),
        ({"expires_on": day(0)}, "expires_on"),
        ({"expires_on": day(-1)}, "expires_on"),
        ({"expires_on": day(367)}, "expires_on"),
        ({"expires_on": "9999-12-31"}, "expires_on"),
        ({"expires_on": "soon"}, "expires_on"),
        ({"purpose": "abc"}, "purpose"),
        ({"purpose": "          "}, "purpose"),
        ({"purpose": "a" * 501}, "purpose"),
        ({"purpose": "good work\x00"}, "purpose"),
        ({"basis": "curiosity"}, "basis"),
        ({"records": 0}, "records"),
        ({"records": 501}, "records"),
        ({"include_contacts": "yes"}, "include_contacts"),
        ({"include_notes": None}, "include_notes"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_terms_that_will_not_do_are_refused_by_name_and_nothing_is_shared(
    task_force: TaskForce, case: UUID, suspended: str, changes: dict[str, Any], field: str
) -> None:
    owner = task_force.program("investigator")
    reply = owner.post(f"/api/v1/cases/{case}/shares", json=body(**changes))
    assert reply.status_code == 422
    errors = reply.json["errors"]
    assert list(errors.get("json", errors)) == [field]
    form = {key: str(value) for key, value in body(**changes).items()}
    form["recipient"] = recipient_id(task_force, form["recipient"])
    if field not in ("records", "include_contacts", "include_notes", "unknown"):
        page = task_force.browser("investigator").post(f"/cases/{case}/share", data=form)
        assert page.status_code == 422
    assert owner.get(f"/api/v1/cases/{case}/shares").json["items"] == []


def recipient_id(task_force: TaskForce, slug: str) -> str:
    with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
        return str(session.scalar(select(Organisation.id).where(Organisation.slug == slug)) or slug)


@pytest.mark.parametrize("expires", [1, 366])
def test_a_share_holds_until_the_end_of_its_last_day(task_force: TaskForce, expires: int) -> None:
    reply = task_force.program("investigator").post(
        f"/api/v1/cases/{task_force.case()}/shares", json=body(expires_on=day(expires))
    )
    assert reply.status_code == 201
    assert reply.json["expires_at"].startswith(f"{day(expires)}T23:59:59")


@pytest.mark.parametrize("held", list(Marking))
def test_a_share_is_never_marked_laxer_than_what_the_case_holds(task_force: TaskForce, held: Marking) -> None:
    case = task_force.case(lead_id=task_force.lead(task_force.police, marking=held))
    for marking in Marking:
        reply = task_force.program("investigator").post(
            f"/api/v1/cases/{case}/shares", json=body(marking=marking)
        )
        may = within(held, marking) and marking is not Marking.RED
        assert reply.status_code == (201 if may else 422), (held, marking)


def test_a_record_that_came_later_with_a_stricter_marking_counts(task_force: TaskForce) -> None:
    phone = task_force.fresh_phone()
    case = task_force.case(lead_id=task_force.lead(task_force.police, phone=phone, marking=Marking.GREEN))
    url = f"/api/v1/cases/{case}/shares"
    owner = task_force.program("investigator")
    assert owner.post(url, json=body(marking="TLP:GREEN")).status_code == 201
    task_force.lead(task_force.police, phone=phone, records=1, marking=Marking.AMBER_STRICT)
    assert owner.get(f"/api/v1/cases/{case}").json["marking"] == "TLP:GREEN"
    assert owner.post(url, json=body(marking="TLP:AMBER")).json["errors"]["marking"]
    assert owner.post(url, json=body(marking="TLP:AMBER+STRICT")).status_code == 201
    mark(task_force, UUID(owner.get(f"/api/v1/cases/{case}").json["lead_id"]), Marking.RED)
    assert owner.post(url, json=body(marking="TLP:AMBER+STRICT")).json["errors"]["marking"]


def mark(task_force: TaskForce, lead: UUID, marking: Marking) -> None:
    """Mark a lead's records anew, as a source may."""
    records = select(LeadRecord.record_id).where(LeadRecord.lead_id == lead)
    with task_force.database(Role.WORKER).transaction(task_force.police.scope) as session:
        session.execute(update(StoredRecord).where(StoredRecord.id.in_(records)).values(marking=marking))


# --- who sees it -------------------------------------------------------------------------------------


def seen_by(task_force: TaskForce, who: str, share: UUID) -> tuple[int, int, bool]:
    """How the API and the page answer, and whether the list has it."""
    program, browser = task_force.program(who), task_force.browser(who)
    listed = {item["id"] for item in program.get("/api/v1/shares?limit=200").json["items"]}
    return (
        program.get(f"/api/v1/shares/{share}").status_code,
        browser.get(f"/shares/{share}").status_code,
        str(share) in listed,
    )


def test_the_recipient_sees_a_share_until_it_is_taken_back(task_force: TaskForce) -> None:
    case = task_force.case()
    share = task_force.share(case)
    file = task_force.file("recipient", share_id=share)
    assert seen_by(task_force, "recipient", share) == (200, 200, True)
    assert seen_by(task_force, "stranger", share) == (404, 404, False)
    assert seen_by(task_force, "investigator", share) == (200, 200, False)
    assert task_force.browser("recipient").get(f"/deliveries/{file}").status_code == 200
    assert task_force.program("investigator").delete(f"/api/v1/shares/{share}").status_code == 204
    assert seen_by(task_force, "recipient", share) == (404, 404, False)
    assert seen_by(task_force, "investigator", share) == (200, 200, False)
    assert task_force.browser("recipient").get(f"/deliveries/{file}").status_code == 404
    again = task_force.browser("recipient").post(f"/shares/{share}/document")
    assert again.status_code == 404


def test_the_recipient_sees_a_share_until_it_expires(task_force: TaskForce) -> None:
    share = task_force.share(task_force.case())
    file = task_force.file("recipient", share_id=share)
    assert seen_by(task_force, "recipient", share) == (200, 200, True)
    expire(task_force, share)
    assert seen_by(task_force, "recipient", share) == (404, 404, False)
    assert task_force.browser("recipient").get(f"/deliveries/{file}").status_code == 404
    assert seen_by(task_force, "investigator", share)[0] == 200


def expire(task_force: TaskForce, share: UUID) -> None:
    """Let a share's last day be over; neither the web server nor a worker could change that."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    database = task_force.home.database(Role.OWNER)
    with database.transaction(NOBODY) as session:
        session.execute(text("SET LOCAL row_security = off"))
        session.execute(update(Share).where(Share.id == share).values(expires_at=past))
    database.close()


def test_taking_back_twice_changes_nothing_more(task_force: TaskForce) -> None:
    case = task_force.case()
    share = task_force.share(case)
    owner = task_force.program("investigator")
    times = []
    for _ in range(2):
        assert owner.delete(f"/api/v1/shares/{share}").status_code == 204
        times.append(owner.get(f"/api/v1/shares/{share}").json["revoked_at"])
    assert times[0] == times[1]
    with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
        kinds = session.scalars(select(CaseEvent.kind).where(CaseEvent.case_id == case)).all()
    assert kinds.count("share.revoke") == 1


def test_only_the_owner_takes_a_share_back(task_force: TaskForce) -> None:
    share = task_force.share(task_force.case())
    for who in ("recipient", "stranger"):
        assert task_force.program(who).delete(f"/api/v1/shares/{share}").status_code == 404
        assert task_force.browser(who).post(f"/shares/{share}/revoke").status_code == 404
    for who in ("analyst", "auditor"):
        assert task_force.program(who).delete(f"/api/v1/shares/{share}").status_code == 403
    assert seen_by(task_force, "recipient", share)[0] == 200


TABLES = (
    "share_origins",
    "cases",
    "case_notes",
    "case_events",
    "leads",
    "lead_records",
    "records",
    "mentions",
)


def rows_of(task_force: TaskForce, scope: Scope, role: Role) -> dict[str, int]:
    """How many of the police's rows somebody's database session shows, by table."""
    with task_force.database(role).transaction(scope) as session:
        return {
            table: session.scalar(
                text(f"SELECT count(*) FROM {table} WHERE organisation_id = :police"),
                {"police": task_force.police.id},
            )
            or 0
            for table in TABLES
        }


@pytest.mark.parametrize("role", [Role.WEB, Role.WORKER])
def test_a_share_shows_its_recipient_no_other_row_of_the_owner(task_force: TaskForce, role: Role) -> None:
    share = task_force.share(task_force.case(note="Not to be shared."), include_notes=True)
    tables = set(TABLES) - ({"case_events"} if role is Role.WORKER else set())
    if role is Role.WEB:
        for member in (task_force.ngo, task_force.company):
            assert set(rows_of(task_force, member.scope, role).values()) == {0}
        assert all(rows_of(task_force, task_force.police.scope, role).values())
    assert tables
    with task_force.database(role).transaction(task_force.ngo.scope) as session:
        assert session.scalar(select(func.count()).where(Share.id == share)) == 1
    with task_force.database(role).transaction(task_force.company.scope) as session:
        assert session.scalar(select(func.count()).where(Share.id == share)) == 0


def test_nobody_s_database_session_shows_a_share(task_force: TaskForce) -> None:
    task_force.share(task_force.case())
    for role in (Role.WEB, Role.WORKER):
        with task_force.database(role).transaction(NOBODY) as session:
            assert session.scalar(select(func.count()).select_from(Share)) == 0


def test_the_recipient_s_answer_names_neither_case_nor_lead_nor_record_nor_person(
    task_force: TaskForce,
) -> None:
    things = task_force.things()
    reply = task_force.program("recipient").get(f"/api/v1/shares/{things['share_id']}")
    page = task_force.browser("recipient").get(f"/shares/{things['share_id']}").text
    owner = task_force.program("investigator")
    record = owner.get(f"/api/v1/leads/{things['lead_id']}/records").json["items"][0]
    person = task_force.people["investigator"]
    for secret in (things["case_id"], things["lead_id"], person.person_id, person.email):
        assert str(secret) not in reply.text + page
    assert f'"{record["external_id"]}"' not in reply.text


def test_sharing_reading_and_taking_back_are_in_the_audit_log(task_force: TaskForce) -> None:
    share = task_force.share(task_force.case())
    task_force.program("recipient").get(f"/api/v1/shares/{share}")
    task_force.program("stranger").get(f"/api/v1/shares/{share}")
    task_force.program("investigator").delete(f"/api/v1/shares/{share}")
    with task_force.database(Role.OWNER).transaction(NOBODY) as session:
        session.execute(text("SET LOCAL row_security = off"))
        entries = session.execute(
            select(AuditEntry.organisation_id, AuditEntry.tag)
            .where(
                (AuditEntry.subject == f"share {share}") | (AuditEntry.detail["share"].astext == str(share))
            )
            .order_by(AuditEntry.id)
        ).all()
    police, ngo = task_force.police.id, task_force.ngo.id
    assert [tuple(entry) for entry in entries] == [
        (police, "share.create"),
        (ngo, "share.read"),
        (police, "share.revoke"),
    ]


def test_a_file_of_an_absent_share_is_not_there(task_force: TaskForce) -> None:
    assert task_force.browser("recipient").post(f"/shares/{uuid4()}/document").status_code == 404
