"""Passkeys: who is proved, and every way in which an answer must not count."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD, Databases
from tests.soft_passkey import MAY_SYNC, PRESENT, SYNCED, VERIFIED, SoftPasskey
from tests.unit.accord_auth.factors.conftest import MEANS, Someone

from accord_auth.accounts import factors
from accord_auth.errors import Conflict, NotFound, PermissionDenied, SignInFailed
from accord_auth.factors import passkeys
from accord_auth.factors.passkeys import Purpose
from accord_auth.factors.service import factors_of
from accord_auth.sessions.pending import Pending, passkey_options, second_passkey
from accord_auth.sessions.service import SignIn, resolve_session
from accord_auth.sessions.signing_in import prove, prove_by_passkey
from accord_config.database import Role


def alone(someone: Someone, key: SoftPasskey, **changes: Any) -> SignIn:
    """Sign in with a passkey and nothing else."""
    options, begun = passkey_options(someone.database, MEANS, None)
    assert begun is not None
    assert not options["allowCredentials"]
    found = second_passkey(someone.database, MEANS, begun.token, key.use(options, **changes), hours=1)
    assert isinstance(found, SignIn)
    return found


def second(someone: Someone, key: SoftPasskey) -> SignIn:
    """Sign in with the password, then the passkey."""
    pending = someone.begun()
    options, begun = passkey_options(someone.database, MEANS, pending.token)
    assert begun is None
    found = second_passkey(someone.database, MEANS, pending.token, key.use(options), hours=1)
    assert isinstance(found, SignIn)
    return found


def amr_of(someone: Someone, started: SignIn) -> tuple[str, ...]:
    found = someone.run(resolve_session, started.token)
    assert found.person_id == someone.person_id
    return tuple(found.amr)


def test_a_passkey_signs_in_alone_and_after_the_password(someone: Someone) -> None:
    key = someone.passkey()
    assert amr_of(someone, alone(someone, key)) == ("hwk",)
    assert amr_of(someone, second(someone, key)) == ("hwk", "pwd")
    (kept,) = someone.run(factors_of, someone.person_id).passkeys
    assert (kept.name, kept.sign_count, kept.transports) == ("laptop", 2, ["internal"])
    assert kept.last_used_at is not None


def test_a_passkey_that_is_kept_on_several_devices_says_so(someone: Someone) -> None:
    key = someone.passkey(flags=PRESENT | VERIFIED | MAY_SYNC | SYNCED)
    assert amr_of(someone, alone(someone, key)) == ("swk",)


def test_devices_that_do_not_count_are_let_in_again_and_again(someone: Someone) -> None:
    key = someone.passkey()
    for _ in range(2):
        alone(someone, key, by=0)


WRONG: list[dict[str, Any]] = [
    {"origin": "https://accord.example.net"},
    {"origin": "http://accord.example.org"},
    {"origin": "https://accord.example.org:8443"},
    {"type": "webauthn.create"},
    {"challenge": "AAAA"},
    {"crossOrigin": True},
]


def test_an_answer_from_elsewhere_or_for_something_else_is_none(someone: Someone) -> None:
    key = someone.passkey()
    for changes in WRONG:
        with pytest.raises(SignInFailed, match="not accepted"):
            alone(someone, key, **changes)


def test_the_device_has_to_verify_the_person(someone: Someone) -> None:
    key = someone.passkey()
    for flags in (0, PRESENT, VERIFIED):
        key.flags = flags
        with pytest.raises(SignInFailed):
            alone(someone, key)
        made = SoftPasskey(MEANS.origin, MEANS.domain, flags=flags)
        options = someone.run(factors.begin_passkey, MEANS, someone.signed_in)
        with pytest.raises(SignInFailed):
            factors.add_passkey(someone.database, MEANS, someone.signed_in, made.make(options), "x")


def test_another_key_another_domain_and_an_unknown_passkey_are_refused_alike(someone: Someone) -> None:
    key = someone.passkey()
    forged = SoftPasskey(MEANS.origin, MEANS.domain, id=key.id, user=key.user)
    elsewhere = SoftPasskey(MEANS.origin, "example.net", id=key.id, key=key.key, user=key.user)
    unknown = SoftPasskey(MEANS.origin, MEANS.domain, user=key.user)
    told = set()
    for one in (forged, elsewhere, unknown):
        with pytest.raises(SignInFailed) as refused:
            alone(someone, one)
        told.add(str(refused.value))
    assert len(told) == 1
    alone(someone, key)


def test_a_passkey_names_its_own_person(someone: Someone, other: Someone) -> None:
    key = someone.passkey()
    for user in (None, other.person_id.bytes, b"", b"\x00" * 64):
        key.user = user
        with pytest.raises(SignInFailed):
            alone(someone, key)


def test_somebody_else_s_passkey_is_no_second_factor_and_no_proof(someone: Someone, other: Someone) -> None:
    other.passkey()
    foreign = someone.passkey()
    pending = other.begun()
    options, _ = passkey_options(other.database, MEANS, pending.token)
    with pytest.raises(SignInFailed):
        second_passkey(other.database, MEANS, pending.token, foreign.use(options), hours=1)
    options = other.run(passkeys.authentication, MEANS, other.signed_in.session_id, Purpose.PROVE)
    with pytest.raises(SignInFailed):
        prove_by_passkey(other.database, MEANS, other.signed_in, foreign.use(options))


def test_a_challenge_is_answered_once_rightly_or_not(someone: Someone) -> None:
    key = someone.passkey()
    options, begun = passkey_options(someone.database, MEANS, None)
    assert begun is not None
    good = key.use(options)
    for answer in (key.use(options, origin="https://accord.example.net"), good):
        with pytest.raises(SignInFailed):
            second_passkey(someone.database, MEANS, begun.token, answer, hours=1)


def test_a_challenge_is_for_one_browser_and_one_purpose_and_for_minutes(someone: Someone) -> None:
    key, signed_in = someone.passkey(), someone.signed_in
    mine, begun = passkey_options(someone.database, MEANS, None)
    _, theirs = passkey_options(someone.database, MEANS, None)
    assert begun is not None
    assert theirs is not None
    with pytest.raises(SignInFailed):
        second_passkey(someone.database, MEANS, theirs.token, key.use(mine), hours=1)
    options = someone.run(factors.begin_passkey, MEANS, signed_in)
    with pytest.raises(SignInFailed):
        prove_by_passkey(someone.database, MEANS, signed_in, key.use(options))
    options, begun = passkey_options(someone.database, MEANS, None)
    assert begun is not None
    someone.change("UPDATE passkey_challenges SET expires_at = now() - interval '1 second'")
    with pytest.raises(SignInFailed, match="too long"):
        second_passkey(someone.database, MEANS, begun.token, key.use(options), hours=1)


def test_a_count_that_goes_back_is_a_copy_s_and_ends_the_passkey(
    someone: Someone, module_database: Databases
) -> None:
    key = someone.passkey()
    for _ in range(3):
        alone(someone, key)
    copy = SoftPasskey(MEANS.origin, MEANS.domain, id=key.id, key=key.key, user=key.user, count=1)
    with pytest.raises(SignInFailed, match="copy"):
        alone(someone, copy)
    with pytest.raises(SignInFailed, match="not accepted"):
        alone(someone, key)
    query = text("SELECT detail FROM audit_entries WHERE tag = 'factor.suspect' AND person_id = :person")
    with module_database(Role.OWNER).engine.connect() as connection:
        (detail,) = connection.scalars(query, {"person": someone.person_id}).all()
    assert (detail["count"], detail["before"]) == (2, 3)
    # It counts as a factor nevertheless: a password alone does not become enough by it.
    assert isinstance(someone.again(), Pending)


def test_a_made_up_count_without_the_key_harms_nobody(someone: Someone) -> None:
    key = someone.passkey()
    alone(someone, key)
    forged = SoftPasskey(MEANS.origin, MEANS.domain, id=key.id, user=key.user, count=-1)
    with pytest.raises(SignInFailed, match="not accepted"):
        alone(someone, forged)
    alone(someone, key)


NO_ANSWERS = ("", "{}", "[]", "null", "7", '{"response": {}}', '{"id": 1, "response": []}', "[" * 9000)
BROKEN: tuple[Any, ...] = ("", "A", "AAAA", "\x00", "\u00e4", 7, None, "e30", "W10")


def test_what_is_no_answer_is_refused(someone: Someone) -> None:
    for answer in NO_ANSWERS:
        _, begun = passkey_options(someone.database, MEANS, None)
        assert begun is not None
        with pytest.raises(SignInFailed):
            second_passkey(someone.database, MEANS, begun.token, answer, hours=1)
        someone.run(factors.begin_passkey, MEANS, someone.signed_in)
        with pytest.raises(SignInFailed):
            factors.add_passkey(someone.database, MEANS, someone.signed_in, answer, "x")


def test_an_answer_with_a_broken_part_is_refused(someone: Someone) -> None:
    key = someone.passkey()
    for part in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for value in BROKEN:
            if part == "userHandle" and value is None:
                continue
            options, begun = passkey_options(someone.database, MEANS, None)
            assert begun is not None
            answer = json.loads(key.use(options))
            answer["response"][part] = value
            with pytest.raises(SignInFailed):
                second_passkey(someone.database, MEANS, begun.token, json.dumps(answer), hours=1)


def test_with_a_factor_the_password_is_no_proof_any_more(someone: Someone) -> None:
    key = someone.passkey()
    someone.change("UPDATE sessions SET proved_at = now() - interval '11 minutes' WHERE person_id = :person")
    with pytest.raises(SignInFailed):
        prove(someone.database, someone.signed_in, PASSWORD)
    before = someone.signed_in.proved_at
    options = someone.run(
        passkeys.authentication, MEANS, someone.signed_in.session_id, Purpose.PROVE, someone.person_id
    )
    prove_by_passkey(someone.database, MEANS, someone.signed_in, key.use(options))
    assert someone.signed_in.proved_at > before


def test_adding_a_factor_ends_the_other_sessions_and_marks_this_one(someone: Someone) -> None:
    other = someone.again()
    assert isinstance(other, SignIn)
    someone.passkey()
    assert someone.run(resolve_session, other.token) is None
    assert someone.is_in
    assert someone.signed_in.amr == ("hwk", "pwd")


def test_passkeys_are_named_renamed_and_removed_by_their_owner_alone(
    someone: Someone, other: Someone
) -> None:
    someone.passkey()
    (kept,) = someone.run(factors_of, someone.person_id).passkeys
    for one in (kept.id, uuid4()):
        with pytest.raises(NotFound):
            _rename(other, one, "mine")
        with pytest.raises(NotFound):
            _remove(other, one)
    _rename(someone, kept.id, "old laptop")
    assert [one.name for one in someone.run(factors_of, someone.person_id).passkeys] == ["old laptop"]
    _remove(someone, kept.id)
    assert isinstance(someone.again(), SignIn)


def test_the_last_factor_stays_where_one_is_asked_for(someone: Someone) -> None:
    someone.passkey()
    (kept,) = someone.run(factors_of, someone.person_id).passkeys
    someone.change(
        "INSERT INTO factor_rules (organisation_id, second_factor)"
        " SELECT organisation_id, true FROM role_assignments WHERE person_id = :person"
    )
    try:
        with pytest.raises(Conflict):
            _remove(someone, kept.id)
        someone.app()
        _remove(someone, kept.id)
    finally:
        someone.change("DELETE FROM factor_rules")


def _rename(someone: Someone, passkey_id: UUID, name: str) -> None:
    signed_in = someone.signed_in
    someone.run(lambda session: factors.rename_passkey(session, signed_in, passkey_id, name))


def _remove(someone: Someone, factor_id: UUID) -> None:
    signed_in = someone.signed_in
    someone.run(lambda session: factors.remove_factor(session, signed_in, factor_id, platform=False))


def test_a_session_of_a_directory_puts_no_key_to_the_account(someone: Someone) -> None:
    someone.passkey()
    (kept,) = someone.run(factors_of, someone.person_id).passkeys
    someone.change("UPDATE sessions SET bound = true WHERE person_id = :person")
    acts: list[Any] = [
        lambda session: factors.begin_passkey(session, MEANS, someone.signed_in),
        lambda session: factors.begin_app(session, MEANS, someone.signed_in, "x"),
        lambda session: factors.renew_codes(session, someone.signed_in),
        lambda session: factors.rename_passkey(session, someone.signed_in, kept.id, "x"),
        lambda session: factors.remove_factor(session, someone.signed_in, kept.id, platform=False),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            someone.run(act)
    with pytest.raises(PermissionDenied):
        factors.add_passkey(someone.database, MEANS, someone.signed_in, "{}", "x")


def test_a_session_of_a_directory_does_where_a_second_factor_is_asked_for(someone: Someone) -> None:
    someone.change("UPDATE sessions SET amr = '{}' WHERE person_id = :person")
    asked = replace(someone.signed_in, asked=True)
    assert asked.lacks_factor(platform=False)
    assert not replace(asked, bound=True).lacks_factor(platform=False)
    assert not someone.signed_in.lacks_factor(platform=True)
