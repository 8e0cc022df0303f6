"""Proving who somebody is: at sign-in, and again before a dangerous act.

Each try counts against the account, whether there is such an account or not, and against the network address,
in transactions of their own. A success forgets the account's tries and gives the address its one back. Of
somebody who has a second factor it is asked before there is a session (`accord_auth.sessions.pending`).
"""

from __future__ import annotations

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import SignInFailed
from accord_auth.factors import passkeys
from accord_auth.factors.means import Means
from accord_auth.factors.methods import Method, together
from accord_auth.factors.passkeys import Purpose
from accord_auth.factors.service import check_code, has_factor, limits_of
from accord_auth.people.models import Person
from accord_auth.people.passwords import verify_password
from accord_auth.sessions.alerts import check_and_write_down
from accord_auth.sessions.limits import ACCOUNT, NETWORK, limits, network_here, succeeded
from accord_auth.sessions.models import SignedInSession
from accord_auth.sessions.pending import Pending, begin, second_code, start
from accord_auth.sessions.service import Choice, SignedIn, SignIn, choices, switch_session
from accord_auth.throttling.service import take
from accord_config.database import NOBODY, Database

__all__ = [
    "ACCOUNT",
    "NETWORK",
    "check_password",
    "prove",
    "prove_by_code",
    "prove_by_passkey",
    "sign_in",
    "switch",
]


def sign_in(
    gate: Database,
    *,
    email: str,
    password: str,
    organisation: str,
    hours: float,
    user_agent: str = "",
) -> SignIn | list[Choice] | Pending:
    """Start a session for the organisation with this slug, or for the only one there is.

    Without a slug, and where there are several, returns them to choose from. Where the account has a second
    factor, returns the sign-in that waits for it.

    :raises SignInFailed: whatever is wrong: address, password, organisation.
    :raises PasskeyNeeded: for an emergency account, whose password was right.
    :raises TooManyTries: when there were too many, whoever it is.
    """
    held = limits(email)
    take(gate, *held)
    with gate.transaction(NOBODY) as session:
        person_id, found = choices(session, email=email, password=password)
        succeeded(session, held[0])
        wanted = organisation or (found[0].slug if len(found) == 1 else "")
        second = has_factor(session, person_id)
        if wanted and all(choice.slug != wanted for choice in found):
            raise SignInFailed
        if second:
            return begin(session, person_id, wanted, [Method.PASSWORD])
        if not wanted:
            return found
        chosen = next(choice for choice in found if choice.slug == wanted)
        return start(session, person_id, chosen, [Method.PASSWORD], hours, user_agent)


def sign_in_with_code(
    gate: Database,
    means: Means,
    *,
    email: str,
    password: str,
    organisation: str,
    code: str,
    hours: float,
    user_agent: str = "",
) -> SignIn | list[Choice]:
    """Likewise for a program, which sends the code of the second factor at once.

    :raises SecondFactorNeeded: when there is a second factor and no code was sent.
    """
    found = sign_in(
        gate, email=email, password=password, organisation=organisation, hours=hours, user_agent=user_agent
    )
    if not isinstance(found, Pending):
        return found
    return second_code(gate, means, found.token, code, hours=hours, user_agent=user_agent, at_once=True)


def switch(session: Session, signed_in: SignedIn, slug: str) -> SignIn:
    """Act for another organisation in a new session; see `switch_session`."""
    started = switch_session(session, signed_in, slug)
    check_and_write_down(session, started, AuditTag.SESSION_SWITCH)
    return started


def prove(gate: Database, signed_in: SignedIn, password: str) -> None:
    """Prove again who it is: from now on dangerous acts are open for some minutes.

    :raises SignInFailed: when it is another password, or the person has a second factor, which is asked then.
    :raises TooManyTries: when there were too many, at sign-in or here.
    """
    with gate.transaction(NOBODY) as session:
        if has_factor(session, signed_in.person_id):
            raise SignInFailed("prove it with your passkey or the code of your authenticator app")
    check_password(gate, signed_in, password)
    _proved(gate, signed_in, Method.PASSWORD)


def prove_by_code(gate: Database, means: Means, signed_in: SignedIn, code: str) -> None:
    """Prove again who it is, with the code of an authenticator app.

    :raises SignInFailed: when it is none that counts. A recovery code is for signing in.
    :raises TooManyTries: when there were too many.
    """
    own = limits_of(signed_in.person_id)
    take(gate, *own, network_here())
    with gate.transaction(NOBODY) as session:
        method = check_code(session, means, signed_in.person_id, code, with_recovery=False)
        succeeded(session, *own)
    _proved(gate, signed_in, method)


def prove_by_passkey(gate: Database, means: Means, signed_in: SignedIn, credential: str) -> None:
    """Prove again who it is, with a passkey of one's own.

    :raises SignInFailed: when it is none, or none of one's own.
    :raises TooManyTries: when there were too many from one network.
    """
    take(gate, network_here())
    proven = passkeys.authenticate(
        gate, means, signed_in.session_id, Purpose.PROVE, credential, signed_in.person_id
    )
    with gate.transaction(NOBODY) as session:
        succeeded(session)
    _proved(gate, signed_in, proven.method)


def _proved(gate: Database, signed_in: SignedIn, method: Method) -> None:
    with gate.transaction(NOBODY) as session:
        proved(session, signed_in, method)


def proved(session: Session, signed_in: SignedIn, method: Method) -> None:
    """The session's person has just proved itself in this way."""
    session.execute(
        update(SignedInSession)
        .where(SignedInSession.id == signed_in.session_id)
        .values(proved_at=func.clock_timestamp(), amr=together(signed_in.amr, [method]))
    )
    detail = {"method": method.value}
    record(session, signed_in.principal, AuditTag.SESSION_PROVE, f"person {signed_in.person_id}", detail)


def check_password(gate: Database, signed_in: SignedIn, password: str) -> None:
    """Go on only with the person's own password.

    :raises SignInFailed: when it is another one.
    :raises TooManyTries: when there were too many.
    """
    held = limits(signed_in.principal.email)
    take(gate, *held)
    with gate.transaction(NOBODY) as session:
        person = session.get(Person, signed_in.person_id)
        if not verify_password(person.password_hash if person else None, password):
            raise SignInFailed("this is not your password")
        succeeded(session, held[0])
