"""Signing in is limited for accounts and networks, known or not, and answers alike."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD

from accord_auth.audit.service import NOWHERE, Where, act_from
from accord_auth.errors import NotFound, SignInFailed
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_auth.sessions.freshness import ProofNeeded, is_fresh, require_fresh
from accord_auth.sessions.service import SignIn, resolve, resolve_session
from accord_auth.sessions.signing_in import ACCOUNT, NETWORK, prove, sign_in, switch
from accord_auth.throttling.service import TooManyTries
from accord_config.database import Role

ADDRESS = "ada@example.org"
WRONG = "a wrong password"


@pytest.fixture
def ada(organisations: Any, principal_of: Any) -> Principal:
    made: Principal = principal_of(organisations.company, PersonRole.INVESTIGATOR, email=ADDRESS)
    return made


@pytest.fixture
def attempt(database: Any) -> Any:
    """Tries to sign in: `attempt(password)`, of Ada unless somebody else is named, from an address."""

    def attempt(
        password: str, email: str = ADDRESS, *, organisation: str = "", address: str = "192.0.2.1"
    ) -> Any:
        act_from(Where(address, "test"))
        try:
            return sign_in(
                database(Role.GATE), email=email, password=password, organisation=organisation, hours=1
            )
        finally:
            act_from(NOWHERE)

    return attempt


def outcome(attempt: Any, *arguments: Any, **named: Any) -> str:
    try:
        attempt(*arguments, **named)
    except (SignInFailed, TooManyTries) as error:
        return f"{type(error).__name__}: {error}"
    return "in"


@pytest.mark.parametrize("email", [ADDRESS, "nobody@example.org", "no address", "nul\x00@example.org"])
def test_an_account_is_locked_after_too_many_tries_whether_there_is_one_or_not(
    email: str, ada: Principal, attempt: Any
) -> None:
    said = [outcome(attempt, WRONG, email) for _ in range(ACCOUNT.tries + 2)]
    assert len(set(said[: ACCOUNT.tries])) == 1
    assert said[0].startswith("SignInFailed")
    assert {line.split(":")[0] for line in said[ACCOUNT.tries :]} == {"TooManyTries"}
    assert outcome(attempt, PASSWORD, email).startswith("TooManyTries")
    assert outcome(attempt, PASSWORD, email.upper(), address="192.0.2.99").startswith("TooManyTries")


def test_the_right_password_forgets_the_wrong_ones(ada: Principal, attempt: Any) -> None:
    for _ in range(3):
        for _ in range(ACCOUNT.tries - 1):
            assert outcome(attempt, WRONG).startswith("SignInFailed")
        assert outcome(attempt, PASSWORD) == "in"


def test_one_network_cannot_try_one_password_on_many_accounts(
    ada: Principal, attempt: Any, change: Any
) -> None:
    assert outcome(attempt, WRONG, "one@example.org", address="2001:db8::1").startswith("SignInFailed")
    # As if all the network's tries had just been made, for other accounts than the next ones.
    change("UPDATE throttles SET clear_at = now() + :per", per=NETWORK.per)
    assert outcome(attempt, WRONG, "two@example.org", address="2001:db8::2").startswith("TooManyTries")
    assert outcome(attempt, PASSWORD, address="2001:db8::3").startswith("TooManyTries")
    assert outcome(attempt, PASSWORD, address="2001:db8:1::1") == "in"


def test_signing_in_often_is_no_guessing(ada: Principal, attempt: Any) -> None:
    for _ in range(ACCOUNT.tries + 5):
        assert isinstance(attempt(PASSWORD), SignIn)


def test_parallel_guesses_are_counted_each(ada: Principal, attempt: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: outcome(attempt, WRONG).split(":")[0], range(ACCOUNT.tries * 2)))
    assert said.count("SignInFailed") == ACCOUNT.tries


def test_a_sign_in_is_in_the_log_of_the_organisation_acted_for(
    ada: Principal, attempt: Any, database: Any
) -> None:
    attempt(PASSWORD)
    query = "SELECT organisation_id, person_id, address FROM audit_entries WHERE tag = 'session.start'"
    with database(Role.OWNER).engine.connect() as connection:
        assert connection.execute(text(query)).all() == [(ada.organisation_id, ada.person_id, "192.0.2.1")]


def test_a_fresh_sign_in_is_a_proof_until_it_is_old_and_the_password_renews_it(
    ada: Principal, attempt: Any, database: Any, gate: Any, change: Any
) -> None:
    token = attempt(PASSWORD).token
    signed_in = gate(resolve_session, token)
    assert require_fresh(signed_in) == signed_in
    change("UPDATE sessions SET proved_at = now() - interval '11 minutes'")
    signed_in = gate(resolve_session, token)
    assert not is_fresh(signed_in)
    for stale in (signed_in, None):
        with pytest.raises(ProofNeeded):
            require_fresh(stale)
    with pytest.raises(SignInFailed):
        prove(database(Role.GATE), signed_in, WRONG)
    assert not is_fresh(gate(resolve_session, token))
    prove(database(Role.GATE), signed_in, PASSWORD)
    assert is_fresh(gate(resolve_session, token))


def test_guesses_at_the_second_proof_count_with_those_at_sign_in(
    ada: Principal, attempt: Any, database: Any, gate: Any
) -> None:
    signed_in = gate(resolve_session, attempt(PASSWORD).token)
    for _ in range(ACCOUNT.tries):
        with pytest.raises(SignInFailed):
            prove(database(Role.GATE), signed_in, WRONG)
    with pytest.raises(TooManyTries):
        prove(database(Role.GATE), signed_in, PASSWORD)
    assert outcome(attempt, PASSWORD).startswith("TooManyTries")


# --- several organisations ---------------------------------------------------------------------------


@pytest.fixture
def of_two(ada: Principal, gate: Any, organisations: Any) -> Principal:
    """Ada is an analyst of the police unit as well."""
    place = {"role": PersonRole.ANALYST, "organisation_id": organisations.police.id}
    gate(assign_role, person_id=ada.person_id, **place)
    return ada


def test_switching_is_a_new_session_for_exactly_one_other_organisation(
    of_two: Principal, attempt: Any, gate: Any, organisations: Any
) -> None:
    old = attempt(PASSWORD, organisation="marlin")
    before = gate(resolve_session, old.token)
    new = gate(switch, before, "northgate")
    after = gate(resolve_session, new.token)
    assert gate(resolve, old.token) is None
    assert new.token != old.token
    assert after.session_id != before.session_id
    assert after.principal.organisation_id == organisations.police.id
    assert after.principal.roles == {PersonRole.ANALYST}
    assert not after.principal.permissions - before.principal.permissions
    assert after.principal.permissions != before.principal.permissions
    assert (after.expires_at, after.proved_at) == (before.expires_at, before.proved_at)


@pytest.mark.parametrize("slug", ["harbor", "nowhere", "platform", ""])
def test_nobody_switches_to_where_nobody_is_somebody(
    slug: str, of_two: Principal, attempt: Any, gate: Any
) -> None:
    token = attempt(PASSWORD, organisation="marlin").token
    signed_in = gate(resolve_session, token)
    with pytest.raises(NotFound):
        gate(switch, signed_in, slug)
    assert gate(resolve, token) is not None


def test_a_session_that_was_ended_cannot_be_switched(
    of_two: Principal, attempt: Any, gate: Any, change: Any
) -> None:
    signed_in = gate(resolve_session, attempt(PASSWORD, organisation="marlin").token)
    change("DELETE FROM sessions")
    with pytest.raises(NotFound):
        gate(switch, signed_in, "northgate")
