"""One's own second factors: adding, naming, removing them, new recovery codes. On the gate's role.

Everything here asks for a recent proof. Adding one ends the person's other sessions, which began without it;
removing one ends everything that was begun, as another password does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_person
from accord_auth.access.service import Ended, end_access
from accord_auth.accounts.service import SESSION
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied, SignInFailed
from accord_auth.factors import apps, passkeys, recovery
from accord_auth.factors.apps import NewApp
from accord_auth.factors.means import Means
from accord_auth.factors.methods import Method
from accord_auth.factors.models import AuthenticatorApp, Passkey
from accord_auth.factors.service import Factors, factors_of, has_passkey, limits_of
from accord_auth.organisations.local_sign_in import relied_on
from accord_auth.people.models import Person
from accord_auth.people.service import checked_name
from accord_auth.sessions.freshness import require_fresh
from accord_auth.sessions.limits import network_here, succeeded
from accord_auth.sessions.service import SignedIn
from accord_auth.sessions.signing_in import proved
from accord_auth.throttling.service import take
from accord_config.database import NOBODY, Database

LONGEST_NAME = 60


@dataclass(frozen=True)
class Added:
    """What a new factor brought: what ended, and, with the first one, recovery codes that are told this
    once."""

    name: str
    ended: Ended
    codes: tuple[str, ...]


def own_factors(session: Session, signed_in: SignedIn) -> Factors:
    """The person's factors."""
    return factors_of(session, signed_in.person_id)


def begin_app(session: Session, means: Means, signed_in: SignedIn, name: str) -> NewApp:
    """A secret for another authenticator app; it counts from its first right code on.

    :raises ProofNeeded: without a recent proof.
    :raises Invalid: when the name will not do.
    :raises Conflict: when there are too many.
    """
    _require_own(signed_in)
    return apps.begin(session, means, session.get_one(Person, signed_in.person_id), _name(name))


def app_begun(session: Session, means: Means, signed_in: SignedIn, app_id: UUID) -> NewApp:
    """The app that the person is setting up.

    :raises NotFound: when there is none.
    """
    _require_own(signed_in)
    return apps.waiting(session, means, session.get_one(Person, signed_in.person_id), app_id)


def confirm_app(gate: Database, means: Means, signed_in: SignedIn, app_id: UUID, code: str) -> Added:
    """Take the first code of an app, from which on it counts.

    :raises ProofNeeded: without a recent proof.
    :raises SignInFailed: when the code is wrong.
    :raises NotFound: when the person began no such app.
    :raises TooManyTries: when there were too many.
    """
    _require_own(signed_in)
    own = limits_of(signed_in.person_id)
    take(gate, *own, network_here())
    with gate.transaction(NOBODY) as session:
        first = not own_factors(session, signed_in).any
        plain = "".join(code.split())
        if not apps.confirm(session, means, signed_in.person_id, app_id, plain):
            raise SignInFailed("this code is wrong: is the clock of your device right?")
        succeeded(session, *own)
        app = session.get_one(AuthenticatorApp, app_id)
        return _added(session, signed_in, "authenticator app", app.name, Method.ONE_TIME_CODE, first=first)


def begin_passkey(session: Session, means: Means, signed_in: SignedIn) -> dict[str, Any]:
    """What the browser needs to make a passkey.

    :raises ProofNeeded: without a recent proof.
    :raises Conflict: when there are too many.
    """
    _require_own(signed_in)
    person = session.get_one(Person, signed_in.person_id)
    return passkeys.registration(session, means, signed_in.session_id, person)


def add_passkey(gate: Database, means: Means, signed_in: SignedIn, credential: str, name: str) -> Added:
    """Take a passkey that the browser made.

    :raises ProofNeeded: without a recent proof.
    :raises SignInFailed: when it is none, or was made elsewhere.
    :raises Invalid: when the name will not do.
    :raises Conflict: when somebody has it already.
    """
    _require_own(signed_in)
    name = _name(name)
    take(gate, network_here())
    made = passkeys.register(gate, means, signed_in.session_id, signed_in.person_id, credential, name)
    with gate.transaction(NOBODY) as session:
        succeeded(session)
        first = not own_factors(session, signed_in).any
        passkeys.keep(session, made)
        method = Method.SOFTWARE_KEY if made.synced else Method.HARDWARE_KEY
        return _added(session, signed_in, "passkey", name, method, first=first)


def rename_passkey(session: Session, signed_in: SignedIn, passkey_id: UUID, name: str) -> None:
    """Give a passkey another name.

    :raises NotFound: when the person has no such passkey.
    :raises Invalid: when the name will not do.
    """
    _require_own(signed_in)
    found, name = _own(session, signed_in, passkey_id), _name(name)
    if not isinstance(found, Passkey):
        raise NotFound
    before, found.name = {"name": found.name}, name
    subject = f"person {signed_in.person_id}"
    record(session, signed_in.principal, AuditTag.FACTOR_RENAME, subject, before=before, after={"name": name})


def remove_factor(session: Session, signed_in: SignedIn, factor_id: UUID, *, platform: bool) -> Ended:
    """Remove an authenticator app or a passkey; with the last one the recovery codes go, too.

    :raises ProofNeeded: without a recent proof.
    :raises NotFound: when the person has no such factor.
    :raises Conflict: when it is the last one, and the organisation (or `platform`) asks for one; when it is
        the last passkey of an emergency account.
    """
    _require_own(signed_in)
    # One after the other, so that two removals at once do not both find another one left.
    session.get_one(Person, signed_in.person_id, with_for_update=True)
    found = _own(session, signed_in, factor_id)
    if len(_counting(own_factors(session, signed_in), found)) == 0 and demanded(signed_in, platform=platform):
        raise Conflict("a second factor is asked of you: add another one first")
    kind = "passkey" if isinstance(found, Passkey) else "authenticator app"
    session.delete(found)
    session.flush()
    if relied_on(session, signed_in.person_id) and not has_passkey(session, signed_in.person_id):
        raise Conflict("this is an emergency account, which only a passkey opens: add another passkey first")
    if not own_factors(session, signed_in).any:
        recovery.forget(session, signed_in.person_id)
    detail = {"kind": kind, "name": found.name}
    record(session, signed_in.principal, AuditTag.FACTOR_REMOVE, f"person {signed_in.person_id}", detail)
    everything = of_person(signed_in.person_id, sparing=signed_in.session_id)
    return end_access(session, signed_in.principal, everything, Cause.FACTOR_CHANGED)


def renew_codes(session: Session, signed_in: SignedIn) -> Added:
    """Ten new recovery codes; the older ones count no more.

    :raises ProofNeeded: without a recent proof.
    :raises Conflict: without a second factor, for which they would stand in.
    """
    _require_own(signed_in)
    if not own_factors(session, signed_in).any:
        raise Conflict("recovery codes stand in for a second factor: add one first")
    codes = recovery.renew(session, signed_in.person_id)
    record(session, signed_in.principal, AuditTag.FACTOR_CODES, f"person {signed_in.person_id}")
    return Added("recovery codes", _end_others(session, signed_in), tuple(codes))


def demanded(signed_in: SignedIn, *, platform: bool) -> bool:
    """Whether a second factor is asked of the person here."""
    return signed_in.is_asked(platform=platform)


def _require_own(signed_in: SignedIn) -> None:
    """Go on only with a recent proof of the account's own: the directory of one organisation must not put
    a key to an account by which others are reached."""
    if signed_in.bound:
        raise PermissionDenied("sign in with the account itself, not with your organisation's directory")
    require_fresh(signed_in)


def _added(
    session: Session, signed_in: SignedIn, kind: str, name: str, method: Method, *, first: bool
) -> Added:
    detail = {"kind": kind, "name": name}
    record(session, signed_in.principal, AuditTag.FACTOR_ADD, f"person {signed_in.person_id}", detail)
    # Making it proved it.
    proved(session, signed_in, method)
    codes = recovery.renew(session, signed_in.person_id) if first else []
    return Added(f"{kind} {name}", _end_others(session, signed_in), tuple(codes))


def _end_others(session: Session, signed_in: SignedIn) -> Ended:
    others = of_person(signed_in.person_id, sparing=signed_in.session_id, channel=SESSION)
    return end_access(session, signed_in.principal, others, Cause.FACTOR_CHANGED)


def _own(session: Session, signed_in: SignedIn, factor_id: UUID) -> AuthenticatorApp | Passkey:
    found = session.get(Passkey, factor_id) or session.get(AuthenticatorApp, factor_id)
    if found is None or found.person_id != signed_in.person_id:
        raise NotFound
    return found


def _counting(factors: Factors, besides: AuthenticatorApp | Passkey) -> list[AuthenticatorApp | Passkey]:
    sound: list[AuthenticatorApp | Passkey] = [*factors.apps]
    sound += [one for one in factors.passkeys if one.suspect_at is None]
    return [one for one in sound if one.id != besides.id]


def _name(given: str) -> str:
    name = checked_name(given)
    if len(name) > LONGEST_NAME or not name.isprintable():
        why = f"1 to {LONGEST_NAME} characters on one line"
        raise Invalid("this is no name", {"name": [why]})
    return name
