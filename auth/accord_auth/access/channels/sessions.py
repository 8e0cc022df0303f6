"""Signed-in sessions: the cookie of a browser, the bearer token of a program."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_auth.sessions.models import SignedInSession


def count(session: Session, subject: Subject) -> int:
    """Sessions that are open."""
    return session.scalar(select(func.count()).select_from(SignedInSession).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Delete them: their tokens stand for nobody at the next request."""
    ended = session.scalars(delete(SignedInSession).where(*_of(subject)).returning(SignedInSession.id))
    return len(ended.all())


def _of(subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield SignedInSession.expires_at > func.now()
    if subject.sparing is not None:
        yield SignedInSession.id != subject.sparing
    if subject.reach is Reach.CREDENTIAL:
        yield SignedInSession.id == subject.credential_id
    if subject.reach in (Reach.PERSON, Reach.MEMBERSHIP):
        yield SignedInSession.person_id == subject.person_id
    if subject.reach in (Reach.MEMBERSHIP, Reach.ORGANISATION):
        yield SignedInSession.organisation_id.is_not_distinct_from(subject.organisation_id)


CHANNEL = Channel("session", "sessions", frozenset(Reach), count, end)
