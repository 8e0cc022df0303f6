"""One's own account: sessions that can be seen and ended, a password that can be changed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import PASSWORD

from accord_auth.accounts.service import (
    change_password,
    end_other_sessions,
    end_own_session,
    own_sessions,
    preview_password_change,
)
from accord_auth.errors import Invalid, NotFound, SignInFailed
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.service import resolve, resolve_session
from accord_auth.sessions.signing_in import sign_in
from accord_config.database import Role

NEW = "another long password"


@pytest.fixture
def start(database: Any, gate: Any, organisations: Any, principal_of: Any) -> Any:
    """Starts a session of Ada, who belongs to two organisations: `start("northgate")` gives its token."""
    ada = principal_of(organisations.company, PersonRole.INVESTIGATOR, email="ada@example.org")
    place = {"role": PersonRole.ANALYST, "organisation_id": organisations.police.id}
    gate(assign_role, person_id=ada.person_id, **place)

    def start(slug: str = "marlin", password: str = PASSWORD, email: str = "ada@example.org") -> str:
        asked = {"email": email, "password": password, "organisation": slug, "hours": 1}
        started = sign_in(database(Role.GATE), **asked, user_agent="Test/1")
        assert not isinstance(started, list)
        return started.token

    return start


def test_one_sees_one_s_own_sessions_wherever_they_act_and_nobody_else_s(
    start: Any, gate: Any, principal_of: Any, organisations: Any
) -> None:
    principal_of(organisations.company, PersonRole.ANALYST, email="grace@example.org")
    start(email="grace@example.org")
    start("northgate")
    here = gate(resolve_session, start())
    seen = gate(own_sessions, here)
    assert [(one.organisation, one.current) for one in seen] == [
        ("Marlin Social", True),
        ("Northgate Police", False),
    ]
    assert {one.user_agent for one in seen} == {"Test/1"}


def test_one_ends_one_s_own_session_and_nobody_else_s(
    start: Any, gate: Any, principal_of: Any, organisations: Any
) -> None:
    principal_of(organisations.company, PersonRole.ANALYST, email="grace@example.org")
    foreign, other, token = start(email="grace@example.org"), start(), start()
    here = gate(resolve_session, token)
    with pytest.raises(NotFound):
        gate(end_own_session, here, gate(resolve_session, foreign).session_id)
    gate(end_own_session, here, gate(resolve_session, other).session_id)
    assert [gate(resolve, one) is not None for one in (foreign, other, token)] == [True, False, True]


def test_all_others_end_and_nothing_but_sessions(start: Any, gate: Any) -> None:
    others, token = [start(), start("northgate")], start()
    assert gate(end_other_sessions, gate(resolve_session, token)).counts == {"session": 2}
    assert [gate(resolve, one) for one in others] == [None, None]
    assert gate(resolve, token) is not None


def test_another_password_ends_what_was_begun_with_the_old_one(start: Any, gate: Any) -> None:
    others, token = [start(), start("northgate")], start()
    here = gate(resolve_session, token)
    expected = gate(preview_password_change, here)
    assert gate(change_password, here, NEW) == expected
    assert expected.counts["session"] == 2
    assert [gate(resolve, one) for one in others] == [None, None]
    assert gate(resolve, token) is not None
    with pytest.raises(SignInFailed):
        start(password=PASSWORD)
    assert start(password=NEW)


@pytest.mark.parametrize("new", ["too short", "x" * 1001, PASSWORD])
def test_a_password_that_will_not_do_changes_nothing(new: str, start: Any, gate: Any) -> None:
    other, here = start(), gate(resolve_session, start())
    with pytest.raises(Invalid) as refused:
        gate(change_password, here, new)
    assert list(refused.value.fields) == ["new_password"]
    assert gate(resolve, other) is not None
