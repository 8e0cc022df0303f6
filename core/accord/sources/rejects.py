"""Keeping what a source gave that is no record: each thing once, the newest ones of each source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.ingestion.models import Source
from accord.ingestion.service import Reject
from accord.sources.models import SourceReject
from accord.sources.pages import plain
from accord_sdk import RejectedRecord

KEPT = 10_000
"""Rejects that are kept of one source, so that a source of bad lines alone does not fill the disk."""

Row = dict[str, Any]


def keep_rejects(
    session: Session,
    source: Source,
    unreadable: Iterable[RejectedRecord],
    refused: Iterable[Reject],
    *,
    pull_id: int,
    page: int,
) -> None:
    """Keep what the source could not read, and what Accord refused of its page number `page`.

    Seen again, a reject moves to the end of the list and is not kept twice. The contract does not say
    where a record stood in its file, so a refused one is known by its external id and its place in the page.
    """
    rows: dict[bytes, Row] = {}
    for item in unreadable:
        _put(rows, _row(source, item.position, item.position, None, item.reason))
    for reject in refused:
        position = f"page {page}, record {reject.position + 1}"
        # Without an external id nothing says that it is the one of another pull.
        known_by = reject.external_id or f"pull {pull_id}, {position}"
        _put(rows, _row(source, known_by, position, reject.external_id, reject.reason))
    if not rows:
        return
    newest = list(rows.values())[-KEPT:]
    statement = insert(SourceReject)
    again: dict[str, Any] = {"position": statement.excluded.position, "at": func.now()}
    session.execute(
        statement.on_conflict_do_update(index_elements=["source_id", "digest"], set_=again),
        newest,
    )
    _trim(session, source)


def rejects_of(session: Session, source: Source) -> Iterator[SourceReject]:
    """A source's rejects, the oldest sighting first."""
    query = select(SourceReject).where(SourceReject.source_id == source.id)
    yield from session.scalars(
        query.order_by(SourceReject.at, SourceReject.id).execution_options(yield_per=1000)
    )


def newest_rejects(session: Session, source: Source, most: int) -> list[SourceReject]:
    """A source's newest rejects, the newest first."""
    query = select(SourceReject).where(SourceReject.source_id == source.id)
    return list(session.scalars(query.order_by(SourceReject.at.desc(), SourceReject.id.desc()).limit(most)))


def _put(rows: dict[bytes, Row], row: Row) -> None:
    rows[row["digest"]] = row


def _row(source: Source, known_by: str, position: str, external_id: str | None, reason: str) -> Row:
    key = f"{known_by}\n{reason}".encode()
    return {
        "organisation_id": source.organisation_id,
        "source_id": source.id,
        "digest": hashlib.sha256(key).digest(),
        "position": plain(position),
        "external_id": None if external_id is None else plain(external_id),
        "reason": plain(reason),
    }


def _trim(session: Session, source: Source) -> None:
    oldest_first_out = (
        select(SourceReject.id)
        .where(SourceReject.source_id == source.id)
        .order_by(SourceReject.at.desc(), SourceReject.id.desc())
        .offset(KEPT)
    )
    session.execute(delete(SourceReject).where(SourceReject.id.in_(oldest_first_out)))
