"""Sign-ins under way, which rest on what the person proved when they began."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_auth.sessions.models import PendingSignIn


def count(session: Session, subject: Subject) -> int:
    """Those that could still become a session."""
    live = (PendingSignIn.person_id == subject.person_id, PendingSignIn.expires_at > func.now())
    return session.scalar(select(func.count()).select_from(PendingSignIn).where(*live)) or 0


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Forget them: the person begins again."""
    ended = delete(PendingSignIn).where(
        PendingSignIn.person_id == subject.person_id, PendingSignIn.expires_at > func.now()
    )
    return len(session.scalars(ended.returning(PendingSignIn.id)).all())


# Where a person may not act any more, a sign-in finds no organisation to begin a session for.
CHANNEL = Channel("sign-in under way", "sign-ins under way", frozenset({Reach.PERSON}), count, end)
