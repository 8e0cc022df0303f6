"""Who can reach one of an organisation's things, and why; and what one of its people can reach.

Everything is said by `explain` of the rows themselves. Nothing here shows a thing's content: its title is
told to those alone who may read the thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord.caseload.models import Case
from accord.linking.models import Lead
from accord.reach.explaining import explain, thing_of
from accord.reach.rules import Thing
from accord.sharing.models import Share, ShareOrigin
from accord_auth.audit.models import AuditEntry
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import NotFound
from accord_auth.organisations.models import Organisation, OrganisationStatus
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.permissions import IN_AN_EMERGENCY, ROLES, Permission, Role, permissions_of
from accord_auth.principal import Principal
from accord_auth.sessions.models import EmergencyReading, reading_is_open
from accord_config.database import Base

MOST_SHARES = 200
"""Shares of one thing, or of one organisation, that are told; the newest."""


class Kind(StrEnum):
    """What can be explained."""

    CASE = "case"
    LEAD = "lead"
    SHARE = "share"


@dataclass(frozen=True)
class Reacher:
    """Somebody, whether they can read it, and why. `what` is what they would read."""

    who: str
    what: str
    may_read: bool
    why: str
    roles: tuple[str, ...] = ()
    id: UUID | None = None
    """A person's or a share's."""


@dataclass(frozen=True)
class Explained:
    """A thing of the organisation, and everybody who can reach it. Whoever is not named reaches nothing."""

    kind: Kind
    id: UUID
    title: str | None
    """None: whoever asks may not read the thing itself."""
    owner: str
    people: tuple[Reacher, ...]
    members: tuple[Reacher, ...]
    platform: tuple[Reacher, ...]


@dataclass(frozen=True)
class Colleague:
    """A person of the organisation with their roles there; `principal` is None when they cannot sign in."""

    id: UUID
    name: str
    email: str
    roles: tuple[str, ...]
    principal: Principal | None


def colleagues(session: Session, principal: Principal) -> list[Colleague]:
    """The people of the principal's organisation with their roles, by name."""
    principal.require(Permission.ACCESS_READ)
    query = (
        select(Person.id, Person.name, Person.email, Person.status, func.array_agg(RoleAssignment.role))
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(RoleAssignment.organisation_id == principal.organisation)
        .group_by(Person.id)
        .order_by(Person.name, Person.id)
    )
    found = []
    for person_id, name, email, status, names in session.execute(query):
        roles = frozenset(Role(word) for word in names)
        acting = _acting(principal, person_id, name, email, roles) if status == PersonStatus.ACTIVE else None
        found.append(Colleague(person_id, name, email, tuple(sorted(roles)), acting))
    return found


def _acting(
    principal: Principal, person_id: UUID, name: str, email: str, roles: frozenset[Role]
) -> Principal:
    return Principal(
        organisation_id=principal.organisation_id,
        organisation_slug=principal.organisation_slug,
        organisation_name=principal.organisation_name,
        organisation_kind=principal.organisation_kind,
        person_id=person_id,
        person_name=name,
        email=email,
        roles=roles,
        permissions=permissions_of(roles),
    )


def explain_thing(session: Session, principal: Principal, kind: Kind, thing_id: UUID) -> Explained:
    """Everybody who can reach a case, lead or share of the principal's organisation, or a share it received.

    :raises NotFound: when there is none that the organisation sees.
    """
    principal.require(Permission.ACCESS_READ)
    own = principal.organisation
    row = _find(session, kind, thing_id)
    now = datetime.now(UTC)
    if row is None or not explain(principal, thing_of(row), now).row_seen:
        raise NotFound
    thing = thing_of(row)
    record(session, principal, AuditTag.ACCESS_EXPLAIN, f"{kind} {thing_id}")
    people = tuple(_reacher(one, thing, f"the {kind}", now) for one in colleagues(session, principal))
    shares = [row] if isinstance(row, Share) else _shares_of(session, kind, thing_id)
    owner = session.get_one(Organisation, row.organisation_id)
    members = [_recipient(session, share, now) for share in shares if share.recipient_id != own]
    if owner.id != own:
        words = "their organisation owns it: people there with the permission shares:read"
        members.append(Reacher(owner.name, "the share", may_read=True, why=words))
    return Explained(
        kind=kind,
        id=thing_id,
        title=row.title if explain(principal, thing, now).may_read else None,
        owner=owner.name,
        people=people,
        members=tuple(members),
        platform=(*_platform(thing, now), *_in_emergencies(session, owner, thing, now)),
    )


def _find(session: Session, kind: Kind, thing_id: UUID) -> Case | Lead | Share | None:
    if kind is Kind.CASE:
        return session.get(Case, thing_id)
    return session.get(Lead, thing_id) if kind is Kind.LEAD else session.get(Share, thing_id)


def _reacher(one: Colleague, thing: Thing, what: str, now: datetime) -> Reacher:
    reach = explain(one.principal, thing, now)
    why = reach.why if one.principal is not None else "disabled: cannot sign in"
    return Reacher(one.name, what, reach.may_read, why, one.roles, one.id)


def _shares_of(session: Session, kind: Kind, thing_id: UUID) -> Sequence[Share]:
    query = select(Share).join(ShareOrigin, ShareOrigin.share_id == Share.id)
    if kind is Kind.CASE:
        query = query.where(ShareOrigin.case_id == thing_id)
    else:
        query = query.join(Case, Case.id == ShareOrigin.case_id).where(Case.lead_id == thing_id)
    return session.scalars(query.order_by(Share.created_at.desc(), Share.id).limit(MOST_SHARES)).all()


def _recipient(session: Session, share: Share, now: datetime) -> Reacher:
    """The recipient of a share, as somebody there with every permission of a member."""
    member = session.get_one(Organisation, share.recipient_id)
    anybody = Principal(
        organisation_id=member.id,
        organisation_slug=member.slug,
        organisation_name=member.name,
        organisation_kind=member.kind,
        person_id=None,
        person_name="",
        email="",
        roles=frozenset({Role.INVESTIGATOR}),
        permissions=ROLES[Role.INVESTIGATOR],
    )
    acts = member.status == OrganisationStatus.ACTIVE
    reach = explain(anybody if acts else None, thing_of(share), now)
    why = reach.why if acts else f"the member is {member.status}: its people cannot sign in"
    what = "the document of the share, and nothing else"
    return Reacher(member.name, what, reach.may_read, why, id=share.id)


def _platform(thing: Thing, now: datetime) -> tuple[Reacher, ...]:
    found = []
    for role in (Role.PLATFORM_ADMIN, Role.PLATFORM_AUDITOR):
        somebody = Principal(
            organisation_id=None,
            organisation_slug="platform",
            organisation_name="The platform",
            organisation_kind="platform",
            person_id=UUID(int=0),
            person_name="",
            email="",
            roles=frozenset({role}),
            permissions=ROLES[role],
        )
        reach = explain(somebody, thing, now)
        found.append(Reacher(role.replace("_", " ").capitalize(), "", reach.may_read, reach.why, (role,)))
    return tuple(found)


def _in_emergencies(session: Session, owner: Organisation, thing: Thing, now: datetime) -> Iterator[Reacher]:
    """Who of the platform reads the owner's case data right now; of another member's nobody learns it."""
    readings = session.scalars(
        select(EmergencyReading)
        .where(EmergencyReading.organisation_id == owner.id, reading_is_open())
        .order_by(EmergencyReading.asked_at, EmergencyReading.id)
    )
    for reading in readings:
        reader = Principal(
            organisation_id=owner.id,
            organisation_slug=owner.slug,
            organisation_name=owner.name,
            organisation_kind=owner.kind,
            person_id=reading.asked_by,
            person_name=reading.asked_name,
            email="",
            roles=frozenset(),
            permissions=IN_AN_EMERGENCY,
            emergency_id=reading.id,
        )
        reach = explain(reader, thing, now, thing_of(reading).values)
        until = f"until {reading.ends_at:%Y-%m-%d %H:%M} UTC, approved by {reading.approved_name}"
        why = f"{reach.why}, {until}" if reach.may_read else reach.why
        yield Reacher(reading.asked_name, "", reach.may_read, why, (Role.PLATFORM_ADMIN,))


@dataclass(frozen=True)
class Amount:
    """How many rows of a kind a person can read, and why, or why none."""

    what: str
    number: int
    may_read: bool
    why: str


@dataclass(frozen=True)
class PersonReach:
    """One person of the organisation: roles, permissions and what these reach."""

    person: Colleague
    permissions: tuple[str, ...]
    amounts: tuple[Amount, ...]


COUNTED: tuple[tuple[str, type[Base]], ...] = (
    ("leads", Lead),
    ("cases", Case),
    ("shares made and received", Share),
    ("entries of the audit log", AuditEntry),
)


_NOBODY_S = {"recipient_id": None, "revoked_at": None, "expires_at": None}
"""Of an organisation's own row: nobody received it."""


def explain_person(session: Session, principal: Principal, person_id: UUID) -> PersonReach:
    """What a person of the principal's organisation can reach in it.

    :raises NotFound: when there is no such person there.
    """
    found = next((one for one in colleagues(session, principal) if one.id == person_id), None)
    if found is None:
        raise NotFound
    record(session, principal, AuditTag.ACCESS_EXPLAIN, f"person {person_id}")
    now = datetime.now(UTC)
    amounts = []
    for words, model in COUNTED:
        number = session.scalar(select(func.count()).select_from(model)) or 0
        example = Thing(model.__tablename__, {**_NOBODY_S, "organisation_id": principal.organisation})
        reach = explain(found.principal, example, now)
        why = reach.why if found.principal else "disabled: cannot sign in"
        amounts.append(Amount(words, number if reach.may_read else 0, reach.may_read, why))
    permissions = found.principal.permissions if found.principal else frozenset()
    return PersonReach(found, tuple(sorted(permissions)), tuple(amounts))


def shares_across(session: Session, principal: Principal) -> list[tuple[Share, Organisation, bool]]:
    """The organisation's shares, made and received, the newest first: with whom, and whether it made it."""
    principal.require(Permission.ACCESS_READ)
    own = principal.organisation
    query = select(Share).order_by(Share.created_at.desc(), Share.id).limit(MOST_SHARES)
    return [
        (
            share,
            session.get_one(
                Organisation, share.recipient_id if share.organisation_id == own else share.organisation_id
            ),
            share.organisation_id == own,
        )
        for share in session.scalars(query)
    ]
