"""Who may give whom which role. Nobody gives more than they have, or touches who has more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord_auth.errors import PermissionDenied
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.permissions import ROLE_NAMES, ROLES, Permission, Role, permissions_of, platform_role
from accord_auth.principal import Principal


def grantable(who: Principal) -> frozenset[Role]:
    """The roles that somebody may give where they act: none that allows more than their own."""
    if Permission.PEOPLE_MANAGE not in who.permissions:
        return frozenset()
    of_platform = who.organisation_id is None
    return frozenset(
        role
        for role, permissions in ROLES.items()
        if platform_role(role) == of_platform and permissions <= who.permissions
    )


def require_grant(who: Principal, roles: Collection[Role]) -> None:
    """Go on only when somebody may give all of these roles where they act.

    :raises PermissionDenied: naming a role that they may not give.
    """
    who.require(Permission.PEOPLE_MANAGE)
    for role in sorted(set(roles) - grantable(who)):
        raise PermissionDenied(f"you may not give the role {ROLE_NAMES[role]} here")


def require_touch(who: Principal, person_id: UUID, roles: Collection[Role]) -> None:
    """Go on only when somebody may change a person who has these roles where they act.

    :raises PermissionDenied: for oneself, and for a person who may do more.
    """
    who.require(Permission.PEOPLE_MANAGE)
    if who.person_id == person_id:
        raise PermissionDenied("another admin changes your roles or removes you")
    if not permissions_of(frozenset(roles)) <= who.permissions:
        raise PermissionDenied("this person may do more than you")


def admin_role(organisation_id: UUID | None) -> Role:
    """The role without which nobody decides about the people of an organisation, or of the platform."""
    return Role.PLATFORM_ADMIN if organisation_id is None else Role.ORGANISATION_ADMIN


def admins_besides(session: Session, organisation_id: UUID | None, person_id: UUID | None) -> int:
    """How many people who may sign in are admins there, besides one."""
    query = (
        select(func.count(Person.id.distinct()))
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            RoleAssignment.organisation_id.is_not_distinct_from(organisation_id),
            RoleAssignment.role == admin_role(organisation_id),
            Person.status == PersonStatus.ACTIVE,
        )
    )
    if person_id is not None:
        query = query.where(Person.id != person_id)
    return session.scalar(query) or 0


def admin_addresses(session: Session, organisation_id: UUID | None) -> list[str]:
    """The e-mail addresses of the admins there who can sign in; None: of the platform."""
    found = session.scalars(
        select(Person.email)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            RoleAssignment.organisation_id.is_not_distinct_from(organisation_id),
            RoleAssignment.role == admin_role(organisation_id),
            Person.status == PersonStatus.ACTIVE,
        )
        .order_by(Person.email)
    )
    return list(found)


def addresses_with(session: Session, organisation_id: UUID, needed: Collection[Permission]) -> list[str]:
    """The e-mail addresses of those there who can sign in and have all of these permissions."""
    roles: defaultdict[str, set[Role]] = defaultdict(set)
    rows = session.execute(
        select(Person.email, RoleAssignment.role)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(RoleAssignment.organisation_id == organisation_id, Person.status == PersonStatus.ACTIVE)
    )
    for email, role in rows:
        roles[email].add(Role(role))
    return sorted(one for one in roles if set(needed) <= permissions_of(frozenset(roles[one])))


def hold_people(session: Session, organisation_id: UUID | None) -> None:
    """Let nobody else change who belongs there until this transaction ends.

    Two admins who remove each other at once come one after the other, and the second finds the first gone.
    """
    name = f"people of {organisation_id or 'the platform'}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
