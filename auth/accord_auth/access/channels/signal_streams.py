"""Streams by which another system tells that somebody's access has to end, or is told so."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_auth.signals.models import SignalStream


def count(session: Session, subject: Subject) -> int:
    """Streams that are open."""
    return session.scalar(select(func.count()).select_from(SignalStream).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Close them: nothing is taken, and nothing sent."""
    ended = update(SignalStream).where(*_of(subject)).values(closed_at=func.now())
    return len(session.scalars(ended.returning(SignalStream.id)).all())


def _of(subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield SignalStream.closed_at.is_(None)
    if subject.reach is Reach.CREDENTIAL:
        yield SignalStream.id == subject.credential_id
    else:
        yield SignalStream.organisation_id == subject.organisation_id


CHANNEL = Channel(
    "signal stream", "signal streams", frozenset({Reach.CREDENTIAL, Reach.ORGANISATION}), count, end
)
