"""Tokens by which an organisation's directory says over SCIM who belongs to it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_auth.directory.models import DirectoryToken


def count(session: Session, subject: Subject) -> int:
    """Tokens that count."""
    return session.scalar(select(func.count()).select_from(DirectoryToken).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Revoke them: the next use is refused."""
    ended = update(DirectoryToken).where(*_of(subject)).values(revoked_at=func.now())
    return len(session.scalars(ended.returning(DirectoryToken.id)).all())


def _of(subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield DirectoryToken.revoked_at.is_(None)
    yield DirectoryToken.expires_at > func.now()
    if subject.reach is Reach.CREDENTIAL:
        yield DirectoryToken.id == subject.credential_id
    else:
        yield DirectoryToken.organisation_id == subject.organisation_id


CHANNEL = Channel(
    "directory token", "directory tokens", frozenset({Reach.CREDENTIAL, Reach.ORGANISATION}), count, end
)
