"""Which roles the directory wants somebody to have, and giving them once the address is proved."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accord_auth.directory.models import (
    DirectoryGroup,
    DirectoryMapping,
    DirectoryMember,
    DirectorySettings,
    DirectoryUser,
)
from accord_auth.people.models import Person, RoleAssignment
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role, platform_role


def in_domains(address: str, domains: frozenset[str]) -> bool:
    """Whether an e-mail address is in one of the domains; a subdomain is another domain."""
    return address.rpartition("@")[2] in domains


def roles_wanted(session: Session, user: DirectoryUser) -> frozenset[Role]:
    """The roles that the directory wants a user to have now: none for one that is not active."""
    return roles_of_all(session, [user])[user.id]


def roles_of_all(session: Session, users: Sequence[DirectoryUser]) -> dict[UUID, frozenset[Role]]:
    """Likewise for several users of one organisation, by their ids."""
    if not users:
        return {}
    organisation_id = users[0].organisation_id
    mapped = session.execute(
        select(DirectoryMember.user_id, DirectoryMapping.role)
        .join(DirectoryGroup, DirectoryGroup.id == DirectoryMember.group_id)
        .join(
            DirectoryMapping,
            (DirectoryMapping.organisation_id == DirectoryGroup.organisation_id)
            & (func.lower(DirectoryMapping.group_name) == func.lower(DirectoryGroup.display_name)),
        )
        .where(
            DirectoryMember.user_id.in_([user.id for user in users]),
            DirectoryMapping.organisation_id == organisation_id,
        )
    ).all()
    default = session.scalar(
        select(DirectorySettings.default_role).where(DirectorySettings.organisation_id == organisation_id)
    )
    found: dict[UUID, set[Role]] = {user.id: {Role(default)} if default else set() for user in users}
    for user_id, name in mapped:
        found[user_id].add(Role(name))
    return {
        user.id: frozenset(role for role in found[user.id] if user.active and not platform_role(role))
        for user in users
    }


def bind(session: Session, organisation_id: UUID | None, person: Person) -> None:
    """Give a person, who has just proved the address in an organisation, what its directory says of it.

    Nothing happens where the directory does not know the address.
    """
    user = session.scalar(
        select(DirectoryUser)
        .where(
            DirectoryUser.organisation_id == organisation_id,
            DirectoryUser.address == person.email,
            DirectoryUser.person_id.is_(None),
            DirectoryUser.active,
        )
        .with_for_update()
    )
    if user is None:
        return
    held = roles_held(session, user.organisation_id, person.id)
    fresh = roles_wanted(session, user) - held
    for role in sorted(fresh):
        assign_role(session, person_id=person.id, role=role, organisation_id=organisation_id)
    user.person_id, user.given_roles, user.placed = person.id, sorted(fresh), True
    session.flush()
    touch(session, user.id)


def roles_held(session: Session, organisation_id: UUID, person_id: UUID) -> frozenset[Role]:
    """The roles that a person has in an organisation."""
    found = session.scalars(
        select(RoleAssignment.role).where(
            RoleAssignment.organisation_id == organisation_id, RoleAssignment.person_id == person_id
        )
    )
    return frozenset(Role(name) for name in found)


def touch(session: Session, *user_ids: UUID) -> None:
    """Say that users have changed: they get a new version."""
    changed = update(DirectoryUser).where(DirectoryUser.id.in_(user_ids))
    session.execute(changed.values(version=DirectoryUser.version + 1, changed_at=func.now()))
