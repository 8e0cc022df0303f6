"""Emergency readings: asked by one platform admin, approved by another, seen by the member, over in time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from tests.conftest import PASSWORD, Databases, Members
from tests.mail_server import mail_server

from accord.emergencies.jobs import look_after_readings
from accord_auth.access.causes import Cause, of_membership, of_organisation, of_person
from accord_auth.access.service import end_access, preview
from accord_auth.emergencies import service
from accord_auth.emergencies.service import State
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import IN_AN_EMERGENCY, permissions_of
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.service import PLATFORM, resolve, resolve_session, start_session
from accord_config.database import Role

WHY = "A person may be in danger tonight"


@pytest.fixture
def admin_of(gate: Any) -> Any:
    """Makes platform admins by their names."""

    def make(name: str, role: PersonRole = PersonRole.PLATFORM_ADMIN) -> Principal:
        def person(session: Any) -> UUID:
            email = f"{name.lower()}@platform.example.org"
            made = create_person(session, email=email, name=name, password=PASSWORD)
            assign_role(session, person_id=made.id, role=role, organisation_id=None)
            return made.id

        roles = frozenset({role})
        return replace(
            PLATFORM_OPERATOR,
            person_id=gate(person),
            person_name=name,
            roles=roles,
            permissions=permissions_of(roles),
        )

    return make


@pytest.fixture
def pia(admin_of: Any) -> Principal:
    made: Principal = admin_of("Pia")
    return made


@pytest.fixture
def rui(admin_of: Any) -> Principal:
    made: Principal = admin_of("Rui")
    return made


@pytest.fixture
def asked(gate: Any, pia: Principal, organisations: Members) -> UUID:
    found: UUID = gate(service.ask, pia, "northgate", WHY, 4).reading.id
    return found


@pytest.fixture
def signed_in(gate: Any, pia: Principal) -> Any:
    token = gate(start_session, person_id=pia.person_id, choice=PLATFORM, hours=8).token
    return gate(resolve_session, token)


@pytest.fixture
def reader(gate: Any, asked: UUID, rui: Principal, signed_in: Any) -> str:
    """The token with which Pia reads."""
    gate(service.approve, rui, asked)
    token: str = gate(service.begin, signed_in, asked).token
    return token


def log_of(database: Databases, organisation_id: UUID | None) -> list[tuple[Any, ...]]:
    query = text(
        "SELECT tag, actor, why, detail FROM audit_entries"
        " WHERE organisation_id IS NOT DISTINCT FROM :owner AND tag LIKE 'emergency.%' ORDER BY id"
    )
    with database(Role.OWNER).engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query, {"owner": organisation_id})]


def test_who_reads_is_a_principal_of_that_organisation_with_the_reading_s_permissions_alone(
    gate: Any, reader: str, asked: UUID, pia: Principal, organisations: Members
) -> None:
    who = gate(resolve, reader)
    assert (who.organisation_id, who.person_id, who.emergency_id) == (
        organisations.police.id,
        pia.person_id,
        asked,
    )
    assert who.permissions == IN_AN_EMERGENCY
    assert who.roles == frozenset()
    assert (who.scope.organisation_id, who.scope.emergency_id) == (None, asked)


def test_the_session_of_the_platform_is_over_when_reading_begins(
    gate: Any, reader: str, signed_in: Any
) -> None:
    with pytest.raises(NotFound):
        gate(service.begin, signed_in, gate(resolve, reader).emergency_id)


def test_a_reason_and_one_to_twenty_four_hours_are_needed(
    gate: Any, pia: Principal, organisations: Members
) -> None:
    for reason, hours, field in (
        ("", 4, "reason"),
        ("short", 4, "reason"),
        ("a NUL \x00 in the reason", 4, "reason"),
        ("x" * 2_001, 4, "reason"),
        (WHY, 0, "hours"),
        (WHY, 25, "hours"),
    ):
        with pytest.raises(Invalid) as refused:
            gate(service.ask, pia, "northgate", reason, hours)
        assert set(refused.value.fields) == {field}
    with pytest.raises(NotFound):
        gate(service.ask, pia, "nowhere", WHY, 4)


def test_the_database_takes_no_longer_one_and_no_approval_of_one_s_own(
    change: Any, asked: UUID, database: Databases
) -> None:
    with pytest.raises(IntegrityError, match="second_admin"):
        change("UPDATE emergency_readings SET approved_by = asked_by, approved_at = now()")
    with (
        pytest.raises(IntegrityError, match="bounded"),
        database(Role.OWNER).engine.begin() as connection,
    ):
        connection.execute(text("UPDATE emergency_readings SET ends_at = asked_at + interval '25 hours'"))
    for statement in (
        "DELETE FROM emergency_readings",
        "UPDATE emergency_readings SET ends_at = ends_at + interval '1 hour'",
        "UPDATE emergency_readings SET organisation_id = asked_by",
    ):
        with pytest.raises(Exception, match="permission denied"):
            change(statement)


def test_nobody_approves_the_own_one_and_nobody_else_reads_by_it(
    gate: Any, asked: UUID, pia: Principal, rui: Principal
) -> None:
    with pytest.raises(PermissionDenied):
        gate(service.approve, pia, asked)
    with pytest.raises(PermissionDenied):
        gate(service.approve, PLATFORM_OPERATOR, asked)
    gate(service.approve, rui, asked)
    with pytest.raises(Conflict):
        gate(service.approve, rui, asked)
    token = gate(start_session, person_id=rui.person_id, choice=PLATFORM, hours=1).token
    with pytest.raises(PermissionDenied):
        gate(service.begin, gate(resolve_session, token), asked)


def test_nothing_is_read_before_the_approval(gate: Any, asked: UUID, signed_in: Any) -> None:
    with pytest.raises(Conflict):
        gate(service.begin, signed_in, asked)


def test_only_platform_admins_ask_approve_and_end(
    gate: Any, asked: UUID, admin_of: Any, organisations: Members, principal_of: Any
) -> None:
    auditor = admin_of("Ola", PersonRole.PLATFORM_AUDITOR)
    manager = principal_of(organisations.police, PersonRole.ORGANISATION_ADMIN)
    for who in (auditor, manager):
        for act in (
            lambda session, who=who: service.ask(session, who, "harbor", WHY, 4),
            lambda session, who=who: service.approve(session, who, asked),
            lambda session, who=who: service.end(session, who, asked),
        ):
            with pytest.raises(PermissionDenied):
                gate(act)


def test_the_member_sees_its_own_and_another_member_none(
    gate: Any, asked: UUID, organisations: Members, principal_of: Any, rui: Principal
) -> None:
    manager = principal_of(organisations.police, PersonRole.ORGANISATION_ADMIN)
    stranger = principal_of(organisations.company, PersonRole.ORGANISATION_ADMIN)
    assert [one.state for one in gate(service.readings_seen, manager)] == [State.ASKED]
    assert gate(service.in_sight, manager) == 0
    assert gate(service.in_sight, rui) == 1
    gate(service.approve, rui, asked)
    assert gate(service.in_sight, manager) == 1
    assert gate(service.in_sight, rui) == 0
    assert gate(service.readings_seen, stranger) == []
    assert gate(service.in_sight, stranger) == 0
    with pytest.raises(NotFound):
        gate(service.find_reading, stranger, asked)


def test_every_step_stands_in_both_logs(
    gate: Any, reader: str, asked: UUID, rui: Principal, organisations: Members, database: Databases
) -> None:
    gate(service.end, rui, asked)
    steps = ["emergency.ask", "emergency.approve", "emergency.begin", "emergency.end"]
    for owner in (None, organisations.police.id):
        log = log_of(database, owner)
        assert [entry[0] for entry in log] == steps
        assert [entry[1] for entry in log] == ["Pia", "Rui", "Pia", "Rui"]
        assert [entry[2] for entry in log][:2] == [WHY, WHY]
        assert {entry[3]["organisation"] for entry in log} == {"northgate"}
    assert log_of(database, organisations.company.id) == []


def test_it_is_over_at_the_next_use_when_somebody_ends_it(
    gate: Any, reader: str, asked: UUID, rui: Principal
) -> None:
    assert gate(service.end, rui, asked).state is State.ENDED
    assert gate(resolve, reader) is None
    with pytest.raises(Conflict):
        gate(service.end, rui, asked)


def test_it_is_over_at_its_end_even_where_no_job_runs(
    gate: Any, reader: str, asked: UUID, database: Databases, organisations: Members
) -> None:
    with database(Role.OWNER).engine.begin() as connection:
        moved = "asked_at = asked_at - interval '5 hours', ends_at = ends_at - interval '5 hours'"
        connection.execute(text(f"UPDATE emergency_readings SET {moved}"))
    assert gate(resolve, reader) is None
    assert [one.state for one in gate(service.end_due)] == [State.ENDED]
    assert gate(service.end_due) == []
    assert log_of(database, organisations.police.id)[-1][:2] == ("emergency.end", "Accord")


def test_one_that_nobody_approved_can_be_refused_or_lapses(
    gate: Any, asked: UUID, rui: Principal, pia: Principal, database: Databases
) -> None:
    with pytest.raises(Conflict):
        gate(service.ask, pia, "northgate", WHY, 2)
    assert gate(service.end, rui, asked).state is State.REFUSED
    again = gate(service.ask, pia, "northgate", WHY, 2).reading.id
    with database(Role.OWNER).engine.begin() as connection:
        moved = "asked_at = asked_at - interval '5 hours', ends_at = ends_at - interval '5 hours'"
        connection.execute(text(f"UPDATE emergency_readings SET {moved} WHERE ended_at IS NULL"))
    with pytest.raises(Conflict, match="lapsed"):
        gate(service.approve, rui, again)
    assert [one.state for one in gate(service.end_due)] == [State.LAPSED]


def test_who_is_a_platform_admin_no_more_reads_no_more(
    gate: Any, reader: str, pia: Principal, change: Any
) -> None:
    change("DELETE FROM role_assignments WHERE person_id = :p", p=pia.person_id)
    assert gate(resolve, reader) is None
    change("INSERT INTO role_assignments (person_id, role) VALUES (:p, 'platform_auditor')", p=pia.person_id)
    assert gate(resolve, reader) is None


@pytest.mark.parametrize("reach", ["person", "membership"])
def test_it_ends_with_its_reader_s_access_and_the_member_is_told(
    gate: Any,
    reader: str,
    pia: Principal,
    organisations: Members,
    database: Databases,
    reach: str,
) -> None:
    assert pia.person_id is not None
    subject = of_person(pia.person_id) if reach == "person" else of_membership(pia.person_id, None)
    cause = Cause.PERSON_DISABLED if reach == "person" else Cause.REMOVED
    assert gate(preview, subject).counts["emergency reading"] == 1
    gate(end_access, PLATFORM_OPERATOR, subject, cause)
    assert gate(resolve, reader) is None
    assert log_of(database, organisations.police.id)[-1][3] == {"reads": "Pia", "cause": cause.value}


def test_a_suspended_member_s_data_can_be_read_all_the_same(
    gate: Any, reader: str, organisations: Members, change: Any
) -> None:
    change("UPDATE organisations SET status = 'suspended' WHERE slug = 'northgate'")
    gate(
        end_access, PLATFORM_OPERATOR, of_organisation(organisations.police.id), Cause.ORGANISATION_SUSPENDED
    )
    assert gate(resolve, reader) is not None


def test_the_member_s_admins_are_told_by_mail_once_when_it_is_approved(
    gate: Any, asked: UUID, rui: Principal, organisations: Members, principal_of: Any, database: Databases
) -> None:
    manager = principal_of(organisations.police, PersonRole.ORGANISATION_ADMIN)
    principal_of(organisations.police, PersonRole.INVESTIGATOR)
    principal_of(organisations.company, PersonRole.ORGANISATION_ADMIN)
    with mail_server() as (inbox, mailer):
        gate(service.approve, rui, asked)
        inbox.refuses = True
        look_after_readings(database(Role.GATE), mailer, "https://accord.example.org")
        inbox.refuses = False
        for _ in range(2):
            look_after_readings(database(Role.GATE), mailer, "https://accord.example.org")
    (mail,) = inbox.messages
    assert mail["To"] == manager.email
    assert "Pia asked to read the case data of Northgate Police" in mail.get_content()
    assert f"https://accord.example.org/emergencies/{asked}" in mail.get_content()


def test_the_other_platform_admins_are_told_by_mail_once_that_a_request_waits(
    gate: Any,
    asked: UUID,
    rui: Principal,
    admin_of: Any,
    organisations: Members,
    principal_of: Any,
    database: Databases,
) -> None:
    admin_of("Wim", PersonRole.PLATFORM_AUDITOR)
    principal_of(organisations.police, PersonRole.ORGANISATION_ADMIN)
    with mail_server() as (inbox, mailer):
        inbox.refuses = True
        look_after_readings(database(Role.GATE), mailer, "https://accord.example.org")
        inbox.refuses = False
        for _ in range(2):
            look_after_readings(database(Role.GATE), mailer, "https://accord.example.org")
    (mail,) = inbox.messages
    assert mail["To"] == "rui@platform.example.org"
    assert "Pia asks to read the case data of Northgate Police" in mail.get_content()
    assert f"https://accord.example.org/emergencies/{asked}" in mail.get_content()


def test_nobody_is_asked_to_approve_what_is_over(
    gate: Any, asked: UUID, pia: Principal, rui: Principal, database: Databases
) -> None:
    gate(service.end, pia, asked)
    with mail_server() as (inbox, mailer):
        look_after_readings(database(Role.GATE), mailer, "https://accord.example.org")
    assert inbox.messages == []
