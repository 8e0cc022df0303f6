"""Finding applications, and keeping note of whose turn it is."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord_auth.errors import Conflict, NotFound
from accord_auth.joining.models import UNDECIDED, Application, ApplicationCheck, ApplicationStatus, Turn
from accord_auth.joining.progress import Progress, progress
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Seen:
    """An application and how far it is."""

    application: Application
    progress: Progress


def new_token() -> tuple[str, bytes]:
    """A secret for a status page's address, and its hash."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, _hash(token)


def by_token(session: Session, token: str, *, lock: bool = False) -> Application:
    """The application whose status page has this secret in its address.

    :raises NotFound: when there is none.
    """
    query = select(Application).where(Application.token_hash == _hash(token))
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound
    return found


def application(session: Session, who: Principal, application_id: UUID) -> Application:
    """One application, for those who decide and those who look on.

    :raises NotFound: when there is none.
    """
    who.require(Permission.APPLICATIONS_READ)
    return _get(session, application_id, lock=False)


def to_decide(session: Session, who: Principal, application_id: UUID) -> Application:
    """An application that waits to be decided, held against others until the transaction ends.

    :raises NotFound: when there is none.
    :raises Conflict: when it does not wait (any more).
    """
    who.require(Permission.APPLICATIONS_DECIDE)
    found = _get(session, application_id, lock=True)
    undecided(found)
    return found


def undecided(found: Application) -> None:
    """Go on only with an application that nobody decided.

    :raises Conflict: when it is decided, withdrawn or lapsed.
    """
    if found.status not in UNDECIDED:
        raise Conflict(f"this application is {found.status} already")


def _get(session: Session, application_id: UUID, *, lock: bool) -> Application:
    query = select(Application).where(Application.id == application_id)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound
    return found


def checks_of(session: Session, found: Application) -> list[ApplicationCheck]:
    """What was looked at in an application."""
    query = select(ApplicationCheck).where(ApplicationCheck.application_id == found.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def seen(session: Session, found: Application, now: datetime | None = None) -> Seen:
    """An application with how far it is."""
    return Seen(found, progress(found, checks_of(session, found), now or datetime.now(UTC)))


def settle(session: Session, found: Application, now: datetime | None = None) -> Progress:
    """Write the change down, and since when it is whose turn."""
    at = now or datetime.now(UTC)
    session.flush()
    turn = progress(found, checks_of(session, found), at).turn
    if turn != found.turn:
        found.turn = turn
        found.waiting_since = at
        session.flush()
    return seen(session, found, at).progress


def open_applications(session: Session, who: Principal) -> list[Seen]:
    """The applications that nobody decided: those that wait for us first, the longest waiting before."""
    who.require(Permission.APPLICATIONS_READ)
    query = (
        select(Application)
        .where(Application.status.in_(UNDECIDED))
        .order_by(Application.turn != Turn.PLATFORM, Application.waiting_since, Application.id)
    )
    return [seen(session, found) for found in session.scalars(query)]


def decided_applications(session: Session, who: Principal, *, limit: int = 50) -> Sequence[Application]:
    """The applications that were decided, withdrawn or lapsed, the last first."""
    who.require(Permission.APPLICATIONS_READ)
    query = (
        select(Application)
        .where(Application.status.not_in(UNDECIDED))
        .order_by(Application.decided_at.desc(), Application.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def waiting_for_us(session: Session) -> int:
    """How many applications wait for the platform."""
    query = select(func.count()).where(
        Application.status == ApplicationStatus.RECEIVED, Application.turn == Turn.PLATFORM
    )
    return session.scalar(query) or 0


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
