"""Proving who somebody is with address and password: at sign-in, and again before a dangerous act.

Each try counts against the account, whether there is such an account or not, and against the network
address, in transactions of their own. A success forgets the account's tries and gives the address its
one back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, current_address, record
from accord_auth.errors import SignInFailed
from accord_auth.organisations.local_sign_in import emergency_problem, only_by_directory
from accord_auth.people.models import Person
from accord_auth.people.passwords import verify_password
from accord_auth.principal import Principal
from accord_auth.sessions.models import SignedInSession
from accord_auth.sessions.service import (
    Choice,
    SignedIn,
    SignIn,
    by_password,
    choices,
    resolve_session,
    start_session,
    switch_session,
)
from accord_auth.throttling.service import Held, Limit, forget, give_back, network_of, take
from accord_config.database import NOBODY, Database
from accord_config.queue import enqueue

EMERGENCY_ALERT = "sso:alert"
"""The task that mails the admins of both sides; `accord.sso.jobs` has it."""

ACCOUNT = Limit("sign-in account", 10, timedelta(minutes=15))
"""Wrong passwords for one account. NIST SP 800-63B, 3.2.2, asks for no more than 100 in a row."""

NETWORK = Limit("sign-in network", 100, timedelta(minutes=15))
"""Wrong passwords from one network address, for whatever accounts."""


def sign_in(
    gate: Database, *, email: str, password: str, organisation: str, hours: float, user_agent: str = ""
) -> SignIn | list[Choice]:
    """Start a session for the organisation with this slug, or for the only one there is.

    Without a slug, and where there are several, returns them to choose from.

    :raises SignInFailed: whatever is wrong: address, password, organisation.
    :raises TooManyTries: when there were too many, whoever it is.
    """
    held = _limits(email)
    take(gate, *held)
    with gate.transaction(NOBODY) as session:
        person_id, found = choices(session, email=email, password=password)
        _succeeded(session, held)
        wanted = organisation or (found[0].slug if len(found) == 1 else "")
        if not wanted:
            return found
        chosen = next((choice for choice in found if choice.slug == wanted), None)
        if chosen is None:
            raise SignInFailed
        emergency = only_by_directory(session, chosen.organisation_id)
        if emergency and emergency_problem(frozenset(by_password().amr)):
            raise SignInFailed
        started = start_session(
            session, person_id=person_id, choice=chosen, hours=hours, user_agent=user_agent
        )
        _write_down(session, started, AuditTag.SESSION_START)
        return started


def switch(session: Session, signed_in: SignedIn, slug: str) -> SignIn:
    """Act for another organisation in a new session; see `switch_session`."""
    started = switch_session(session, signed_in, slug)
    _write_down(session, started, AuditTag.SESSION_SWITCH)
    return started


def prove(gate: Database, signed_in: SignedIn, password: str) -> None:
    """Prove again who it is: from now on dangerous acts are open for some minutes.

    :raises SignInFailed: when it is another password.
    :raises TooManyTries: when there were too many, at sign-in or here.
    """
    check_password(gate, signed_in, password)
    with gate.transaction(NOBODY) as session:
        now = func.clock_timestamp()
        session.execute(
            update(SignedInSession).where(SignedInSession.id == signed_in.session_id).values(proved_at=now)
        )
        record(session, signed_in.principal, AuditTag.SESSION_PROVE, f"person {signed_in.person_id}")


def check_password(gate: Database, signed_in: SignedIn, password: str) -> None:
    """Go on only with the person's own password.

    :raises SignInFailed: when it is another one.
    :raises TooManyTries: when there were too many.
    """
    held = _limits(signed_in.principal.email)
    take(gate, *held)
    with gate.transaction(NOBODY) as session:
        person = session.get(Person, signed_in.person_id)
        if not verify_password(person.password_hash if person else None, password):
            raise SignInFailed("this is not your password")
        _succeeded(session, held)


def _limits(email: str) -> tuple[Held, Held]:
    return ACCOUNT.of(email.strip()), NETWORK.of(network_of(current_address()))


def _succeeded(session: Session, held: tuple[Held, Held]) -> None:
    account, network = held
    forget(session, account)
    give_back(session, network)


def _write_down(session: Session, started: SignIn, tag: AuditTag) -> None:
    session.flush()
    signed_in = resolve_session(session, started.token)
    if signed_in is None:
        return
    who, subject = signed_in.principal, f"person {signed_in.person_id}"
    record(session, who, tag, subject)
    if who.organisation_id is not None and only_by_directory(session, who.organisation_id):
        _alert(session, who, subject)


def _alert(session: Session, who: Principal, subject: str) -> None:
    """An emergency account was used: both sides find it in their logs, and a worker mails their admins."""
    detail = {"organisation": who.organisation_slug, "email": who.email}
    for witness in (who, replace(who, organisation_id=None)):
        record(session, witness, AuditTag.SESSION_EMERGENCY, subject, detail)
    enqueue(
        session,
        EMERGENCY_ALERT,
        organisation_id=who.organisation,
        person_id=str(who.person_id),
        moment=datetime.now(UTC).isoformat(timespec="seconds"),
        address=current_address() or "",
    )
