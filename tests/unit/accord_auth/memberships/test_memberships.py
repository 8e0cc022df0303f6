"""Who changes whose roles: no more than one has, nobody higher or foreign, and the last admin stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD

from accord_auth.errors import AccordError, Conflict, Invalid, NotFound, PermissionDenied, SignInFailed
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.memberships.service import (
    IDLE,
    change_roles,
    find_by_email,
    find_person,
    people_here,
    preview_removal,
    remove_person,
    set_disabled,
)
from accord_auth.people.granting import grantable
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import ROLES
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.service import choices, resolve, resolve_session, start_session, switch_session
from accord_config.database import NOBODY, Role

ADMIN, ANALYST, AUDITOR = PersonRole.ORGANISATION_ADMIN, PersonRole.ANALYST, PersonRole.AUDITOR


@pytest.fixture
def admin(organisations: Any, principal_of: Any) -> Principal:
    """An admin of the company."""
    made: Principal = principal_of(organisations.company, ADMIN)
    return made


@pytest.fixture
def analyst(organisations: Any, principal_of: Any) -> Principal:
    """An analyst of the company."""
    made: Principal = principal_of(organisations.company, ANALYST)
    return made


def signed_in(gate: Any, person: Principal) -> str:
    person_id, found = gate(choices, email=person.email, password=PASSWORD)
    token: str = gate(start_session, person_id=person_id, choice=found[0], hours=1).token
    return token


def roles_of(gate: Any, who: Principal, person: Principal) -> set[str]:
    return {role.value for role in gate(find_person, who, person.person_id).roles}


def entries(database: Any, tag: str) -> list[Any]:
    query = text("SELECT organisation_id, before, after, why FROM audit_entries WHERE tag = :tag ORDER BY id")
    with database(Role.OWNER).engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query, {"tag": tag})]


# --- seeing ------------------------------------------------------------------------------------------


def test_one_sees_who_belongs_here_and_nobody_of_elsewhere(
    gate: Any, admin: Principal, analyst: Principal, organisations: Any, principal_of: Any
) -> None:
    foreign = principal_of(organisations.police, ANALYST)
    assert {one.email for one in gate(people_here, admin)} == {admin.email, analyst.email}
    for person_id in (foreign.person_id, uuid4()):
        with pytest.raises(NotFound):
            gate(find_person, admin, person_id)
    with pytest.raises(NotFound):
        gate(find_by_email, admin, foreign.email)
    with pytest.raises(PermissionDenied):
        gate(people_here, analyst)


def test_a_sign_in_elsewhere_is_not_seen_here(
    gate: Any, admin: Principal, analyst: Principal, organisations: Any
) -> None:
    police = organisations.police
    gate(assign_role, person_id=analyst.person_id, role=AUDITOR, organisation_id=police.id)
    token = signed_in(gate, analyst)
    here = gate(find_person, admin, analyst.person_id).last_sign_in_at
    assert here is not None
    assert gate(find_person, police.operator, analyst.person_id).last_sign_in_at is None
    gate(switch_session, gate(resolve_session, token), "northgate")
    assert gate(find_person, police.operator, analyst.person_id).last_sign_in_at > here
    assert gate(find_person, admin, analyst.person_id).last_sign_in_at == here


def test_an_account_without_a_sign_in_for_ninety_days_is_idle(
    gate: Any, admin: Principal, analyst: Principal
) -> None:
    now = datetime.now(UTC)
    unused = gate(find_person, admin, analyst.person_id)
    assert not unused.idle(now)
    assert unused.idle(now + IDLE + timedelta(days=1))
    signed_in(gate, analyst)
    assert not gate(find_person, admin, analyst.person_id).idle(now + IDLE - timedelta(hours=1))


# --- changing ----------------------------------------------------------------------------------------


def test_a_raised_role_ends_nothing_and_a_lowered_one_ends_the_sessions(
    gate: Any, database: Any, admin: Principal, analyst: Principal
) -> None:
    token = signed_in(gate, analyst)
    raised = [ANALYST, PersonRole.INVESTIGATOR]
    assert gate(change_roles, admin, analyst.person_id, raised) is None
    assert gate(resolve, token).roles == set(raised)
    ended = gate(change_roles, admin, analyst.person_id, [AUDITOR], "other work")
    assert ended.counts["session"] == 1
    assert gate(resolve, token) is None
    assert roles_of(gate, admin, analyst) == {"auditor"}
    assert entries(database, "person.roles")[1] == (
        admin.organisation_id,
        {"roles": ["analyst", "investigator"]},
        {"roles": ["auditor"]},
        "other work",
    )


def test_a_removed_person_is_gone_here_and_stays_elsewhere(
    gate: Any, database: Any, admin: Principal, analyst: Principal, organisations: Any
) -> None:
    police = organisations.police
    gate(assign_role, person_id=analyst.person_id, role=AUDITOR, organisation_id=police.id)
    token = signed_in(gate, analyst)
    expected = gate(preview_removal, admin, gate(find_person, admin, analyst.person_id))
    assert gate(remove_person, admin, analyst.person_id, "moved") == expected
    assert gate(resolve, token) is None
    with pytest.raises(NotFound):
        gate(find_person, admin, analyst.person_id)
    assert roles_of(gate, police.operator, analyst) == {"auditor"}
    (entry,) = entries(database, "person.remove")
    assert entry[1] == {"roles": ["analyst"], "email": analyst.email}


def test_nobody_gives_more_than_they_have(gate: Any, admin: Principal, analyst: Principal) -> None:
    assert grantable(admin) == {role for role in PersonRole if not role.value.startswith("platform")}
    for role in (PersonRole.PLATFORM_ADMIN, PersonRole.PLATFORM_AUDITOR):
        with pytest.raises(PermissionDenied, match="platform"):
            gate(change_roles, admin, analyst.person_id, [role])
    assert grantable(analyst) == frozenset()
    assert all(ROLES[role] <= PLATFORM_OPERATOR.permissions for role in grantable(PLATFORM_OPERATOR))
    assert grantable(PLATFORM_OPERATOR) == {PersonRole.PLATFORM_ADMIN, PersonRole.PLATFORM_AUDITOR}


def test_who_may_do_less_or_nothing_about_people_changes_nobody(
    gate: Any, admin: Principal, analyst: Principal, organisations: Any, principal_of: Any
) -> None:
    foreign = principal_of(organisations.police, ADMIN)
    for who, expected in ((analyst, PermissionDenied), (foreign, NotFound), (PLATFORM_OPERATOR, NotFound)):
        for attempt in (remove_person, lambda *given: change_roles(*given, [AUDITOR])):
            with pytest.raises(expected):
                gate(attempt, who, admin.person_id)
    assert roles_of(gate, admin, admin) == {"organisation_admin"}


def test_nobody_changes_or_removes_themselves(
    gate: Any, admin: Principal, organisations: Any, principal_of: Any
) -> None:
    principal_of(organisations.company, ADMIN, email="second@example.org")
    for attempt in (remove_person, lambda *given: change_roles(*given, [ADMIN, AUDITOR])):
        with pytest.raises(PermissionDenied, match="another admin"):
            gate(attempt, admin, admin.person_id)


def test_somebody_without_any_role_is_removed_and_not_changed(
    gate: Any, admin: Principal, analyst: Principal
) -> None:
    with pytest.raises(Invalid, match="remove the person"):
        gate(change_roles, admin, analyst.person_id, [])


def test_the_operator_disables_an_account_everywhere_and_enables_it_again(
    gate: Any, database: Any, admin: Principal, analyst: Principal
) -> None:
    token = signed_in(gate, analyst)
    for who in (admin, type(admin)(**{**vars(PLATFORM_OPERATOR), "person_id": admin.person_id})):
        with pytest.raises(PermissionDenied):
            gate(set_disabled, who, analyst.email, disabled=True)
    ended = gate(set_disabled, PLATFORM_OPERATOR, analyst.email, disabled=True, reason="lost device")
    assert ended.counts["session"] == 1
    assert gate(resolve, token) is None
    assert not gate(find_person, admin, analyst.person_id).active
    with pytest.raises(SignInFailed):
        signed_in(gate, analyst)
    assert gate(set_disabled, PLATFORM_OPERATOR, analyst.email, disabled=True) is None
    gate(set_disabled, PLATFORM_OPERATOR, analyst.email, disabled=False)
    assert gate(resolve, token) is None
    assert gate(resolve, signed_in(gate, analyst)) is not None
    changes = [(before, after) for _, before, after, _ in entries(database, "person.status")]
    assert changes == [
        ({"status": "active"}, {"status": "disabled"}),
        ({"status": "disabled"}, {"status": "active"}),
    ]
    with pytest.raises(Conflict, match="last admin"):
        gate(set_disabled, PLATFORM_OPERATOR, admin.email, disabled=True)
    with pytest.raises(NotFound):
        gate(set_disabled, PLATFORM_OPERATOR, "nobody@example.org", disabled=True)


# --- the last admin ----------------------------------------------------------------------------------


def platform_admin(gate: Any, email: str) -> Principal:
    def make(session: Any) -> Any:
        person = create_person(session, email=email, name=email.split("@", maxsplit=1)[0], password=PASSWORD)
        assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
        return person.id, person.name

    person_id, name = gate(make)
    return type(PLATFORM_OPERATOR)(
        **{**vars(PLATFORM_OPERATOR), "person_id": person_id, "person_name": name, "email": email}
    )


def test_the_last_admin_of_an_organisation_and_of_the_platform_stay(
    gate: Any, admin: Principal, organisations: Any, change: Any
) -> None:
    root = platform_admin(gate, "root@platform.example.org")
    for who, last in ((organisations.company.operator, admin), (PLATFORM_OPERATOR, root)):
        with pytest.raises(Conflict, match="last admin"):
            gate(remove_person, who, last.person_id)
    with pytest.raises(Conflict, match="last admin"):
        gate(change_roles, organisations.company.operator, admin.person_id, [AUDITOR])
    platform_admin(gate, "second@platform.example.org")
    # Who may not sign in is no admin that is left.
    change("UPDATE people SET status = 'disabled' WHERE email = 'second@platform.example.org'")
    with pytest.raises(Conflict, match="last admin"):
        gate(remove_person, PLATFORM_OPERATOR, root.person_id)


def attempts_at_once(database: Any, pairs: list[tuple[Principal, Principal]]) -> list[str]:
    """What becomes of admins who remove each other at the same moment."""
    together = Barrier(len(pairs))

    def attempt(pair: tuple[Principal, Principal]) -> str:
        together.wait()
        try:
            with database(Role.GATE).transaction(NOBODY) as session:
                remove_person(session, pair[0], pair[1].person_id)  # type: ignore[arg-type]  # it is a person
        except AccordError as error:
            return type(error).__name__
        return "removed"

    with ThreadPoolExecutor(len(pairs)) as pool:
        return sorted(pool.map(attempt, pairs))


@pytest.mark.parametrize("where", ["company", "platform"])
def test_two_admins_who_remove_each_other_at_once_leave_one(
    where: str, database: Any, gate: Any, change: Any, organisations: Any, principal_of: Any
) -> None:
    for number in range(3):
        change("DELETE FROM role_assignments")
        addresses = [f"{name}{number}@example.org" for name in "ab"]
        if where == "company":
            pair = [principal_of(organisations.company, ADMIN, email=address) for address in addresses]
        else:
            pair = [platform_admin(gate, address) for address in addresses]
        first, second = pair
        outcomes = attempts_at_once(database, [(first, second), (second, first)])
        assert outcomes == ["PermissionDenied", "removed"]
        left = gate(lambda session: session.scalars(text("SELECT role FROM role_assignments")).all())
        assert left == [ADMIN if where == "company" else PersonRole.PLATFORM_ADMIN]
