"""What `accord export` writes: records, findings, clusters and the queue, as JSON objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord.detection.models import RecordFindings
from accord.ingestion.models import Source, StoredRecord
from accord.linking.models import Lead, LeadRecord
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

AT_ONCE = 2_000

Line = dict[str, Any]


def records(session: Session, principal: Principal) -> Iterator[Line]:
    """Every record of the principal's organisation, in the form of the record line, with its source."""
    principal.require(Permission.RECORDS_READ)
    query = (
        select(StoredRecord, Source.slug)
        .join(Source, Source.id == StoredRecord.source_id)
        .order_by(StoredRecord.id)
    )
    for record, source in session.execute(query.execution_options(yield_per=AT_ONCE)):
        yield {
            "external_id": record.external_id,
            "source": source,
            "observed_at": record.observed_at,
            "posted_at": record.posted_at,
            "url": record.url,
            "title": record.title,
            "body": record.body,
            "language": record.language,
            **record.content,
        }


def findings(session: Session, principal: Principal) -> Iterator[Line]:
    """Every finding, with its record, plugin and version."""
    principal.require(Permission.RECORDS_READ)
    query = (
        select(StoredRecord.external_id, Source.slug, RecordFindings)
        .join(StoredRecord, StoredRecord.id == RecordFindings.record_id)
        .join(Source, Source.id == StoredRecord.source_id)
        .order_by(RecordFindings.record_id, RecordFindings.plugin)
    )
    for external_id, source, row in session.execute(query.execution_options(yield_per=AT_ONCE)):
        for finding in row.findings:
            yield finding_line(external_id, finding, source=source, plugin=row.plugin, version=row.version)


def finding_line(external_id: str, finding: Line, **more: Any) -> Line:
    """A stored finding as a line: `type` is called `finding`, as the command line's users read it."""
    rest = {name: value for name, value in finding.items() if name not in ("type", "keys")}
    return {"external_id": external_id, "finding": finding["type"], **rest, **more}


def clusters(session: Session, principal: Principal) -> Iterator[Line]:
    """Which cluster (lead) each record belongs to."""
    principal.require(Permission.RECORDS_READ)
    query = (
        select(StoredRecord.external_id, Source.slug, LeadRecord.lead_id)
        .join(StoredRecord, StoredRecord.id == LeadRecord.record_id)
        .join(Source, Source.id == StoredRecord.source_id)
        .order_by(LeadRecord.record_id)
    )
    for external_id, source, lead_id in session.execute(query.execution_options(yield_per=AT_ONCE)):
        yield {"external_id": external_id, "source": source, "cluster_id": lead_id}


def queue(session: Session, principal: Principal) -> Iterator[Line]:
    """The ranked leads with their reasons, the most urgent first."""
    principal.require(Permission.LEADS_READ)
    query = (
        select(Lead.id, Lead.score, Lead.reasons)
        .where(Lead.merged_into.is_(None), Lead.records > 0)
        .order_by(Lead.score.desc(), Lead.anchor)
    )
    rows: Iterator[tuple[UUID, float, list[Any]]] = iter(
        session.execute(query.execution_options(yield_per=AT_ONCE))
    )
    for rank, (lead_id, score, reasons) in enumerate(rows, start=1):
        yield {"rank": rank, "lead_id": lead_id, "cluster_id": lead_id, "score": score, "reasons": reasons}
