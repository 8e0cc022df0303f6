"""Authenticator apps and recovery codes: each code once, a step of drift, sealed at rest, limited."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest
from sqlalchemy import text
from tests.conftest import Databases
from tests.unit.accord_auth.factors.conftest import KEY, MEANS, NOW, Someone

from accord_auth.accounts import factors
from accord_auth.errors import Conflict, NotFound, SignInFailed
from accord_auth.factors import recovery
from accord_auth.factors.apps import MOST_APPS
from accord_auth.factors.means import Means
from accord_auth.factors.service import HOUR, check_code, factors_of
from accord_auth.sessions.freshness import ProofNeeded
from accord_auth.sessions.pending import Pending, second_code
from accord_auth.sessions.service import SignIn, resolve_session
from accord_auth.throttling.service import TooManyTries
from accord_config.database import Role
from accord_config.sealing import Seals


def enter(someone: Someone, code: str, pending: Pending | None = None) -> Any:
    """The second step of signing in, with a code."""
    begun = pending or someone.begun()
    return second_code(someone.database, MEANS, begun.token, code, hours=1)


def test_with_an_app_the_password_opens_nothing_until_its_code_is_there(someone: Someone) -> None:
    totp = someone.app()
    pending = someone.again()
    assert isinstance(pending, Pending)
    assert someone.run(resolve_session, pending.token) is None
    started = enter(someone, totp.at(NOW), pending)
    assert isinstance(started, SignIn)
    found = someone.run(resolve_session, started.token)
    assert found.amr == ("otp", "pwd")
    with pytest.raises(SignInFailed):
        enter(someone, totp.at(NOW), pending)


def test_a_code_is_taken_once_and_none_that_is_older(someone: Someone) -> None:
    totp = someone.app()
    assert isinstance(enter(someone, totp.at(NOW)), SignIn)
    for code in (totp.at(NOW), totp.at(NOW - 30)):
        with pytest.raises(SignInFailed):
            enter(someone, code)


def test_of_parallel_uses_of_one_code_one_is_let_in(someone: Someone) -> None:
    totp = someone.app()
    code, begun = totp.at(NOW), [someone.begun() for _ in range(6)]

    def use(pending: Any) -> str:
        try:
            return type(enter(someone, code, pending)).__name__
        except SignInFailed:
            return "refused"

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(use, begun))
    assert sorted(told) == ["SignIn", *["refused"] * 5]


def test_a_clock_may_be_one_step_off(someone: Someone) -> None:
    totp = someone.app()
    for step, let in ((-2, False), (-1, True), (1, True), (2, False)):
        someone.rewind()
        try:
            enter(someone, totp.at(NOW + 30 * step))
        except SignInFailed:
            assert not let, step
        else:
            assert let, step


def test_what_is_no_code_is_refused_in_the_same_words(someone: Someone) -> None:
    someone.app()
    wide = "\uff11\uff12\uff13\uff14\uff15\uff16"
    for code in ("", "12345", "1234567", "abcdef", wide, "-1234", "000000\x00"):
        with pytest.raises(SignInFailed, match="does not count"):
            enter(someone, code)


def test_a_secret_lies_sealed_for_its_person_and_under_the_key_of_the_home(someone: Someone) -> None:
    totp = someone.app()
    query = text("SELECT secret FROM authenticator_apps WHERE person_id = :person")
    sealed = someone.run(lambda session: session.scalar(query, {"person": someone.person_id}))
    assert totp.secret.encode() not in sealed
    other = Means(Seals(["another secret, 32 characters or more"]), MEANS.domain, MEANS.origin)
    with pytest.raises(SignInFailed):
        someone.run(check_code, other, someone.person_id, totp.at(NOW))
    keys = ["a new key that is put before the older ones", KEY]
    renewed = Means(Seals(keys), MEANS.domain, MEANS.origin)
    someone.run(check_code, renewed, someone.person_id, totp.at(NOW))


def test_a_secret_that_was_moved_to_somebody_else_opens_for_nobody(someone: Someone, other: Someone) -> None:
    totp = someone.app()
    other.app()
    someone.change(
        "UPDATE authenticator_apps SET secret ="
        " (SELECT secret FROM authenticator_apps WHERE person_id = :person) WHERE person_id = :other",
        other=other.person_id,
    )
    with pytest.raises(SignInFailed):
        other.run(check_code, MEANS, other.person_id, totp.at(NOW))


def test_an_app_counts_from_its_first_right_code_on(someone: Someone) -> None:
    begun = someone.run(factors.begin_app, MEANS, someone.signed_in, "phone")
    assert isinstance(someone.again(), SignIn)
    with pytest.raises(SignInFailed):
        factors.confirm_app(someone.database, MEANS, someone.signed_in, begun.id, "000000")
    assert isinstance(someone.again(), SignIn)
    totp = pyotp.TOTP(begun.secret)
    assert factors.confirm_app(someone.database, MEANS, someone.signed_in, begun.id, totp.at(NOW)).codes
    # The code that set it up is used by that.
    with pytest.raises(SignInFailed):
        enter(someone, totp.at(NOW))


def test_nobody_sets_up_somebody_else_s_app(someone: Someone, other: Someone) -> None:
    begun = someone.run(factors.begin_app, MEANS, someone.signed_in, "phone")
    code = pyotp.TOTP(begun.secret).at(NOW)
    with pytest.raises(NotFound):
        factors.confirm_app(other.database, MEANS, other.signed_in, begun.id, code)
    with pytest.raises(NotFound):
        other.run(factors.app_begun, MEANS, other.signed_in, begun.id)


def test_there_are_few_apps_and_one_that_was_not_finished_is_forgotten(someone: Someone) -> None:
    for number in range(MOST_APPS):
        someone.run(factors.begin_app, MEANS, someone.signed_in, "left behind")
        someone.app(f"phone {number}")
    with pytest.raises(Conflict):
        someone.run(factors.begin_app, MEANS, someone.signed_in, "one too many")
    assert len(someone.run(factors_of, someone.person_id).apps) == MOST_APPS


def test_wrong_codes_are_limited_and_a_right_one_forgets_them(someone: Someone) -> None:
    totp = someone.app()
    for _ in range(HOUR.tries - 1):
        with pytest.raises(SignInFailed):
            enter(someone, "000000")
    enter(someone, totp.at(NOW))
    for _ in range(HOUR.tries):
        with pytest.raises(SignInFailed):
            enter(someone, "000000")
    someone.rewind()
    for code in (totp.at(NOW), "abcd-efgh-abcd-efgh"):
        with pytest.raises(TooManyTries):
            enter(someone, code)


def test_a_wrong_second_factor_is_in_the_log(someone: Someone, module_database: Databases) -> None:
    someone.app()
    with pytest.raises(SignInFailed):
        enter(someone, "000000")
    query = text("SELECT count(*) FROM audit_entries WHERE tag = 'factor.refuse' AND person_id = :person")
    with module_database(Role.OWNER).engine.connect() as connection:
        assert connection.scalar(query, {"person": someone.person_id}) == 1


# --- recovery codes ------------------------------------------------------------------------------------


def codes_of(someone: Someone) -> tuple[str, ...]:
    made: factors.Added = someone.run(factors.renew_codes, someone.signed_in)
    return made.codes


def test_each_recovery_code_signs_in_once(someone: Someone) -> None:
    someone.app()
    codes = codes_of(someone)
    assert len(set(codes)) == recovery.CODES
    started = enter(someone, codes[0].upper().replace("-", " "))
    assert someone.run(resolve_session, started.token).amr == ("pwd", "recovery")
    with pytest.raises(SignInFailed):
        enter(someone, codes[0])
    assert someone.run(recovery.left, someone.person_id) == recovery.CODES - 1


def test_new_recovery_codes_void_the_older_ones_and_run_out(someone: Someone) -> None:
    someone.app()
    old, new = codes_of(someone), codes_of(someone)
    with pytest.raises(SignInFailed):
        enter(someone, old[0])
    for code in new:
        enter(someone, code)
    assert someone.run(recovery.left, someone.person_id) == 0
    with pytest.raises(SignInFailed):
        enter(someone, new[-1])


def test_a_recovery_code_is_its_person_s_and_kept_as_a_hash(someone: Someone, other: Someone) -> None:
    for one in (someone, other):
        one.app()
    code = codes_of(someone)[0]
    with pytest.raises(SignInFailed):
        enter(other, code)
    kept = someone.run(lambda session: session.scalars(text("SELECT code_hash FROM recovery_codes")).all())
    assert all(code.replace("-", "").encode() not in one for one in kept)


def test_recovery_codes_stand_in_for_a_factor_and_go_with_the_last_one(someone: Someone) -> None:
    with pytest.raises(Conflict):
        codes_of(someone)
    someone.app()
    (app,) = someone.run(factors_of, someone.person_id).apps
    someone.run(lambda session: factors.remove_factor(session, someone.signed_in, app.id, platform=False))
    assert someone.run(recovery.left, someone.person_id) == 0
    assert isinstance(someone.again(), SignIn)


@pytest.mark.parametrize("what", ["begin_app", "begin_passkey", "renew_codes", "remove"])
def test_changing_one_s_factors_takes_a_recent_proof(what: str, someone: Someone) -> None:
    someone.app()
    (app,) = someone.run(factors_of, someone.person_id).apps
    someone.change("UPDATE sessions SET proved_at = now() - interval '11 minutes' WHERE person_id = :person")
    acts = {
        "begin_app": lambda session: factors.begin_app(session, MEANS, someone.signed_in, "x"),
        "begin_passkey": lambda session: factors.begin_passkey(session, MEANS, someone.signed_in),
        "renew_codes": lambda session: factors.renew_codes(session, someone.signed_in),
        "remove": lambda session: factors.remove_factor(session, someone.signed_in, app.id, platform=False),
    }
    with pytest.raises(ProofNeeded):
        someone.run(acts[what])
