"""Members at a glance, in numbers only: a platform admin sees how much there is, and nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, column, func, or_, select, table
from sqlalchemy.orm import InstrumentedAttribute, Session

from accord_auth.joining.membership import last_day
from accord_auth.oauth.models import ClientStatus, OAuthClient
from accord_auth.organisations.models import Agreement, Organisation, OrganisationStatus
from accord_auth.organisations.standing import TODAY, WARNING
from accord_auth.people.models import Person, RoleAssignment
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.sessions.models import SignedInSession

# The registry's and sharing's tables, of packages that import this one: the gate may count by these columns.
_ACTIVATIONS = table("activations", column("organisation_id"), column("active"), column("closed_at"))
_SHARES = table(
    "shares", column("organisation_id"), column("recipient_id"), column("revoked_at"), column("expires_at")
)


@dataclass(frozen=True)
class Glance:
    """A member: when its agreement ends, and how many of everything it has."""

    organisation: Organisation
    ends_on: date | None
    people: int = 0
    clients: int = 0
    plugins: int = 0
    shares_made: int = 0
    shares_received: int = 0
    last_active_at: datetime | None = None


def at_a_glance(session: Session, who: Principal, slug: str | None = None) -> list[Glance]:
    """All members by name, or the one with this slug."""
    who.require(Permission.ORGANISATIONS_READ)
    query = select(Organisation).order_by(Organisation.name, Organisation.id)
    if slug is not None:
        query = query.where(Organisation.slug == slug)
    return _glances(session, list(session.scalars(query)))


def glance(session: Session, found: Organisation) -> Glance:
    """One member at a glance; ask before whether the principal may."""
    return _glances(session, [found])[0]


def _glances(session: Session, found: list[Organisation]) -> list[Glance]:
    keys = [one.id for one in found]
    last = session.execute(
        select(Agreement.organisation_id, func.max(Agreement.ends_on))
        .where(Agreement.organisation_id.in_(keys))
        .group_by(Agreement.organisation_id)
    )
    ends = dict(last.all())
    people, active = _people(session, keys)
    plugins = _numbers(
        session,
        _ACTIVATIONS.c.organisation_id,
        keys,
        _ACTIVATIONS.c.active,
        _ACTIVATIONS.c.closed_at.is_(None),
    )
    clients = _numbers(session, OAuthClient.organisation_id, keys, OAuthClient.status == ClientStatus.ACTIVE)
    live = (
        _SHARES.c.revoked_at.is_(None),
        or_(_SHARES.c.expires_at.is_(None), _SHARES.c.expires_at > func.now()),
    )
    made = _numbers(session, _SHARES.c.organisation_id, keys, *live)
    received = _numbers(session, _SHARES.c.recipient_id, keys, *live)
    return [
        Glance(
            one,
            ends.get(one.id),
            people=people.get(one.id, 0),
            clients=clients.get(one.id, 0),
            plugins=plugins.get(one.id, 0),
            shares_made=made.get(one.id, 0),
            shares_received=received.get(one.id, 0),
            last_active_at=active.get(one.id),
        )
        for one in found
    ]


def _people(session: Session, keys: list[UUID]) -> tuple[dict[UUID, int], dict[UUID, datetime]]:
    belongs = RoleAssignment.organisation_id
    counts = session.execute(
        select(belongs, func.count(RoleAssignment.person_id.distinct()))
        .where(belongs.in_(keys))
        .group_by(belongs)
    )
    people = {key: number for key, number in counts if key is not None}
    active: dict[UUID, datetime] = {}
    # A session of a person in the organisation; of one whose sessions are over, the last sign-in.
    of_sessions = select(SignedInSession.organisation_id, func.max(SignedInSession.last_used_at)).where(
        SignedInSession.organisation_id.in_(keys)
    )
    of_people = (
        select(belongs, func.max(Person.last_sign_in_at))
        .join(Person, Person.id == RoleAssignment.person_id)
        .where(belongs.in_(keys), Person.last_sign_in_at.is_not(None))
    )
    for query, key in ((of_sessions, SignedInSession.organisation_id), (of_people, belongs)):
        for owner, at in session.execute(query.group_by(key)):
            if owner is not None and at is not None:
                active[owner] = max(at, active.get(owner, at))
    return people, active


def _numbers(
    session: Session,
    owner: ColumnElement[Any] | InstrumentedAttribute[Any],
    keys: list[UUID],
    *which: ColumnElement[bool],
) -> dict[UUID, int]:
    query = select(owner, func.count()).where(owner.in_(keys), *which).group_by(owner)
    return dict(session.execute(query).all())


@dataclass(frozen=True)
class EndsSoon:
    """An agreement that ends within the time of warning."""

    organisation: Organisation
    ends_on: date


def ending_soon(session: Session, who: Principal) -> list[EndsSoon]:
    """The active members whose last agreement ends within 30 days, the first to end before."""
    who.require(Permission.ORGANISATIONS_READ)
    ends_on = func.max(Agreement.ends_on)
    rows = session.execute(
        select(Organisation, ends_on)
        .join(Agreement, Agreement.organisation_id == Organisation.id)
        .where(Organisation.status == OrganisationStatus.ACTIVE)
        .group_by(Organisation.id)
        .having(ends_on > TODAY, ends_on <= TODAY + WARNING.days)
        .order_by(ends_on, Organisation.slug)
    )
    return [EndsSoon(*row) for row in rows]


def own_agreement_ends(session: Session, who: Principal, today: date) -> date | None:
    """When the principal's own agreement ends, where that is within 30 days; runs on the web's role too."""
    if Permission.MEMBERSHIP_READ not in who.permissions or who.organisation_id is None:
        return None
    ends_on = last_day(session, session.get_one(Organisation, who.organisation_id))
    return ends_on if ends_on is not None and ends_on - today <= timedelta(days=WARNING.days) else None
