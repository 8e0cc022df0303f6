"""What admins let a directory say: which group gives which role, how it names people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.directory.models import (
    DirectoryGroup,
    DirectoryMapping,
    DirectoryMember,
    DirectorySettings,
    DirectoryToken,
    DirectoryUser,
)
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.organisations.domains import proved_domains
from accord_auth.people.granting import require_grant
from accord_auth.people.models import Person
from accord_auth.permissions import Permission, Role, permissions_of, platform_role
from accord_auth.principal import Principal
from accord_auth.provisioning.placing import Acting, begin, place
from accord_auth.provisioning.rows import rows_of
from accord_auth.provisioning.users import LONGEST

MOST_MAPPINGS = 200


@dataclass(frozen=True)
class Mapped:
    """A mapping as admins see it. `made_by` is empty for the operator; `users` are in the group."""

    id: UUID
    group_name: str
    role: Role
    made_by: str
    users: int


@dataclass(frozen=True)
class Overview:
    """An organisation's directory at a glance."""

    domains: tuple[str, ...]
    default_domain: str
    default_role: Role | None
    mappings: tuple[Mapped, ...]
    unmapped: tuple[str, ...]
    """Groups that the directory announced and that give nothing."""
    users: int
    active: int
    waiting: int
    """Active ones who have not proved their address yet."""
    groups: int
    last_used_at: datetime | None


def overview(session: Session, who: Principal) -> Overview:
    """How the principal's organisation is provisioned.

    :raises PermissionDenied: without `provisioning:read`.
    """
    who.require(Permission.PROVISIONING_READ)
    settings = session.get(DirectorySettings, who.organisation)
    active = func.count().filter(DirectoryUser.active)
    waits = func.count().filter(DirectoryUser.active, DirectoryUser.person_id.is_(None))
    users = session.execute(
        select(func.count(), active, waits).where(DirectoryUser.organisation_id == who.organisation)
    ).one()
    mappings = tuple(_mappings(session, who.organisation))
    named = {one.group_name.lower() for one in mappings}
    groups = session.scalars(
        select(DirectoryGroup.display_name)
        .where(DirectoryGroup.organisation_id == who.organisation)
        .order_by(DirectoryGroup.display_name)
    ).all()
    used = select(func.max(DirectoryToken.last_used_at)).where(
        DirectoryToken.organisation_id == who.organisation
    )
    return Overview(
        domains=tuple(sorted(proved_domains(session, who.organisation))),
        default_domain=settings.default_domain if settings else "",
        default_role=Role(settings.default_role) if settings and settings.default_role else None,
        mappings=mappings,
        unmapped=tuple(name for name in groups if name.lower() not in named),
        users=users[0],
        active=users[1],
        waiting=users[2],
        groups=len(groups),
        last_used_at=session.scalar(used),
    )


def _mappings(session: Session, organisation_id: UUID) -> Iterator[Mapped]:
    users = (
        select(func.count(DirectoryMember.user_id))
        .join(DirectoryGroup, DirectoryGroup.id == DirectoryMember.group_id)
        .where(
            DirectoryGroup.organisation_id == organisation_id,
            func.lower(DirectoryGroup.display_name) == func.lower(DirectoryMapping.group_name),
        )
        .correlate(DirectoryMapping)
        .scalar_subquery()
    )
    rows = session.execute(
        select(DirectoryMapping, Person.name, users)
        .outerjoin(Person, Person.id == DirectoryMapping.made_by)
        .where(DirectoryMapping.organisation_id == organisation_id)
        .order_by(func.lower(DirectoryMapping.group_name), DirectoryMapping.role)
    )
    for mapping, name, count in rows:
        yield Mapped(mapping.id, mapping.group_name, Role(mapping.role), name or "", count)


def map_group(session: Session, who: Principal, *, group_name: str, role: Role) -> Acting:
    """Have everybody in groups of this name have a role; returns whom that invites.

    :raises PermissionDenied: without `provisioning:manage`, and for a role that `who` may not give.
    :raises Invalid: when the name will not do, or the role is one of the platform.
    :raises Conflict: when it is mapped so already.
    """
    _require_role(who, role)
    name = group_name.strip()
    if not name or len(name) > LONGEST or not name.isprintable():
        why = f"1 to {LONGEST} printable characters, as the directory names the group"
        raise Invalid(why, {"group_name": [why]})
    acting = _begun(session, who)
    known = session.scalars(
        select(DirectoryMapping).where(DirectoryMapping.organisation_id == who.organisation)
    ).all()
    if len(known) >= MOST_MAPPINGS:
        raise Conflict(f"an organisation maps {MOST_MAPPINGS} groups at most")
    if any(one.group_name.lower() == name.lower() and one.role == role for one in known):
        raise Conflict("this group gives this role already")
    made = DirectoryMapping(
        organisation_id=who.organisation, group_name=name, role=role, made_by=who.person_id
    )
    session.add(made)
    session.flush()
    after = {"group": name, "role": role.value}
    record(session, who, AuditTag.DIRECTORY_MAPPING, f"directory mapping {made.id}", before={}, after=after)
    _place_all(acting)
    return acting


def unmap_group(session: Session, who: Principal, mapping_id: UUID) -> Acting:
    """Have a group give a role no more: who loses it is signed out at once.

    :raises PermissionDenied: without `provisioning:manage`.
    :raises NotFound: when there is no such mapping.
    :raises Conflict: when nobody would be left who decides about people.
    """
    who.require(Permission.PROVISIONING_MANAGE)
    acting = _begun(session, who)
    found = session.scalar(
        select(DirectoryMapping).where(
            DirectoryMapping.id == mapping_id, DirectoryMapping.organisation_id == who.organisation
        )
    )
    if found is None:
        raise NotFound
    before = {"group": found.group_name, "role": found.role}
    session.execute(delete(DirectoryMapping).where(DirectoryMapping.id == found.id))
    record(
        session, who, AuditTag.DIRECTORY_MAPPING, f"directory mapping {mapping_id}", before=before, after={}
    )
    _place_all(acting)
    return acting


def set_defaults(
    session: Session, who: Principal, *, default_domain: str, default_role: Role | None
) -> Acting:
    """Say what is added to user names without a domain, and which role every active user has.

    :raises PermissionDenied: without `provisioning:manage`, and for a role that `who` may not give.
    :raises Invalid: for a domain that the organisation did not prove.
    :raises Conflict: when nobody would be left who decides about people.
    """
    who.require(Permission.PROVISIONING_MANAGE)
    settings = session.get(DirectorySettings, who.organisation)
    if default_role is not None and (settings is None or settings.default_role != default_role):
        _require_role(who, default_role)
    if default_domain and default_domain not in proved_domains(session, who.organisation):
        why = "choose one of the domains that your organisation proved"
        raise Invalid(why, {"default_domain": [why]})
    acting = _begun(session, who)
    if settings is None:
        settings = DirectorySettings(organisation_id=who.organisation, default_domain="")
        session.add(settings)
    before = {"default_domain": settings.default_domain, "default_role": settings.default_role}
    settings.default_domain, settings.default_role = default_domain, default_role
    session.flush()
    after = {"default_domain": default_domain, "default_role": default_role}
    subject = f"directory of {who.organisation}"
    record(session, who, AuditTag.DIRECTORY_SETTINGS, subject, before=before, after=after)
    if before["default_role"] != default_role:
        _place_all(acting)
    return acting


def _require_role(who: Principal, role: Role) -> None:
    who.require(Permission.PROVISIONING_MANAGE)
    if platform_role(role):
        why = "a directory gives roles of its own organisation only"
        raise Invalid(why, {"role": [why]})
    require_grant(who, [role])


def _begun(session: Session, who: Principal) -> Acting:
    acting = Acting(session, who)
    begin(acting)
    return acting


def _place_all(acting: Acting) -> None:
    users = rows_of(DirectoryUser, acting.organisation_id).execution_options(populate_existing=True)
    for user in acting.session.scalars(users).all():
        place(acting, user)


def may_map(who: Principal) -> frozenset[Role]:
    """The roles that the principal may have groups give."""
    if Permission.PROVISIONING_MANAGE not in who.permissions:
        return frozenset()
    return frozenset(
        role
        for role in Role
        if not platform_role(role) and permissions_of(frozenset({role})) <= who.permissions
    )
