"""Records and their findings as the linker reads them: decoded once, for selectors and facts alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.carried import Carried, carried, facts_of, supports_of
from accord.linking.facts import Facts
from accord_config.arrays import array
from accord_sdk import Finding, ImageHash, Place

AT_ONCE = 500
"""Records whose findings are in memory at once."""

_RECORDS = text(
    """
    SELECT record.id, record.external_id, record.observed_at, source.slug,
           CAST(record.content->'place' AS text), CAST(record.content->'images' AS text)
    FROM records AS record JOIN sources AS source ON source.id = record.source_id
    WHERE record.id = ANY(CAST(:ids AS bigint[])) AND record.organisation_id = :organisation
    ORDER BY record.id
    """
)
_FINDINGS = text(
    """
    SELECT record_id, CAST(findings AS text) FROM record_findings
    WHERE record_id = ANY(CAST(:ids AS bigint[])) AND organisation_id = :organisation
          AND CAST(findings AS text) <> '[]'
    ORDER BY record_id, plugin
    """
)

_decode_findings = msgspec.json.Decoder(list[Finding]).decode
_decode_place = msgspec.json.Decoder(Place).decode
_decode_images = msgspec.json.Decoder(list[ImageHash]).decode


class Brought(msgspec.Struct, frozen=True):
    """What one record brings to the graph."""

    record_id: int
    carried: list[Carried]
    facts: Facts
    supports: tuple[str, ...]


def read_records(session: Session, organisation_id: UUID, ids: Sequence[int]) -> Iterator[Brought]:
    """What these records bring, in the order of their ids."""
    for start in range(0, len(ids), AT_ONCE):
        yield from _read(session, organisation_id, ids[start : start + AT_ONCE])


def _read(session: Session, organisation_id: UUID, ids: Sequence[int]) -> Iterator[Brought]:
    parameters = {"ids": array(ids), "organisation": organisation_id}
    found: defaultdict[int, list[Finding]] = defaultdict(list)
    for record_id, stored in session.execute(_FINDINGS, parameters).all():
        found[record_id] += _decode_findings(stored)
    for record_id, external_id, observed_at, source, place, images in session.execute(
        _RECORDS, parameters
    ).all():
        findings = found[record_id]
        where = _decode_place(place) if place else None
        yield Brought(
            record_id,
            carried(findings, _decode_images(images) if images else ()),
            facts_of(f"{source}/{external_id}", observed_at, where, findings),
            supports_of(where, findings),
        )
