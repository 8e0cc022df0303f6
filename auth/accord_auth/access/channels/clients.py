"""An organisation's OAuth clients: one may be removed; all rest while the organisation may not act."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_auth.oauth.models import ClientStatus, OAuthClient, OAuthGrant


def count(session: Session, subject: Subject) -> int:
    """Clients that may act."""
    return session.scalar(select(func.count()).select_from(OAuthClient).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Close them, one by one for good, an organisation's until it comes back; what they hold ends."""
    status = ClientStatus.REMOVED if subject.reach is Reach.CREDENTIAL else ClientStatus.CLOSED
    ended = update(OAuthClient).where(*_of(subject)).values(status=status).returning(OAuthClient.id)
    closed = session.scalars(ended).all()
    session.execute(
        update(OAuthGrant)
        .where(OAuthGrant.client_id.in_(closed), OAuthGrant.revoked_at.is_(None))
        .values(revoked_at=func.now(), revoked_why=cause.value)
    )
    return len(closed)


def reopen(session: Session, subject: Subject) -> int:
    """Open those again that were closed with their organisation; their tokens stay ended."""
    back = (
        update(OAuthClient)
        .where(
            OAuthClient.organisation_id == subject.organisation_id, OAuthClient.status == ClientStatus.CLOSED
        )
        .values(status=ClientStatus.ACTIVE)
    )
    return len(session.scalars(back.returning(OAuthClient.id)).all())


def _of(subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield OAuthClient.status == ClientStatus.ACTIVE
    if subject.reach is Reach.CREDENTIAL:
        yield OAuthClient.id == subject.credential_id
    else:
        yield OAuthClient.organisation_id == subject.organisation_id


CHANNEL = Channel("client", "clients", frozenset({Reach.CREDENTIAL, Reach.ORGANISATION}), count, end)
