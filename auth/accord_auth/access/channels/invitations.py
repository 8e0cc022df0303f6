"""Open invitations: those to the person, those that the person sent, those into the organisation."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_auth.invitations.models import Invitation, is_open
from accord_auth.people.models import Person


def count(session: Session, subject: Subject) -> int:
    """Invitations that could still be accepted."""
    return session.scalar(select(func.count()).select_from(Invitation).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Withdraw them: their links lead to nothing."""
    ended = session.scalars(
        update(Invitation)
        .where(*_of(subject))
        .values(withdrawn_at=func.now(), withdrawn_because=cause)
        .returning(Invitation.id)
    )
    return len(ended.all())


def _of(subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield is_open()
    if subject.reach is Reach.CREDENTIAL:
        yield Invitation.id == subject.credential_id
    if subject.reach in (Reach.PERSON, Reach.MEMBERSHIP):
        address = select(Person.email).where(Person.id == subject.person_id).scalar_subquery()
        yield (Invitation.invited_by == subject.person_id) | (Invitation.email == address)
    if subject.reach in (Reach.MEMBERSHIP, Reach.ORGANISATION):
        yield Invitation.organisation_id.is_not_distinct_from(subject.organisation_id)


CHANNEL = Channel("invitation", "invitations", frozenset(Reach), count, end)
