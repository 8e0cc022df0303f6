"""Emergency readings, asked for or open: whose person loses access reads nobody's case data any more."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, delete, false, func, select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel, in_the_log_of
from accord_auth.audit.service import AuditTag, record
from accord_auth.sessions.models import EmergencyReading, SignedInSession


def count(session: Session, subject: Subject) -> int:
    """Readings that are asked for or open."""
    return session.scalar(select(func.count()).select_from(EmergencyReading).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """End them, together with the sessions in which they are read."""
    ended = (
        update(EmergencyReading)
        .where(*_of(subject))
        .values(ended_at=func.now(), ended_because=cause.value)
        .returning(EmergencyReading.id, EmergencyReading.organisation_id, EmergencyReading.asked_name)
    )
    over = session.execute(ended).all()
    ids = [emergency_id for emergency_id, _, _ in over]
    session.execute(delete(SignedInSession).where(SignedInSession.emergency_id.in_(ids)))
    if subject.reach is not Reach.CREDENTIAL:
        # One that ends by itself is told of by whoever ends it.
        for emergency_id, affected, reader in over:
            _tell(session, emergency_id, affected, reader, cause)
    return len(over)


def _tell(session: Session, emergency_id: UUID, affected: UUID, reader: str, cause: Cause) -> None:
    """The organisation whose data was read learns that it is over; the reader's own log has the cause."""
    detail = {"reads": reader, "cause": cause.value}
    record(session, in_the_log_of(affected), AuditTag.EMERGENCY_END, f"emergency {emergency_id}", detail)


def _of(subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield EmergencyReading.ended_at.is_(None)
    if subject.reach is Reach.CREDENTIAL:
        yield EmergencyReading.id == subject.credential_id
    elif subject.reach is Reach.MEMBERSHIP and subject.organisation_id is not None:
        # They are the platform's: who leaves a member goes on acting for it.
        yield false()
    else:
        yield EmergencyReading.asked_by == subject.person_id


CHANNEL = Channel(
    "emergency reading",
    "emergency readings",
    frozenset({Reach.CREDENTIAL, Reach.MEMBERSHIP, Reach.PERSON}),
    count,
    end,
)
