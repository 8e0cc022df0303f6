"""Telling the members by mail that somebody reads their case data. On the gate's role; a worker calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord_auth.emergencies.service import Emergency, state_of
from accord_auth.organisations.models import Organisation
from accord_auth.people.granting import admin_addresses
from accord_auth.sessions.models import EmergencyReading

NEWS = timedelta(days=7)


@dataclass(frozen=True)
class Notice:
    """An approved emergency reading, and the addresses of those who are told of it."""

    emergency: Emergency
    addresses: Sequence[str]


def to_tell(session: Session) -> Notice | None:
    """The next approved emergency reading of which the organisation was not told; held until the end.

    Told of is also one that is over by now: it took place. What is older than a week is no news: there was
    no mail server then.
    """
    row = session.execute(
        select(EmergencyReading, Organisation)
        .join(Organisation, Organisation.id == EmergencyReading.organisation_id)
        .where(EmergencyReading.approved_at > func.now() - NEWS, EmergencyReading.told_at.is_(None))
        .order_by(EmergencyReading.approved_at, EmergencyReading.id)
        .limit(1)
        .with_for_update(of=EmergencyReading, skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    reading, affected = row
    emergency = Emergency(reading, affected, state_of(reading))
    return Notice(emergency, admin_addresses(session, affected.id))


def told(session: Session, notice: Notice) -> None:
    """The organisation's admins know."""
    notice.emergency.reading.told_at = session.scalar(select(func.now()))
    session.flush()
