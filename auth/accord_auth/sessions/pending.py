"""A sign-in under way: what one browser proved so far, until there is a session. It opens nothing by itself.

Its token is a cookie of the browser that began; whoever proves the second factor elsewhere gets nowhere.
Password first and then a second factor, or a passkey alone, which is both; then, where there are several, the
organisation.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag
from accord_auth.errors import SignInFailed
from accord_auth.factors import passkeys
from accord_auth.factors.means import Means
from accord_auth.factors.methods import has_second, together
from accord_auth.factors.noting import note
from accord_auth.factors.passkeys import Purpose
from accord_auth.factors.service import Factors, SecondFactorNeeded, check_code, factors_of, limits_of
from accord_auth.people.models import Person, PersonStatus
from accord_auth.sessions.alerts import check_and_write_down
from accord_auth.sessions.limits import network_here, succeeded
from accord_auth.sessions.models import PendingSignIn
from accord_auth.sessions.service import (
    Choice,
    SignIn,
    choices_of,
    just_now,
    start_session,
)
from accord_auth.throttling.service import take
from accord_config.database import NOBODY, Database

LIVES = timedelta(minutes=10)
TOKEN_BYTES = 32
OVER = "this sign-in took too long: begin again"


@dataclass(frozen=True)
class Pending:
    """A sign-in under way; its token is known to the browser only."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Waiting:
    """What a sign-in waits for: a second factor, or, where that was given, the choice of an organisation."""

    email: str
    factors: Factors
    choices: tuple[Choice, ...]
    proved: bool


def begin(session: Session, person_id: UUID | None, organisation: str, amr: Iterable[str]) -> Pending:
    """Begin one. Nobody is known yet where a passkey is to say who it is."""
    token, expires_at = secrets.token_urlsafe(TOKEN_BYTES), datetime.now(UTC) + LIVES
    session.execute(delete(PendingSignIn).where(PendingSignIn.expires_at < func.now()))
    session.add(
        PendingSignIn(
            token_hash=_hash(token),
            person_id=person_id,
            organisation=organisation,
            amr=together(amr),
            expires_at=expires_at,
        )
    )
    session.flush()
    return Pending(token, expires_at)


def waiting(session: Session, token: str) -> Waiting:
    """What the sign-in of this token waits for.

    :raises SignInFailed: when there is none, or not any more.
    """
    found, person = _of_somebody(session, token)
    return Waiting(
        person.email,
        factors_of(session, person.id),
        tuple(choices_of(session, person.id)),
        proved=has_second(found.amr),
    )


def second_code(
    gate: Database,
    means: Means,
    token: str,
    code: str,
    *,
    hours: float,
    user_agent: str = "",
    at_once: bool = False,
) -> SignIn | list[Choice]:
    """Prove the second factor with a code. Where there is a choice of organisations, returns it.

    `at_once` is for a program, which has no sign-in under way: without a right code it begins again.

    :raises SignInFailed: when the code does not count, or the sign-in is over.
    :raises SecondFactorNeeded: with `at_once`, without a code.
    :raises TooManyTries: when there were too many.
    """
    with gate.transaction(NOBODY) as session:
        person_id = _of_somebody(session, token)[1].id
    if at_once and not code:
        raise SecondFactorNeeded
    own = limits_of(person_id)
    take(gate, *own, network_here())
    try:
        with gate.transaction(NOBODY) as session:
            found, _ = _of_somebody(session, token, lock=True)
            method = check_code(session, means, person_id, code)
            succeeded(session, *own)
            return _next(session, found, [method], hours, user_agent)
    except SignInFailed:
        # Somebody has the password already: the owner's admins should know.
        with gate.transaction(NOBODY) as session:
            note(session, person_id, AuditTag.FACTOR_REFUSE, {"kind": "code"})
        raise


def passkey_options(gate: Database, means: Means, token: str | None) -> tuple[dict[str, Any], Pending | None]:
    """What the browser needs to prove a passkey; without a sign-in under way one begins, and is returned.

    :raises TooManyTries: when one network asked too often.
    """
    held = network_here()
    take(gate, held)
    with gate.transaction(NOBODY) as session:
        found = _find(session, token) if token else None
        begun = None
        if found is None:
            begun = begin(session, None, "", [])
            found = _find(session, begun.token)
        if found is None:
            raise SignInFailed(OVER)
        options = passkeys.authentication(session, means, found.id, Purpose.SIGN_IN, found.person_id)
        return options, begun


def second_passkey(
    gate: Database, means: Means, token: str, credential: str, *, hours: float, user_agent: str = ""
) -> SignIn | list[Choice]:
    """Prove oneself with a passkey: as second factor, or without having said who one is.

    :raises SignInFailed: whatever is wrong, in the same words.
    :raises TooManyTries: when there were too many from one network.
    """
    take(gate, network_here())
    with gate.transaction(NOBODY) as session:
        found = _find(session, token)
    if found is None:
        raise SignInFailed(OVER)
    proven = passkeys.authenticate(gate, means, found.id, Purpose.SIGN_IN, credential, found.person_id)
    with gate.transaction(NOBODY) as session:
        succeeded(session)
        session.execute(
            update(PendingSignIn).where(PendingSignIn.id == found.id).values(person_id=proven.person_id)
        )
        found, _ = _of_somebody(session, token, lock=True)
        return _next(session, found, [proven.method], hours, user_agent)


def choose(gate: Database, token: str, slug: str, *, hours: float, user_agent: str = "") -> SignIn:
    """Start the session for one of the organisations, after everything was proved.

    :raises SignInFailed: when that is not so, or the person cannot act for it.
    """
    with gate.transaction(NOBODY) as session:
        found, _ = _of_somebody(session, token, lock=True)
        if not has_second(found.amr):
            raise SignInFailed(OVER)
        found.organisation = slug
        started = _next(session, found, [], hours, user_agent)
        if isinstance(started, list):
            raise SignInFailed("choose one of the organisations")
        return started


def start(
    session: Session,
    person_id: UUID,
    choice: Choice,
    amr: Sequence[str],
    hours: float,
    user_agent: str,
) -> SignIn:
    """Start a session of who has just proved itself in these ways, and write it down.

    :raises PasskeyNeeded: when the organisation has its directory alone, and no passkey was among them.
    """
    started = start_session(
        session,
        person_id=person_id,
        choice=choice,
        hours=hours,
        user_agent=user_agent,
        proof=just_now(*amr),
    )
    check_and_write_down(session, started, AuditTag.SESSION_START, {"methods": together(amr)})
    return started


def _next(
    session: Session, found: PendingSignIn, amr: Sequence[str], hours: float, user_agent: str
) -> SignIn | list[Choice]:
    """The session, when it is clear for which organisation; else the choice. The sign-in is used up by it."""
    if found.person_id is None:
        raise SignInFailed(OVER)
    there = choices_of(session, found.person_id)
    wanted = found.organisation or (there[0].slug if len(there) == 1 else "")
    proved = together(found.amr, amr)
    if not wanted and there:
        found.amr = proved
        return there
    chosen = next((choice for choice in there if choice.slug == wanted), None)
    if chosen is None:
        raise SignInFailed
    session.delete(found)
    return start(session, found.person_id, chosen, proved, hours, user_agent)


def _find(session: Session, token: str, *, lock: bool = False) -> PendingSignIn | None:
    query = select(PendingSignIn).where(
        PendingSignIn.token_hash == _hash(token), PendingSignIn.expires_at > func.now()
    )
    return session.scalar(query.with_for_update() if lock else query)


def _of_somebody(session: Session, token: str, *, lock: bool = False) -> tuple[PendingSignIn, Person]:
    found = _find(session, token, lock=lock)
    person = session.get(Person, found.person_id) if found is not None and found.person_id else None
    if found is None or person is None or person.status != PersonStatus.ACTIVE:
        raise SignInFailed(OVER)
    return found, person


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
