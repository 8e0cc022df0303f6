"""Noting that linked records changed, so that the linker looks at them again. The caller commits."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accord.ingestion.models import Source, StoredRecord
from accord_config.queue import FIRST, enqueue

LINK = "linking:link"
"""Name of the job that links what is ready."""

_NOTE = text(
    """
    INSERT INTO changed_records (record_id, organisation_id, withdrawn)
    SELECT record_id, :organisation, :withdrawn FROM unnest(CAST(:records AS bigint[])) AS changed(record_id)
    ORDER BY record_id
    ON CONFLICT (record_id) DO UPDATE SET withdrawn = changed_records.withdrawn OR excluded.withdrawn
    """
)


def note_changes(
    session: Session, organisation_id: UUID, records: Collection[int], *, withdrawn: bool = False
) -> None:
    """Have the linker look at these records again, or take them out where they are `withdrawn`."""
    if records:
        values = {"records": list(records), "organisation": organisation_id, "withdrawn": withdrawn}
        session.execute(_NOTE, values)


def request_linking(session: Session, organisation_id: UUID) -> None:
    """Have the linker run for an organisation; one waiting job serves every batch that is ready by then.

    It goes before batches that wait to be looked at: while one processor links, another detects.
    """
    name = f"link:{organisation_id}"
    enqueue(session, LINK, organisation_id=organisation_id, lock=name, queueing_lock=name, priority=FIRST)


def withdraw(session: Session, source: Source, external_ids: Collection[str]) -> int:
    """Have these records of a source taken out, with all that was found in them; how many there are."""
    if not external_ids:
        return 0
    found = session.scalars(
        select(StoredRecord.id).where(
            StoredRecord.source_id == source.id, StoredRecord.external_id.in_(set(external_ids))
        )
    ).all()
    note_changes(session, source.organisation_id, found, withdrawn=True)
    return len(found)
