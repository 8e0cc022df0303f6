"""Shares that an organisation made: each may be ended by itself, and outlives who made it.

The table is sharing's, in a package that imports this one; only these columns are known here.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, column, func, or_, select, table, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel

SHARES = table("shares", column("id"), column("revoked_at"), column("expires_at"))


def count(session: Session, subject: Subject) -> int:
    """Whether the recipient still sees it."""
    return session.scalar(select(func.count()).select_from(SHARES).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Take it back: the recipient sees it no more."""
    back = update(SHARES).where(*_of(subject)).values(revoked_at=func.now()).returning(SHARES.c.id)
    return len(session.execute(back).all())


def _of(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    return (
        SHARES.c.id == subject.credential_id,
        SHARES.c.revoked_at.is_(None),
        or_(SHARES.c.expires_at.is_(None), SHARES.c.expires_at > func.now()),
    )


CHANNEL = Channel("share", "shares", frozenset({Reach.CREDENTIAL}), count, end)
