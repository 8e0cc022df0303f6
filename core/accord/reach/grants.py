"""What the platform's admins see of access: who may reach whom, counted, and never what.

The gate reads of a share its members and its dates alone: the database gives it no other column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from accord.sharing.models import Share
from accord_auth.organisations.models import Organisation
from accord_auth.people.models import RoleAssignment
from accord_auth.permissions import Permission
from accord_auth.principal import Principal


@dataclass(frozen=True)
class SharesBetween:
    """How many shares of one member another sees now, and when the last ends (None: one has no end)."""

    owner: str
    recipient: str
    shares: int
    last_end: datetime | None


@dataclass(frozen=True)
class RoleCount:
    """How many people have a role in a member; without a member, on the platform."""

    organisation: str | None
    role: str
    people: int


def shares_between(session: Session, principal: Principal) -> list[SharesBetween]:
    """Every pair of members with shares that hold now; on the gate's role."""
    principal.require(Permission.ORGANISATIONS_READ)
    owner, recipient = aliased(Organisation), aliased(Organisation)
    endless = func.bool_or(Share.expires_at.is_(None))
    query = (
        select(owner.name, recipient.name, func.count(), endless, func.max(Share.expires_at))
        .select_from(Share)
        .join(owner, owner.id == Share.organisation_id)
        .join(recipient, recipient.id == Share.recipient_id)
        .where(Share.revoked_at.is_(None), or_(Share.expires_at.is_(None), Share.expires_at > func.now()))
        .group_by(owner.id, owner.name, recipient.id, recipient.name)
        .order_by(owner.name, recipient.name)
    )
    return [
        SharesBetween(giver, taker, number, None if open_ended else last)
        for giver, taker, number, open_ended, last in session.execute(query)
    ]


def role_counts(session: Session, principal: Principal) -> list[RoleCount]:
    """How many people have which role where; on the gate's role."""
    principal.require(Permission.ORGANISATIONS_READ)
    query = (
        select(Organisation.name, RoleAssignment.role, func.count())
        .select_from(RoleAssignment)
        .outerjoin(Organisation, Organisation.id == RoleAssignment.organisation_id)
        .group_by(Organisation.id, Organisation.name, RoleAssignment.role)
        .order_by(Organisation.name.nulls_first(), RoleAssignment.role)
    )
    return [RoleCount(name, role, number) for name, role, number in session.execute(query)]
