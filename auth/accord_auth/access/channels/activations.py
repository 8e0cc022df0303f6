"""An organisation's activated plugins.

The table is the registry's, in a package that imports this one; only these columns are known here.
"""

from __future__ import annotations

from sqlalchemy import Boolean, ColumnElement, column, func, select, table, update
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel

ACTIVATIONS = table(
    "activations", column("id"), column("organisation_id"), column("active", Boolean), column("closed_at")
)


def count(session: Session, subject: Subject) -> int:
    """Plugins that the organisation uses."""
    live = select(func.count()).select_from(ACTIVATIONS).where(*_of(subject))
    return session.scalar(live) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """One that is meant by itself is switched off; an organisation's are closed until it comes back."""
    alone = subject.reach is Reach.CREDENTIAL
    change = {"active": False} if alone else {"closed_at": func.now()}
    closed = update(ACTIVATIONS).where(*_of(subject)).values(change)
    return len(session.execute(closed.returning(ACTIVATIONS.c.id)).all())


def reopen(session: Session, subject: Subject) -> int:
    """Open again what was closed."""
    back = (
        update(ACTIVATIONS)
        .where(ACTIVATIONS.c.organisation_id == subject.organisation_id, ACTIVATIONS.c.closed_at.is_not(None))
        .values(closed_at=None)
    )
    return len(session.execute(back.returning(ACTIVATIONS.c.id)).all())


def _of(subject: Subject) -> tuple[ColumnElement[bool], ...]:
    whose = (
        ACTIVATIONS.c.id == subject.credential_id
        if subject.reach is Reach.CREDENTIAL
        else ACTIVATIONS.c.organisation_id == subject.organisation_id
    )
    return (
        whose,
        ACTIVATIONS.c.active,
        ACTIVATIONS.c.closed_at.is_(None),
    )


CHANNEL = Channel("plugin", "plugins", frozenset({Reach.CREDENTIAL, Reach.ORGANISATION}), count, end)
