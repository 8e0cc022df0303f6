"""What versions found that an advisory is about, in the records of the organisation that asks alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, func, select, tuple_
from sqlalchemy.orm import Session

from accord.caseload.masking import mask
from accord.detection.models import RecordFindings
from accord.ingestion.models import Source, StoredRecord
from accord.publishing.advisories import Concerned
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

MOST_SHOWN = 200
"""Findings that are listed; `accord export findings` has all, with plugin and version."""


@dataclass(frozen=True)
class Tainted:
    """A finding that a version made; a contact value is masked."""

    source: str
    external_id: str
    plugin: str
    version: str
    kind: str
    shown: str
    field: str


@dataclass(frozen=True)
class Taint:
    """How many records an organisation has with findings of these versions, and the newest findings."""

    records: int
    findings: tuple[Tainted, ...]
    cut: bool


def findings_of(session: Session, who: Principal, versions: Sequence[Concerned]) -> Taint:
    """What these versions found in the organisation's records and what is still kept of it.

    `session` is the organisation's own: of others nothing is counted.
    """
    who.require(Permission.RECORDS_READ)
    pairs = {(version.name, version.version) for version in versions}
    if not pairs:
        return Taint(0, (), cut=False)
    made = (
        tuple_(RecordFindings.plugin, RecordFindings.version).in_(pairs),
        RecordFindings.organisation_id == who.organisation_id,
        cast(RecordFindings.findings, String) != "[]",
    )
    count = session.scalar(select(func.count()).select_from(RecordFindings).where(*made)) or 0
    rows = session.execute(
        select(StoredRecord.external_id, Source.slug, RecordFindings)
        .join(StoredRecord, StoredRecord.id == RecordFindings.record_id)
        .join(Source, Source.id == StoredRecord.source_id)
        .where(*made)
        .order_by(RecordFindings.record_id.desc())
        .limit(MOST_SHOWN)
    )
    found = [
        _tainted(slug, external_id, row, finding)
        for external_id, slug, row in rows
        for finding in row.findings
    ]
    return Taint(count, tuple(found[:MOST_SHOWN]), cut=count > MOST_SHOWN or len(found) > MOST_SHOWN)


def _tainted(slug: str, external_id: str, row: RecordFindings, finding: dict[str, Any]) -> Tainted:
    value = finding.get("value")
    return Tainted(
        slug,
        external_id,
        row.plugin,
        row.version,
        str(finding.get("kind", "")),
        mask(str(finding.get("kind", "")), str(value)) if value else str(finding.get("note", "")),
        str(finding.get("field") or ""),
    )
