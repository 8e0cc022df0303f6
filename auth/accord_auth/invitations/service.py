"""Inviting somebody: an address, a role, a link that works once. On the gate's role.

The link's token is known to whoever gets it, and nobody else: the database keeps its hash. Sending it
again makes a new one, and the older link leads to nothing from then on.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, NotFound, PermissionDenied
from accord_auth.invitations.models import Invitation
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.granting import admins_besides, hold_people, require_grant
from accord_auth.people.models import Person, RoleAssignment
from accord_auth.people.service import checked_email
from accord_auth.permissions import Permission, Role
from accord_auth.principal import Principal

HOLDS = timedelta(days=7)
TOKEN_BYTES = 32
EXPIRED = "expired"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Invited:
    """An invitation and the token of its link, which nobody can look up again."""

    id: UUID
    email: str
    role: Role
    organisation_name: str
    inviter_name: str
    expires_at: datetime
    token: str


@dataclass(frozen=True)
class Waiting:
    """An invitation that nobody has accepted yet. It may have expired; then it can be sent again."""

    id: UUID
    email: str
    role: Role
    invited_by: str
    created_at: datetime
    sent_at: datetime | None
    expires_at: datetime
    expired: bool


def invite(
    session: Session, who: Principal, *, email: str, role: Role, organisation_id: UUID | None
) -> Invited:
    """Invite an address to one role in an organisation; None: in the platform's own administration.

    :raises Invalid: when the address is none.
    :raises PermissionDenied: for a role that `who` may not give there.
    :raises NotFound: for an organisation that is not `who`'s to invite into.
    :raises Conflict: when the address has the role, or an open invitation, already.
    """
    address = checked_email(email)
    require_may_invite(session, who, role, organisation_id)
    hold_people(session, organisation_id)
    _require_new(session, address, role, organisation_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    found = Invitation(
        organisation_id=organisation_id,
        email=address,
        role=role,
        token_hash=hash_of(token),
        invited_by=who.person_id,
        invited_from=who.organisation_id,
        expires_at=datetime.now(UTC) + HOLDS,
    )
    session.add(found)
    session.flush()
    _write_down(session, who, AuditTag.INVITATION_CREATE, found)
    return _invited(session, who, found, token)


def require_may_invite(session: Session, who: Principal, role: Role, organisation_id: UUID | None) -> None:
    """Go on only when somebody may invite to this role there.

    Into the own organisation, to roles that allow no more than the own ones. A platform admin invites an
    organisation's first admin, and only while it has none: otherwise administering access would be a
    way to case data.

    :raises PermissionDenied: for a role that they may not give.
    :raises NotFound: for a foreign organisation, one that may not act, and one that has an admin.
    """
    who.require(Permission.PEOPLE_MANAGE)
    if who.organisation_id == organisation_id:
        require_grant(who, [role])
        return
    if who.organisation_id is not None or role is not Role.ORGANISATION_ADMIN:
        raise NotFound
    acting = select(Organisation.id).where(Organisation.id == organisation_id, may_act())
    if session.scalar(acting) is None or admins_besides(session, organisation_id, None):
        raise NotFound("there is no such organisation that may act and has no admin yet")


def _require_new(session: Session, address: str, role: Role, organisation_id: UUID | None) -> None:
    there = RoleAssignment.organisation_id.is_not_distinct_from(organisation_id)
    has = select(RoleAssignment.id).join(Person, Person.id == RoleAssignment.person_id)
    if session.scalar(has.where(Person.email == address, RoleAssignment.role == role, there).limit(1)):
        raise Conflict("a person with this address has this role already")
    known = session.scalar(
        select(Invitation).where(
            Invitation.organisation_id.is_not_distinct_from(organisation_id),
            Invitation.email == address,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
    )
    if known is None:
        return
    if known.expires_at > datetime.now(UTC):
        raise Conflict("this address is invited already: send that invitation again, or withdraw it")
    known.withdrawn_at, known.withdrawn_because = datetime.now(UTC), EXPIRED
    session.flush()


def waiting(session: Session, who: Principal) -> list[Waiting]:
    """The invitations into where the principal acts that nobody has accepted yet, the newest first.

    :raises PermissionDenied: without `people:read`.
    """
    who.require(Permission.PEOPLE_READ)
    rows = session.execute(
        select(Invitation, Person.name)
        .outerjoin(Person, Person.id == Invitation.invited_by)
        .where(
            Invitation.organisation_id.is_not_distinct_from(who.organisation_id),
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .order_by(Invitation.created_at.desc(), Invitation.id)
    )
    now = datetime.now(UTC)
    return [
        Waiting(
            found.id,
            found.email,
            Role(found.role),
            name or "the operator",
            found.created_at,
            found.sent_at,
            found.expires_at,
            expired=found.expires_at <= now,
        )
        for found, name in rows
    ]


def resend(session: Session, who: Principal, invitation_id: UUID) -> Invited:
    """Make a new link that holds as long as a new invitation; the older one leads to nothing.

    From now on it is `who`'s invitation: `who` must be allowed to invite to its role, now and when it
    is accepted.

    :raises NotFound: when there is no such invitation that waits.
    :raises PermissionDenied: for a role that `who` may not give.
    """
    found = _waiting(session, who, invitation_id)
    require_may_invite(session, who, Role(found.role), found.organisation_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    found.token_hash, found.sent_at = hash_of(token), None
    found.invited_by, found.invited_from = who.person_id, who.organisation_id
    found.expires_at = datetime.now(UTC) + HOLDS
    session.flush()
    _write_down(session, who, AuditTag.INVITATION_RESEND, found)
    return _invited(session, who, found, token)


def withdraw(session: Session, who: Principal, invitation_id: UUID) -> None:
    """Take an invitation back: its link leads to nothing.

    :raises NotFound: when there is no such invitation that waits.
    """
    found = _waiting(session, who, invitation_id)
    found.withdrawn_at, found.withdrawn_because = datetime.now(UTC), WITHDRAWN
    session.flush()
    _write_down(session, who, AuditTag.INVITATION_WITHDRAW, found)


def mark_sent(session: Session, invitation_id: UUID) -> None:
    """Remember that the newest link was mailed."""
    found = session.get(Invitation, invitation_id)
    if found is not None:
        found.sent_at = datetime.now(UTC)


def _waiting(session: Session, who: Principal, invitation_id: UUID) -> Invitation:
    who.require(Permission.PEOPLE_MANAGE)
    found = session.scalar(
        select(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.organisation_id.is_not_distinct_from(who.organisation_id),
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound
    try:
        require_grant(who, [Role(found.role)])
    except PermissionDenied as error:
        raise PermissionDenied("this invitation is to a role that you may not give") from error
    return found


def _invited(session: Session, who: Principal, found: Invitation, token: str) -> Invited:
    name = session.scalar(select(Organisation.name).where(Organisation.id == found.organisation_id))
    return Invited(
        found.id,
        found.email,
        Role(found.role),
        name or "the platform",
        who.person_name,
        found.expires_at,
        token,
    )


def _write_down(session: Session, who: Principal, tag: AuditTag, found: Invitation) -> None:
    """In the log of the organisation that is invited into, whoever invites."""
    there = replace(who, organisation_id=found.organisation_id)
    record(session, there, tag, f"invitation {found.id}", {"email": found.email, "role": found.role})


def hash_of(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def still_open(session: Session, token_hash: bytes) -> Invitation | None:
    """The invitation that a link is of, by its token's hash, while it can be accepted."""
    query = select(Invitation).where(
        Invitation.token_hash == token_hash,
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > func.now(),
    )
    return session.scalar(query)
