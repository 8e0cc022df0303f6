"""Signing in, resolving a session's token to a principal, signing out.

These run on the gate's database role: nobody is known yet when they are called.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accord_auth.errors import SignInFailed
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.people.passwords import verify_password
from accord_auth.principal import Principal
from accord_auth.sessions.models import SignedInSession
from accord_auth.standing import PLATFORM_NAME, PLATFORM_SLUG, principal_of, standing

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Choice:
    """An organisation for which a person can act; no id means the platform itself."""

    organisation_id: UUID | None
    slug: str
    name: str


@dataclass(frozen=True)
class SignIn:
    """A started session: its token is known to the caller only."""

    token: str
    expires_at: datetime


PLATFORM = Choice(organisation_id=None, slug=PLATFORM_SLUG, name=PLATFORM_NAME)


def choices(session: Session, *, email: str, password: str) -> tuple[UUID, list[Choice]]:
    """The person with this address and password, and the organisations the person can act for.

    :raises SignInFailed: whatever is wrong, and after the same time.
    """
    # What the database cannot hold belongs to nobody; it is looked for all the same.
    address = email.strip().lower().replace("\x00", "").encode("utf-8", "replace").decode()
    person = session.scalar(select(Person).where(Person.email == address))
    proved = verify_password(person.password_hash if person else None, password)
    if person is None or not proved or person.status != PersonStatus.ACTIVE:
        raise SignInFailed
    rows = session.execute(
        select(RoleAssignment.organisation_id, Organisation.slug, Organisation.name)
        .outerjoin(Organisation, Organisation.id == RoleAssignment.organisation_id)
        .where(
            RoleAssignment.person_id == person.id,
            may_act() | RoleAssignment.organisation_id.is_(None),
        )
        .distinct()
        .order_by(Organisation.name)
    ).all()
    found = [Choice(row[0], row[1], row[2]) if row[0] else PLATFORM for row in rows]
    if not found:
        raise SignInFailed
    return person.id, found


def start_session(
    session: Session, *, person_id: UUID, choice: Choice, hours: float, user_agent: str = ""
) -> SignIn:
    """Start a session of a person for one of the person's choices."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = datetime.now(UTC) + timedelta(hours=hours)
    session.add(
        SignedInSession(
            token_hash=_hash(token),
            person_id=person_id,
            organisation_id=choice.organisation_id,
            expires_at=expires_at,
            user_agent=user_agent[:300],
        )
    )
    person = session.get_one(Person, person_id)
    person.last_sign_in_at = datetime.now(UTC)
    session.execute(delete(SignedInSession).where(SignedInSession.expires_at < func.now()))
    return SignIn(token, expires_at)


def resolve(session: Session, token: str) -> Principal | None:
    """The principal that a token stands for right now; None when it stands for nobody.

    Person, organisation and roles are read each time: taking one away works at the next request.
    """
    row = session.execute(
        standing(SignedInSession, SignedInSession.person_id, SignedInSession.organisation_id).where(
            SignedInSession.token_hash == _hash(token), SignedInSession.expires_at > func.now()
        )
    ).one_or_none()
    return principal_of(*row) if row is not None else None


def proved_at(session: Session, token: str) -> datetime | None:
    """When the person of a session last proved who it is; None when there is no such session."""
    return session.scalar(select(SignedInSession.proved_at).where(SignedInSession.token_hash == _hash(token)))


def end_session(session: Session, token: str) -> None:
    """Sign out: the token stands for nobody from now on."""
    session.execute(delete(SignedInSession).where(SignedInSession.token_hash == _hash(token)))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
