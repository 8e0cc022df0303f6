"""Stored records as the contract's records: only the granted fields, and no identity."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from accord.ingestion.models import StoredRecord
from accord_sdk import Contact, ImageHash, Place, Price, Record


class _Content(msgspec.Struct, frozen=True):
    """What a record's `content` column holds, in the types of the contract."""

    prices: tuple[Price, ...] = ()
    place: Place | None = None
    contacts: tuple[Contact, ...] = ()
    images: tuple[ImageHash, ...] = ()
    extra: dict[str, Any] = {}


_decode_content = msgspec.json.Decoder(_Content).decode


@dataclass(frozen=True)
class Readable:
    """A stored record to be looked at: `whole` has every field, granted or not."""

    id: int
    marking: str
    whole: Record


def read_batch(session: Session, organisation_id: UUID, batch_id: int) -> list[Readable]:
    """The records of a batch, in the order of their ids."""
    rows = session.execute(
        select(
            StoredRecord.id,
            StoredRecord.marking,
            StoredRecord.title,
            StoredRecord.body,
            StoredRecord.url,
            StoredRecord.observed_at,
            StoredRecord.posted_at,
            StoredRecord.language,
            cast(StoredRecord.content, Text),
        ).where(StoredRecord.batch_id == batch_id, StoredRecord.organisation_id == organisation_id)
    )
    found = []
    for record_id, marking, title, body, url, observed_at, posted_at, language, stored in rows:
        content = _decode_content(stored)
        whole = Record(
            title=title,
            body=body,
            url=url,
            observed_at=observed_at,
            posted_at=posted_at,
            prices=content.prices,
            place=content.place,
            contacts=content.contacts,
            images=content.images,
            language=language,
            extra=content.extra,
        )
        found.append(Readable(record_id, marking, whole))
    return sorted(found, key=lambda one: one.id)


def granted_records(records: Sequence[Readable], granted: Collection[str]) -> tuple[Record, ...]:
    """The records as a plugin with these granted fields may see them."""
    return tuple(Record(**{name: getattr(record.whole, name) for name in granted}) for record in records)
