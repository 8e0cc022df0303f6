"""What people, and organisations' clients by their own right, let OAuth clients do.

A grant is the family of everything that came of it: codes on their way, access tokens, refresh tokens, a
device's code that was answered. Ending it ends all of them at their next use.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_auth.oauth.models import OAuthGrant


def count(session: Session, subject: Subject) -> int:
    """Grants that still count."""
    return session.scalar(select(func.count()).select_from(OAuthGrant).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Revoke them."""
    ended = (
        update(OAuthGrant)
        .where(*_of(subject))
        .values(revoked_at=func.now(), revoked_why=cause.value)
        .returning(OAuthGrant.id)
    )
    return len(session.scalars(ended).all())


def _of(subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield OAuthGrant.revoked_at.is_(None)
    yield OAuthGrant.expires_at > func.now()
    if subject.reach is Reach.CREDENTIAL:
        yield OAuthGrant.id == subject.credential_id
    if subject.reach in (Reach.PERSON, Reach.MEMBERSHIP):
        yield OAuthGrant.person_id == subject.person_id
    if subject.reach in (Reach.MEMBERSHIP, Reach.ORGANISATION):
        yield OAuthGrant.organisation_id.is_not_distinct_from(subject.organisation_id)


CHANNEL = Channel("grant", "grants to programs", frozenset(Reach), count, end)
