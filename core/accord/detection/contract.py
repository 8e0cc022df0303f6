"""Stored records as the contract's records: only the granted fields, and no identity."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from accord.ingestion.models import StoredRecord
from accord_sdk import Contact, ImageHash, Place, Price, Record

_IN_CONTENT: dict[str, Any] = {
    "prices": tuple[Price, ...],
    "place": Place,
    "contacts": tuple[Contact, ...],
    "images": tuple[ImageHash, ...],
    "extra": dict[str, Any],
}


def to_contract(record: StoredRecord, granted: Collection[str]) -> Record:
    """The record as a plugin with these granted fields may see it."""
    values: dict[str, Any] = {}
    for name in granted:
        if name not in _IN_CONTENT:
            values[name] = getattr(record, name)
        elif name in record.content:
            values[name] = msgspec.convert(record.content[name], _IN_CONTENT[name])
    return Record(**values)
