"""One's own account: the sessions there are, ending them, another password. On the gate's role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_credential, of_person
from accord_auth.access.service import Ended, end_access, preview
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Invalid, NotFound
from accord_auth.factors.methods import amr_of
from accord_auth.organisations.models import Organisation
from accord_auth.people.models import Person
from accord_auth.people.passwords import hash_password, verify_password
from accord_auth.people.service import check_new_password
from accord_auth.sessions.models import SignedInSession
from accord_auth.sessions.service import SignedIn
from accord_auth.standing import PLATFORM_NAME

SESSION = "session"


@dataclass(frozen=True)
class OwnSession:
    """A session of the person who looks; `current` is the one that looks."""

    id: UUID
    organisation: str
    user_agent: str
    address: str | None
    created_at: datetime
    authenticated_at: datetime
    """When the person signed in; a session that was switched to began later."""
    amr: tuple[str, ...]
    """How, in the words of RFC 8176."""
    last_used_at: datetime
    expires_at: datetime
    current: bool


def own_sessions(session: Session, signed_in: SignedIn) -> list[OwnSession]:
    """The person's open sessions, in whatever organisation; this one first, then the last used."""
    rows = session.execute(
        select(SignedInSession, Organisation.name)
        .outerjoin(Organisation, Organisation.id == SignedInSession.organisation_id)
        .where(SignedInSession.person_id == signed_in.person_id, SignedInSession.expires_at > func.now())
        .order_by(
            (SignedInSession.id == signed_in.session_id).desc(),
            SignedInSession.last_used_at.desc(),
            SignedInSession.id,
        )
    )
    return [
        OwnSession(
            found.id,
            name or PLATFORM_NAME,
            found.user_agent,
            found.address,
            found.created_at,
            found.authenticated_at,
            tuple(amr_of(found.amr)),
            found.last_used_at,
            found.expires_at,
            current=found.id == signed_in.session_id,
        )
        for found, name in rows
    ]


def end_own_session(session: Session, signed_in: SignedIn, session_id: UUID) -> None:
    """End one of the person's own sessions.

    :raises NotFound: when the person has no such session.
    """
    own = select(SignedInSession.id).where(
        SignedInSession.id == session_id, SignedInSession.person_id == signed_in.person_id
    )
    if session.scalar(own) is None:
        raise NotFound
    end_access(session, signed_in.principal, of_credential(SESSION, session_id), Cause.SESSION_ENDED)


def end_other_sessions(session: Session, signed_in: SignedIn) -> Ended:
    """End all of the person's sessions but this one."""
    others = of_person(signed_in.person_id, sparing=signed_in.session_id, channel=SESSION)
    return end_access(session, signed_in.principal, others, Cause.SESSION_ENDED)


def preview_password_change(session: Session, signed_in: SignedIn) -> Ended:
    """What ends when the person changes the password."""
    return preview(session, of_person(signed_in.person_id, sparing=signed_in.session_id))


def change_password(session: Session, signed_in: SignedIn, new: str) -> Ended:
    """Set another password, and end everything that was begun with the old one but for this session.

    The caller checks the old one (`accord_auth.sessions.signing_in.check_password`), which counts tries.

    :raises Invalid: when the new one is too short, too long, or the old one.
    """
    person = session.get_one(Person, signed_in.person_id, with_for_update=True)
    check_new_password(new, field="new_password")
    if verify_password(person.password_hash, new):
        why = "this is your password already"
        raise Invalid(why, {"new_password": [why]})
    person.password_hash = hash_password(new)
    session.flush()
    record(session, signed_in.principal, AuditTag.PASSWORD_CHANGE, f"person {person.id}")
    everything = of_person(person.id, sparing=signed_in.session_id)
    return end_access(session, signed_in.principal, everything, Cause.PASSWORD_CHANGED)
