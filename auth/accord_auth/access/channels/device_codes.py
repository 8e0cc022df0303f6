"""Codes of programs without a browser that no person has answered yet; answered ones are grants."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_auth.oauth.models import DeviceCode, OAuthClient


def count(session: Session, subject: Subject) -> int:
    """Codes that wait for an answer."""
    return session.scalar(select(func.count()).select_from(DeviceCode).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Refuse them."""
    ended = update(DeviceCode).where(*_of(subject)).values(denied_at=func.now()).returning(DeviceCode.id)
    return len(session.scalars(ended).all())


def _of(subject: Subject) -> Iterator[ColumnElement[bool]]:
    yield DeviceCode.expires_at > func.now()
    yield DeviceCode.grant_id.is_(None)
    yield DeviceCode.denied_at.is_(None)
    if subject.reach is Reach.CREDENTIAL:
        yield DeviceCode.id == subject.credential_id
    else:
        of_it = select(OAuthClient.id).where(OAuthClient.organisation_id == subject.organisation_id)
        yield DeviceCode.client_id.in_(of_it)


CHANNEL = Channel(
    "device code", "device codes", frozenset({Reach.CREDENTIAL, Reach.ORGANISATION}), count, end
)
