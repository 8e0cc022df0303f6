"""Signing in and sessions, against the database: what is taken away is gone at the next request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from accord_auth.errors import Invalid, SignInFailed
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Permission
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.service import PLATFORM, choices, end_session, resolve, start_session

PASSWORD = "a long enough password"
ADDRESS = "ada@marlin.example.org"
SignIn = Callable[..., str]


@pytest.fixture
def ada(organisations: Any, principal_of: Any) -> Principal:
    """An investigator of the company."""
    made: Principal = principal_of(organisations.company, PersonRole.INVESTIGATOR, email=ADDRESS)
    return made


@pytest.fixture
def sign_in(ada: Principal, gate: Any) -> SignIn:
    """Signs Ada in for her first organisation and gives the token."""

    def sign_in(hours: float = 1.0) -> str:
        person_id, found = gate(choices, email=ADDRESS, password=PASSWORD)
        token: str = gate(start_session, person_id=person_id, choice=found[0], hours=hours).token
        return token

    return sign_in


def test_a_token_stands_for_the_person_her_organisation_and_roles(
    sign_in: Any, gate: Any, ada: Principal
) -> None:
    assert gate(resolve, sign_in()) == ada


@pytest.mark.parametrize("address", ["ADA@Marlin.Example.ORG", f"  {ADDRESS} "])
def test_an_address_is_found_however_it_is_written(address: str, ada: Principal, gate: Any) -> None:
    person_id, found = gate(choices, email=address, password=PASSWORD)
    assert (person_id, [choice.slug for choice in found]) == (ada.person_id, ["marlin"])


@pytest.mark.parametrize(
    ("address", "password"),
    [
        (ADDRESS, "another long password"),
        (ADDRESS, ""),
        ("nobody@marlin.example.org", PASSWORD),
        ("", PASSWORD),
        ("a\x00da@marlin.example.org\x00", "wrong"),
        ("%", PASSWORD),
        ("half \ud83d@marlin.example.org", PASSWORD),
        (ADDRESS, "half \ud83d"),
    ],
)
def test_a_wrong_address_or_password_is_refused_in_the_same_words(
    address: str, password: str, ada: Principal, gate: Any
) -> None:
    with pytest.raises(SignInFailed) as refused:
        gate(choices, email=address, password=password)
    assert str(refused.value) == "The e-mail address and the password do not belong together."


def test_a_session_ends_when_its_time_is_over(sign_in: Any, gate: Any, change: Any) -> None:
    token = sign_in()
    change("UPDATE sessions SET expires_at = now() - interval '1 second'")
    assert gate(resolve, token) is None


def test_a_new_sign_in_sweeps_out_sessions_that_are_over(sign_in: Any, gate: Any) -> None:
    over = sign_in(hours=-1)
    live = sign_in()
    count = gate(lambda session: session.scalar(text("SELECT count(*) FROM sessions")))
    assert (gate(resolve, over), count) == (None, 1)
    assert gate(resolve, live) is not None


def test_signing_out_ends_this_session_only(sign_in: Any, gate: Any) -> None:
    first, second = sign_in(), sign_in()
    gate(end_session, first)
    assert gate(resolve, first) is None
    assert gate(resolve, second) is not None


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "\ud83d", "x" * 100_000])
def test_a_token_that_is_none_stands_for_nobody(token: str, sign_in: Any, gate: Any) -> None:
    sign_in()
    assert gate(resolve, token) is None


def test_the_database_does_not_hold_the_token(sign_in: Any, gate: Any) -> None:
    token = sign_in()
    row = gate(lambda session: session.execute(text("SELECT sessions::text FROM sessions")).scalar_one())
    assert token not in row
    assert token.encode().hex() not in row


@pytest.mark.parametrize(
    "taken",
    [
        "UPDATE people SET status = 'disabled'",
        "UPDATE organisations SET status = 'suspended' WHERE slug = 'marlin'",
        "DELETE FROM role_assignments",
        "DELETE FROM sessions",
    ],
)
def test_what_is_taken_away_is_gone_at_the_next_request(
    taken: str, sign_in: Any, gate: Any, change: Any
) -> None:
    token = sign_in()
    assert gate(resolve, token) is not None
    change(taken)
    assert gate(resolve, token) is None


@pytest.mark.parametrize(
    "taken",
    [
        "UPDATE people SET status = 'disabled'",
        "UPDATE organisations SET status = 'suspended' WHERE slug = 'marlin'",
        "DELETE FROM role_assignments",
    ],
)
def test_whoever_may_not_act_cannot_sign_in(taken: str, ada: Principal, gate: Any, change: Any) -> None:
    change(taken)
    with pytest.raises(SignInFailed):
        gate(choices, email=ADDRESS, password=PASSWORD)


def test_a_role_that_is_changed_changes_what_the_next_request_may_do(
    sign_in: Any, gate: Any, change: Any
) -> None:
    token = sign_in()
    assert Permission.CASES_WRITE in gate(resolve, token).permissions
    change("UPDATE role_assignments SET role = 'analyst'")
    assert Permission.CASES_WRITE not in gate(resolve, token).permissions


def test_a_role_in_another_organisation_gives_nothing_here(
    sign_in: Any, gate: Any, change: Any, ada: Principal, organisations: Any
) -> None:
    token = sign_in()
    gate(
        assign_role,
        person_id=ada.person_id,
        role=PersonRole.ORGANISATION_ADMIN,
        organisation_id=organisations.police.id,
    )
    assert gate(resolve, token) == ada
    assert {choice.slug for choice in gate(choices, email=ADDRESS, password=PASSWORD)[1]} == {
        "marlin",
        "northgate",
    }
    change("DELETE FROM role_assignments WHERE role = 'investigator'")
    assert gate(resolve, token) is None


def test_a_platform_administrator_acts_for_no_organisation(gate: Any, organisations: Any) -> None:
    person = gate(create_person, email="root@platform.example.org", name="Root", password=PASSWORD)
    gate(assign_role, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
    _, found = gate(choices, email="root@platform.example.org", password=PASSWORD)
    assert found == [PLATFORM]
    token = gate(start_session, person_id=person.id, choice=PLATFORM, hours=1).token
    principal = gate(resolve, token)
    assert principal.scope.organisation_id is None


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [
        ("no address", PASSWORD, "email"),
        ("two@at@example.org", PASSWORD, "email"),
        ("nul\x00@example.org", PASSWORD, "email"),
        ("half\ud83d@example.org", PASSWORD, "email"),
        ("ada@example.org", "too short", "password"),
    ],
)
def test_an_address_or_password_that_will_not_do_is_refused_by_its_field(
    email: str, password: str, field: str, gate: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        gate(create_person, email=email, name="Somebody", password=password)
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize("name", ["", "  ", "nul\x00", "half \ud83d"])
def test_a_name_that_will_not_do_is_refused_by_its_field(name: str, gate: Any) -> None:
    with pytest.raises(Invalid) as refused:
        gate(create_person, email="ada@example.org", name=name, password=PASSWORD)
    assert list(refused.value.fields) == ["name"]
