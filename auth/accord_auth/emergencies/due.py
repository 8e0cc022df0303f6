"""Who is told by mail of an emergency reading, and when. On the gate's role; a worker calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from accord_auth.emergencies.service import Emergency, is_waiting, state_of
from accord_auth.organisations.models import Organisation
from accord_auth.people.granting import admin_addresses
from accord_auth.people.models import Person
from accord_auth.sessions.models import EmergencyReading

NEWS = timedelta(days=7)


@dataclass(frozen=True)
class Notice:
    """An emergency reading, and the addresses of those who are told of it."""

    emergency: Emergency
    addresses: Sequence[str]


def to_tell(session: Session) -> Notice | None:
    """The next approved emergency reading of which the organisation was not told; held until the end.

    Told of is also one that is over by now: it took place. What is older than a week is no news: there was
    no mail server then.
    """
    row = _next(session, EmergencyReading.approved_at > func.now() - NEWS, EmergencyReading.told_at.is_(None))
    if row is None:
        return None
    return Notice(row, admin_addresses(session, row.organisation.id))


def to_decide(session: Session) -> Notice | None:
    """The next emergency reading that waits for a second admin, none of whom was told; held until the end.

    The one who asked is not among the addresses.
    """
    row = _next(session, is_waiting(), EmergencyReading.waits_told_at.is_(None))
    if row is None:
        return None
    asker = session.scalar(select(Person.email).where(Person.id == row.reading.asked_by))
    return Notice(row, [one for one in admin_addresses(session, None) if one != asker])


def told(session: Session, notice: Notice) -> None:
    """The organisation's admins know."""
    notice.emergency.reading.told_at = session.scalar(select(func.now()))
    session.flush()


def told_to_decide(session: Session, notice: Notice) -> None:
    """The other platform admins know."""
    notice.emergency.reading.waits_told_at = session.scalar(select(func.now()))
    session.flush()


def _next(session: Session, *which: ColumnElement[bool]) -> Emergency | None:
    row = session.execute(
        select(EmergencyReading, Organisation)
        .join(Organisation, Organisation.id == EmergencyReading.organisation_id)
        .where(*which)
        .order_by(EmergencyReading.asked_at, EmergencyReading.id)
        .limit(1)
        .with_for_update(of=EmergencyReading, skip_locked=True)
    ).one_or_none()
    return None if row is None else Emergency(row[0], row[1], state_of(row[0]))
