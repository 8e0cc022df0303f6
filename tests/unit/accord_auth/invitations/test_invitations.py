"""Invitations: bound to address and role, hashed, used once, and only while the inviter still may invite."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD

from accord_auth.access.causes import Cause, of_membership, of_organisation, of_person
from accord_auth.access.service import end_access
from accord_auth.errors import AccordError, Conflict, Invalid, NotFound, PermissionDenied, SignInFailed
from accord_auth.invitations.accepting import NETWORK, InvitationOver, accept, look_at
from accord_auth.invitations.service import Invited, hash_of, invite, resend, waiting, withdraw
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.memberships.service import change_roles, find_by_email, people_here, remove_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.service import resolve
from accord_auth.sessions.signing_in import ACCOUNT
from accord_auth.throttling.service import TooManyTries
from accord_config.database import Role

ADMIN, ANALYST = PersonRole.ORGANISATION_ADMIN, PersonRole.ANALYST
NEWCOMER = "new@example.org"


@pytest.fixture
def admin(organisations: Any, principal_of: Any) -> Principal:
    made: Principal = principal_of(organisations.company, ADMIN)
    principal_of(organisations.company, ADMIN, email="second@example.org")
    return made


@pytest.fixture
def asked(gate: Any, admin: Principal) -> Invited:
    """An invitation of a newcomer to the company's analysts."""
    return ask(gate, admin)


def ask(gate: Any, who: Principal, email: str = NEWCOMER, role: PersonRole = ANALYST, **more: Any) -> Invited:
    where = {"organisation_id": who.organisation_id} | more
    made: Invited = gate(invite, who, email=email, role=role, **where)
    return made


@pytest.fixture
def taking(database: Any) -> Any:
    """Accepts an invitation: `taking(token)`."""

    def taking(token: str, *, name: str = "New Person", password: str = PASSWORD) -> Any:
        return accept(database(Role.GATE), token, name=name, password=password, hours=1)

    return taking


def over(database: Any, taking: Any, token: str) -> bool:
    """Whether a link leads to nothing, looked at and accepted."""
    for attempt in (lambda: look_at(database(Role.GATE), token), lambda: taking(token)):
        with pytest.raises(InvitationOver):
            attempt()
    return True


# --- inviting ----------------------------------------------------------------------------------------


def test_an_invitation_makes_a_person_with_the_role_and_signs_them_in(
    gate: Any, admin: Principal, asked: Invited, taking: Any, database: Any
) -> None:
    offer = look_at(database(Role.GATE), asked.token)
    assert (offer.email, offer.role, offer.organisation, offer.known) == (
        NEWCOMER,
        ANALYST,
        "Marlin Social",
        False,
    )
    principal = gate(resolve, taking(asked.token).token)
    assert (principal.email, principal.roles, principal.organisation_id) == (
        NEWCOMER,
        {ANALYST},
        admin.organisation_id,
    )
    assert gate(waiting, admin) == []
    assert over(database, taking, asked.token)


def test_only_the_hash_of_a_token_is_kept(asked: Invited, database: Any) -> None:
    with database(Role.OWNER).engine.connect() as connection:
        row = connection.execute(text("SELECT invitations::text, token_hash FROM invitations")).one()
        logged = connection.execute(text("SELECT string_agg(detail::text, '') FROM audit_entries")).scalar()
    assert asked.token not in row[0]
    assert bytes(row[1]) == hash_of(asked.token)
    assert asked.token not in logged
    assert len(asked.token) >= 43


def test_nobody_invites_to_more_than_they_have_or_to_elsewhere(
    gate: Any, admin: Principal, organisations: Any, principal_of: Any
) -> None:
    analyst = principal_of(organisations.company, ANALYST)
    with pytest.raises(PermissionDenied):
        ask(gate, analyst)
    with pytest.raises(PermissionDenied):
        ask(gate, admin, role=PersonRole.PLATFORM_ADMIN)
    for elsewhere in (organisations.police.id, None, uuid4()):
        with pytest.raises(NotFound):
            ask(gate, admin, organisation_id=elsewhere)
    with pytest.raises(PermissionDenied):
        ask(gate, PLATFORM_OPERATOR, role=ANALYST)


def test_a_platform_admin_invites_an_organisation_s_first_admin_and_no_other(
    gate: Any, organisations: Any, principal_of: Any, database: Any
) -> None:
    police = organisations.police
    made = ask(gate, PLATFORM_OPERATOR, role=ADMIN, organisation_id=police.id)
    assert [found.id for found in gate(waiting, police.operator)] == [made.id]
    with pytest.raises(NotFound):
        ask(gate, PLATFORM_OPERATOR, "other@example.org", ANALYST, organisation_id=police.id)
    principal_of(police, ADMIN)
    with pytest.raises(NotFound):
        ask(gate, PLATFORM_OPERATOR, "other@example.org", ADMIN, organisation_id=police.id)
    with database(Role.OWNER).engine.connect() as connection:
        query = text("SELECT organisation_id FROM audit_entries WHERE tag = 'invitation.create'")
        assert connection.execute(query).scalars().all() == [police.id]


def test_who_is_invited_or_has_the_role_is_not_invited_again(
    gate: Any, admin: Principal, asked: Invited, taking: Any, change: Any
) -> None:
    with pytest.raises(Conflict, match="invited already"):
        ask(gate, admin, NEWCOMER.upper())
    change("UPDATE invitations SET expires_at = now()")
    again = ask(gate, admin)
    taking(again.token)
    with pytest.raises(Conflict, match="this role already"):
        ask(gate, admin)
    ask(gate, admin, role=PersonRole.AUDITOR)


@pytest.mark.parametrize(
    "email", ["", "no address", "two@at@example.org", "nul\x00@example.org", "a b@example.org"]
)
def test_an_address_that_is_none_is_refused(email: str, gate: Any, admin: Principal) -> None:
    with pytest.raises(Invalid) as refused:
        ask(gate, admin, email)
    assert list(refused.value.fields) == ["email"]


# --- ending ------------------------------------------------------------------------------------------


def test_sending_again_kills_the_older_link(
    gate: Any, admin: Principal, asked: Invited, taking: Any, database: Any
) -> None:
    newer = gate(resend, admin, asked.id)
    assert over(database, taking, asked.token)
    assert taking(newer.token)


def test_an_expired_invitation_is_sent_again_and_holds(
    gate: Any, admin: Principal, asked: Invited, taking: Any, database: Any, change: Any
) -> None:
    change("UPDATE invitations SET expires_at = now() - interval '1 second'")
    assert over(database, taking, asked.token)
    assert [found.expired for found in gate(waiting, admin)] == [True]
    assert taking(gate(resend, admin, asked.id).token)


def test_a_withdrawn_invitation_leads_to_nothing(
    gate: Any, admin: Principal, asked: Invited, taking: Any, database: Any
) -> None:
    gate(withdraw, admin, asked.id)
    assert over(database, taking, asked.token)
    for attempt in (withdraw, resend):
        with pytest.raises(NotFound):
            gate(attempt, admin, asked.id)


def test_nobody_else_s_invitation_is_sent_or_withdrawn(
    gate: Any, asked: Invited, organisations: Any, principal_of: Any
) -> None:
    foreign = principal_of(organisations.police, ADMIN)
    for attempt in (withdraw, resend):
        with pytest.raises(NotFound):
            gate(attempt, foreign, asked.id)
    assert gate(waiting, foreign) == []


def _removed(gate: Any, admin: Principal, organisations: Any) -> None:
    operator = organisations.company.operator
    gate(remove_person, operator, admin.person_id)


def _lowered(gate: Any, admin: Principal, organisations: Any) -> None:
    operator = organisations.company.operator
    gate(change_roles, operator, admin.person_id, [ANALYST])


def _lowered_in_silence(gate: Any, admin: Principal, organisations: Any) -> None:
    gate(
        lambda session: session.execute(
            text("UPDATE role_assignments SET role = 'analyst' WHERE person_id = :id"),
            {"id": admin.person_id},
        )
    )


def _disabled_in_silence(gate: Any, admin: Principal, organisations: Any) -> None:
    gate(
        lambda session: session.execute(
            text("UPDATE people SET status = 'disabled' WHERE id = :id"), {"id": admin.person_id}
        )
    )


def _suspended_in_silence(gate: Any, admin: Principal, organisations: Any) -> None:
    gate(lambda session: session.execute(text("UPDATE organisations SET status = 'suspended'")))


@pytest.mark.parametrize(
    "lose", [_removed, _lowered, _lowered_in_silence, _disabled_in_silence, _suspended_in_silence]
)
def test_the_inviter_s_rights_are_checked_again_when_it_is_accepted(
    lose: Any, gate: Any, admin: Principal, asked: Invited, taking: Any, database: Any, organisations: Any
) -> None:
    lose(gate, admin, organisations)
    assert over(database, taking, asked.token)
    assert NEWCOMER not in {one.email for one in gate(people_here, organisations.company.operator)}


def test_an_invitation_outlives_its_inviter_when_another_admin_sends_it_again(
    gate: Any, admin: Principal, asked: Invited, taking: Any, organisations: Any
) -> None:
    second = gate(find_by_email, admin, "second@example.org")
    other = type(admin)(**{**vars(admin), "person_id": second.id, "email": second.email})
    newer = gate(resend, other, asked.id)
    gate(remove_person, other, admin.person_id)
    assert taking(newer.token)


# --- accepting ---------------------------------------------------------------------------------------


def test_of_many_who_accept_at_once_one_succeeds(
    asked: Invited, taking: Any, gate: Any, admin: Principal
) -> None:
    together = Barrier(6)

    def attempt(_: int) -> str:
        together.wait()
        try:
            taking(asked.token)
        except AccordError as error:
            return type(error).__name__
        return "in"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(attempt, range(6)))
    assert outcomes == ["InvitationOver"] * 5 + ["in"]
    assert [one.email for one in gate(people_here, admin)].count(NEWCOMER) == 1


def test_who_has_an_account_accepts_with_its_password_and_keeps_name_and_other_places(
    gate: Any, admin: Principal, organisations: Any, principal_of: Any, taking: Any, database: Any
) -> None:
    known = principal_of(organisations.police, PersonRole.INVESTIGATOR, email="known@example.org")
    asked = ask(gate, admin, "known@example.org")
    assert look_at(database(Role.GATE), asked.token).known
    with pytest.raises(SignInFailed):
        taking(asked.token, name="Somebody Else", password="a wrong password")
    principal = gate(resolve, taking(asked.token, name="Somebody Else").token)
    assert (principal.person_id, principal.person_name) == (known.person_id, known.person_name)
    assert principal.roles == {ANALYST}
    assert gate(find_by_email, organisations.police.operator, "known@example.org").roles == known.roles


def test_who_belongs_nowhere_any_more_comes_back_with_the_old_password(
    gate: Any, admin: Principal, organisations: Any, principal_of: Any, taking: Any
) -> None:
    gone = principal_of(organisations.company, ANALYST, email="gone@example.org")
    gate(remove_person, admin, gone.person_id)
    asked = ask(gate, admin, "gone@example.org")
    assert gate(resolve, taking(asked.token).token).person_id == gone.person_id


def test_a_disabled_person_accepts_nothing(
    gate: Any, admin: Principal, organisations: Any, principal_of: Any, taking: Any, change: Any
) -> None:
    principal_of(organisations.police, ANALYST, email="known@example.org")
    asked = ask(gate, admin, "known@example.org")
    change("UPDATE people SET status = 'disabled' WHERE email = 'known@example.org'")
    with pytest.raises(SignInFailed):
        taking(asked.token)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"name": ""}, "name"), ({"name": "nul\x00"}, "name"), ({"password": "short"}, "password")],
)
def test_a_name_or_password_that_will_not_do_leaves_the_invitation_open(
    given: dict[str, str], field: str, asked: Invited, taking: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        taking(asked.token, **given)
    assert list(refused.value.fields) == [field]
    assert taking(asked.token)


@pytest.mark.parametrize("token", ["", "x", "nul\x00", "half\ud83d", "x" * 5000])
def test_a_token_of_nothing_leads_to_nothing(token: str, database: Any, taking: Any) -> None:
    assert over(database, taking, token)


def test_passwords_at_an_invitation_count_with_those_at_sign_in(
    gate: Any, admin: Principal, organisations: Any, principal_of: Any, taking: Any
) -> None:
    principal_of(organisations.police, ANALYST, email="known@example.org")
    asked = ask(gate, admin, "known@example.org")
    for _ in range(ACCOUNT.tries):
        with pytest.raises(SignInFailed):
            taking(asked.token, password="a wrong password")
    with pytest.raises(TooManyTries):
        taking(asked.token)


def test_looks_from_one_network_are_limited(database: Any, asked: Invited, change: Any) -> None:
    look_at(database(Role.GATE), asked.token)
    change("UPDATE throttles SET clear_at = now() + :per", per=NETWORK.per)
    for token in (asked.token, "of nothing"):
        with pytest.raises(TooManyTries):
            look_at(database(Role.GATE), token)


@pytest.mark.parametrize("whose", ["inviter", "invited", "inviter's place", "organisation"])
def test_ending_access_withdraws_invitations_to_and_from_whom_it_concerns(
    whose: str, gate: Any, admin: Principal, organisations: Any, principal_of: Any, database: Any, taking: Any
) -> None:
    known = principal_of(organisations.police, ANALYST, email="known@example.org")
    asked = ask(gate, admin, "known@example.org")
    subject, cause = {
        "inviter": (of_person(admin.person_id), Cause.PASSWORD_CHANGED),
        "invited": (of_person(known.person_id), Cause.FACTOR_CHANGED),
        "inviter's place": (of_membership(admin.person_id, admin.organisation_id), Cause.REVIEW_LAPSED),
        "organisation": (of_organisation(admin.organisation_id), Cause.ORGANISATION_LEFT),
    }[whose]
    assert gate(end_access, admin, subject, cause).counts["invitation"] == 1
    assert over(database, taking, asked.token)
