"""Shares that an organisation made: each may be ended by itself, and outlives who made it.

When the organisation leaves, those that it made end, and those that it received; both sides are told. While
it is suspended or without an agreement they go on: its own people cannot see what they received, and what
they gave was given for a purpose and a time of its own.

The table is sharing's, in a package that imports this one; only these columns are known here.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, column, func, or_, select, table, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel, in_the_log_of
from accord_auth.audit.service import AuditTag, record

SHARES = table(
    "shares",
    column("id"),
    column("organisation_id"),
    column("recipient_id"),
    column("revoked_at"),
    column("expires_at"),
)


def count(session: Session, subject: Subject) -> int:
    """Shares that their recipients still see."""
    return session.scalar(select(func.count()).select_from(SHARES).where(*_of(subject))) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Take them back: the recipient sees them no more."""
    back = (
        update(SHARES)
        .where(*_of(subject))
        .values(revoked_at=func.now())
        .returning(SHARES.c.id, SHARES.c.organisation_id, SHARES.c.recipient_id)
    )
    ended = session.execute(back).all()
    if subject.reach is Reach.ORGANISATION:
        for share_id, owner, recipient in ended:
            detail = {"cause": cause.value, "left": str(subject.organisation_id)}
            for told in (owner, recipient):
                record(session, in_the_log_of(told), AuditTag.SHARE_REVOKE, f"share {share_id}", detail)
    return len(ended)


def _of(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    if subject.reach is Reach.CREDENTIAL:
        whose = SHARES.c.id == subject.credential_id
    else:
        own = subject.organisation_id
        whose = or_(SHARES.c.organisation_id == own, SHARES.c.recipient_id == own)
    return (
        whose,
        SHARES.c.revoked_at.is_(None),
        or_(SHARES.c.expires_at.is_(None), SHARES.c.expires_at > func.now()),
    )


CHANNEL = Channel(
    "share",
    "shares",
    frozenset({Reach.CREDENTIAL, Reach.ORGANISATION}),
    count,
    end,
    only_for={Reach.ORGANISATION: frozenset({Cause.ORGANISATION_LEFT})},
)
