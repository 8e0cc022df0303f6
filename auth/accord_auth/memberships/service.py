"""People where they belong: seeing them, changing their roles, removing them. On the gate's role.

Everything is about where the principal acts: a person who does not belong there answers like nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_membership, of_person
from accord_auth.access.service import Ended, end_access, preview
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.people.granting import (
    admin_role,
    admins_besides,
    hold_people,
    require_grant,
    require_touch,
)
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.people.service import assign_role
from accord_auth.permissions import Permission, Role, permissions_of
from accord_auth.principal import Principal

IDLE = timedelta(days=90)
"""An account without a sign-in for so long is shown as idle."""

LONGEST_REASON = 500


@dataclass(frozen=True)
class PersonHere:
    """A person as one who belongs where the principal acts."""

    id: UUID
    name: str
    email: str
    active: bool
    roles: frozenset[Role]
    since: datetime
    last_sign_in_at: datetime | None
    """For this organisation."""

    def idle(self, now: datetime) -> bool:
        """Whether the person has not signed in here for a long time."""
        return (self.last_sign_in_at or self.since) < now - IDLE


def people_here(session: Session, who: Principal) -> list[PersonHere]:
    """Everybody who belongs where the principal acts, by name.

    :raises PermissionDenied: without `people:read`.
    """
    who.require(Permission.PEOPLE_READ)
    return _people(session, who)


def find_person(session: Session, who: Principal, person_id: UUID) -> PersonHere:
    """One of them.

    :raises NotFound: when nobody of this id belongs there.
    """
    who.require(Permission.PEOPLE_READ)
    found = _people(session, who, person_id)
    if not found:
        raise NotFound
    return found[0]


def find_by_email(session: Session, who: Principal, email: str) -> PersonHere:
    """The one with this address.

    :raises NotFound: when nobody of this address belongs there.
    """
    who.require(Permission.PEOPLE_READ)
    for person in _people(session, who):
        if person.email == email.strip().lower():
            return person
    raise NotFound(f"nobody with the address {email} belongs to {who.organisation_name}")


def _people(session: Session, who: Principal, person_id: UUID | None = None) -> list[PersonHere]:
    query = (
        select(
            Person,
            func.array_agg(RoleAssignment.role),
            func.min(RoleAssignment.created_at),
            func.max(RoleAssignment.last_sign_in_at),
        )
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(RoleAssignment.organisation_id.is_not_distinct_from(who.organisation_id))
        .group_by(Person.id)
        .order_by(Person.name, Person.id)
    )
    if person_id is not None:
        query = query.where(Person.id == person_id)
    return [
        PersonHere(
            person.id,
            person.name,
            person.email,
            person.status == PersonStatus.ACTIVE,
            frozenset(Role(name) for name in roles),
            since,
            last_sign_in_at,
        )
        for person, roles, since, last_sign_in_at in session.execute(query)
    ]


def may_change(who: Principal, person: PersonHere) -> bool:
    """Whether the principal may change this person's roles, or remove the person."""
    try:
        require_touch(who, person.id, person.roles)
    except PermissionDenied:
        return False
    return True


def preview_removal(session: Session, who: Principal, person: PersonHere) -> Ended:
    """What would end if the person were removed, or given a lower role."""
    return preview(session, of_membership(person.id, who.organisation_id))


def change_roles(
    session: Session, who: Principal, person_id: UUID, roles: Collection[Role], reason: str | None = None
) -> Ended | None:
    """Give a person exactly these roles where the principal acts.

    When the person may do less than before, everything by which the person acts there ends, so that
    nothing goes on with the old roles; returns what ended.

    :raises NotFound: when nobody of this id belongs there.
    :raises PermissionDenied: for oneself, a person who may do more, or a role that allows more than
        one's own.
    :raises Conflict: when nobody would be left who decides about people.
    :raises Invalid: without any role.
    """
    person, wanted = _held(session, who, person_id), frozenset(roles)
    require_touch(who, person.id, person.roles)
    require_grant(who, wanted - person.roles)
    if not wanted:
        why = "choose at least one role, or remove the person"
        raise Invalid(why, {"roles": [why]})
    if wanted == person.roles:
        return None
    if admin_role(who.organisation_id) not in wanted:
        _require_another_admin(session, who, person)
    _take_roles(session, who, person.id, person.roles - wanted)
    for role in sorted(wanted - person.roles):
        assign_role(session, person_id=person.id, role=role, organisation_id=who.organisation_id)
    before, after = {"roles": sorted(person.roles)}, {"roles": sorted(wanted)}
    record(session, who, AuditTag.PERSON_ROLES, f"person {person.id}", why=reason, before=before, after=after)
    if permissions_of(person.roles) <= permissions_of(wanted):
        return None
    return end_access(session, who, of_membership(person.id, who.organisation_id), Cause.ROLE_LOWERED, reason)


def remove_person(session: Session, who: Principal, person_id: UUID, reason: str | None = None) -> Ended:
    """Take all roles that a person has where the principal acts, and end all that goes with them.

    The person's account stays: it may belong to other organisations, and the audit log names it.

    :raises NotFound: when nobody of this id belongs there.
    :raises PermissionDenied: for oneself, and for a person who may do more.
    :raises Conflict: when nobody would be left who decides about people.
    """
    person = _held(session, who, person_id)
    require_touch(who, person.id, person.roles)
    _require_another_admin(session, who, person)
    _take_roles(session, who, person.id, person.roles)
    before = {"roles": sorted(person.roles), "email": person.email}
    record(session, who, AuditTag.PERSON_REMOVE, f"person {person.id}", why=reason, before=before, after={})
    return end_access(session, who, of_membership(person.id, who.organisation_id), Cause.REMOVED, reason)


def set_disabled(
    session: Session, who: Principal, email: str, *, disabled: bool, reason: str | None = None
) -> Ended | None:
    """Let nobody use an account any more, wherever it belongs, or let it be used again.

    For the installation's operator alone: an account belongs to the person, not to one organisation.
    Returns what ended.

    :raises PermissionDenied: for anybody else.
    :raises NotFound: when there is no account with this address.
    :raises Conflict: when an organisation, or the platform, would be left without an admin.
    """
    who.require(Permission.PEOPLE_MANAGE)
    if who.person_id is not None or who.organisation_id is not None:
        raise PermissionDenied("the installation's operator disables accounts")
    person = session.scalar(select(Person).where(Person.email == email.strip().lower()).with_for_update())
    if person is None:
        raise NotFound(f"there is no account with the address {email}")
    status = PersonStatus.DISABLED if disabled else PersonStatus.ACTIVE
    before, person.status = {"status": person.status}, status
    if before["status"] == status:
        return None
    if disabled:
        _require_admins_besides(session, person.id)
    session.flush()
    subject, after = f"person {person.id}", {"status": status.value}
    record(session, who, AuditTag.PERSON_STATUS, subject, why=reason, before=before, after=after)
    return end_access(session, who, of_person(person.id), Cause.PERSON_DISABLED, reason) if disabled else None


def _require_admins_besides(session: Session, person_id: UUID) -> None:
    places = select(RoleAssignment.organisation_id, RoleAssignment.role).where(
        RoleAssignment.person_id == person_id
    )
    for organisation_id, role in session.execute(places.order_by(RoleAssignment.organisation_id)).all():
        if role != admin_role(organisation_id):
            continue
        hold_people(session, organisation_id)
        if not admins_besides(session, organisation_id, person_id):
            raise Conflict("this is the last admin of an organisation or of the platform: name another first")


def _held(session: Session, who: Principal, person_id: UUID) -> PersonHere:
    """The person, when nobody else changes people there, and who acts still may."""
    who.require(Permission.PEOPLE_MANAGE)
    hold_people(session, who.organisation_id)
    if who.person_id is not None:
        actor = _people(session, who, who.person_id)
        if not actor or Permission.PEOPLE_MANAGE not in permissions_of(actor[0].roles):
            raise PermissionDenied("you may not decide about people here any more")
    return find_person(session, who, person_id)


def _require_another_admin(session: Session, who: Principal, person: PersonHere) -> None:
    role = admin_role(who.organisation_id)
    if role in person.roles and not admins_besides(session, who.organisation_id, person.id):
        raise Conflict("this is the last admin: make somebody else an admin first")


def _take_roles(session: Session, who: Principal, person_id: UUID, roles: Collection[Role]) -> None:
    session.execute(
        delete(RoleAssignment).where(
            RoleAssignment.person_id == person_id,
            RoleAssignment.organisation_id.is_not_distinct_from(who.organisation_id),
            RoleAssignment.role.in_(roles),
        )
    )
