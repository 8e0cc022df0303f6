"""Noting that linked records changed, so that the linker looks at them again. The caller commits."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

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
