"""Reading the log: an organisation its own part, the platform's auditors the platform's.

Row security shows no more than that; the condition here is for the index. Reading is itself an
entry: at most one an hour for the same person and the same filter, so that looking does not fill the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.orm import Session

from accord_auth.audit.models import AuditEntry, AuditSeal
from accord_auth.audit.service import AuditTag, record
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

SAME_READING = timedelta(hours=1)
READING_SUBJECT = "audit log"


@dataclass(frozen=True)
class AuditFilter:
    """What to look at; None or an empty text: everything. Days are whole days in UTC, both included."""

    person_id: UUID | None = None
    tag: str = ""
    subject: str = ""
    """The beginning of the subject."""
    since: date | None = None
    until: date | None = None

    def detail(self) -> dict[str, Any]:
        """The filter as an audit entry holds it."""
        given = {
            "person": self.person_id,
            "tag": self.tag,
            "subject": self.subject,
            "from": self.since,
            "to": self.until,
        }
        return {name: str(value) for name, value in given.items() if value}


@dataclass(frozen=True)
class SeenEntry:
    """An entry, and its place in the sealed log (None: it waits)."""

    entry: AuditEntry
    sequence: int | None


Position = tuple[datetime, int]
"""Where a page ends: the time and number of an entry."""


@dataclass(frozen=True)
class AuditPage:
    """A page of entries, the newest first, and whether there are more on either side."""

    rows: tuple[SeenEntry, ...]
    before: bool
    after: bool


def read_page(
    session: Session,
    principal: Principal,
    narrowed: AuditFilter,
    *,
    position: Position | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> AuditPage:
    """Entries older than `position`, or newer ones when going backwards; noted as a reading.

    :raises PermissionDenied: without `audit:read`.
    """
    principal.require(Permission.AUDIT_READ)
    _note_reading(session, principal, narrowed)
    key = tuple_(AuditEntry.at, AuditEntry.id)
    query = _entries(principal, narrowed)
    if position is not None:
        query = query.where(key > position if backwards else key < position)
    order = (AuditEntry.at, AuditEntry.id) if backwards else (AuditEntry.at.desc(), AuditEntry.id.desc())
    found = [SeenEntry(*row) for row in session.execute(query.order_by(*order).limit(limit + 1))]
    more, rows = len(found) > limit, found[:limit]
    if backwards:
        return AuditPage(tuple(reversed(rows)), before=more, after=position is not None)
    return AuditPage(tuple(rows), before=position is not None, after=more)


def _note_reading(session: Session, principal: Principal, narrowed: AuditFilter) -> None:
    detail = narrowed.detail()
    same = (
        select(AuditEntry.id)
        .where(
            *_own(principal),
            AuditEntry.person_id == principal.person_id,
            AuditEntry.at > datetime.now(UTC) - SAME_READING,
            AuditEntry.tag == AuditTag.AUDIT_READ,
            AuditEntry.detail == detail,
        )
        .limit(1)
    )
    if session.scalar(same) is None:
        record(session, principal, AuditTag.AUDIT_READ, READING_SUBJECT, detail)


def begin_export(session: Session, principal: Principal, narrowed: AuditFilter, form: str) -> int:
    """Note an export; gives the number of the newest entry that belongs to it (0: none).

    :raises PermissionDenied: without `audit:read`.
    """
    principal.require(Permission.AUDIT_READ)
    newest = session.scalar(
        select(AuditEntry.id).where(*_own(principal)).order_by(AuditEntry.id.desc()).limit(1)
    )
    record(session, principal, AuditTag.AUDIT_EXPORT, READING_SUBJECT, narrowed.detail() | {"format": form})
    return newest or 0


def export_rows(
    session: Session,
    principal: Principal,
    narrowed: AuditFilter,
    *,
    newest: int,
    position: Position | None,
    limit: int,
) -> Sequence[SeenEntry]:
    """The next entries of an export, the oldest first, up to number `newest`."""
    principal.require(Permission.AUDIT_READ)
    key = tuple_(AuditEntry.at, AuditEntry.id)
    query = _entries(principal, narrowed).where(AuditEntry.id <= newest)
    if position is not None:
        query = query.where(key > position)
    rows = session.execute(query.order_by(AuditEntry.at, AuditEntry.id).limit(limit))
    return [SeenEntry(*row) for row in rows]


def _entries(principal: Principal, narrowed: AuditFilter) -> Select[AuditEntry, int]:
    return (
        select(AuditEntry, AuditSeal.sequence)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .where(*_own(principal), *_narrowing(narrowed))
    )


def _own(principal: Principal) -> Iterator[ColumnElement[bool]]:
    owner = principal.organisation_id
    yield AuditEntry.organisation_id.is_(None) if owner is None else AuditEntry.organisation_id == owner


def _narrowing(narrowed: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if narrowed.person_id is not None:
        yield AuditEntry.person_id == narrowed.person_id
    if narrowed.tag:
        yield AuditEntry.tag == narrowed.tag
    if narrowed.subject:
        yield AuditEntry.subject.startswith(narrowed.subject, autoescape=True)
    if narrowed.since is not None:
        yield AuditEntry.at >= datetime.combine(narrowed.since, time(), UTC)
    if narrowed.until is not None:
        # Not the next day's midnight: the last day of the calendar has no next one.
        yield AuditEntry.at <= datetime.combine(narrowed.until, time.max, UTC)
