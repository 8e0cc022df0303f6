"""The near-duplicate texts of a lead: the records of each text template, and what they share."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from accord.caseload.leads import LeadRecordRow, findings_of
from accord.caseload.redaction import Redaction
from accord.caseload.slots import MOST_TEXTS, SharedText, shared_text
from accord.ingestion.models import Source, StoredRecord
from accord.linking.models import Lead, LeadRecord, Mention, SelectorNode
from accord_sdk import SelectorKind

MOST_TEMPLATES = 5
"""The templates of a lead that are shown, those on the most of its records."""


@dataclass(frozen=True)
class LeadText:
    """A text template of a lead, the number of its records in the lead, and what their texts share.

    `hub` says why the template joins no records; it is empty when it does.
    """

    value: str
    records: int
    hub: str
    shared: SharedText


def lead_texts(session: Session, lead: Lead) -> list[LeadText]:
    """The templates on at least two of the lead's records, the most frequent first, contact values hidden."""
    found = []
    for node, count in session.execute(_templates(lead)).all():
        rows = _rows(session, lead, node)
        redaction = Redaction.of(rows)
        shared = shared_text([_text(row, redaction) for row in rows])
        if shared is not None:
            found.append(LeadText(node.value, count, node.hub, shared))
    return found


def _templates(lead: Lead) -> Select[SelectorNode, int]:
    records = func.count().label("records")
    return (
        select(SelectorNode, records)
        .join(Mention, Mention.selector_id == SelectorNode.id)
        .join(LeadRecord, LeadRecord.record_id == Mention.record_id)
        .where(LeadRecord.lead_id == lead.id, SelectorNode.kind == SelectorKind.TEMPLATE)
        .group_by(SelectorNode.id)
        .having(records > 1)
        .order_by(records.desc(), SelectorNode.value)
        .limit(MOST_TEMPLATES)
    )


def _rows(session: Session, lead: Lead, node: SelectorNode) -> list[LeadRecordRow]:
    query = (
        select(StoredRecord, Source.slug)
        .join(LeadRecord, LeadRecord.record_id == StoredRecord.id)
        .join(Mention, Mention.record_id == StoredRecord.id)
        .join(Source, Source.id == StoredRecord.source_id)
        .where(LeadRecord.lead_id == lead.id, Mention.selector_id == node.id)
        .order_by(StoredRecord.observed_at.desc(), StoredRecord.id.desc())
        .limit(MOST_TEXTS)
    )
    rows = session.execute(query).all()
    findings = findings_of(session, [record.id for record, _ in rows])
    return [LeadRecordRow(record, source, findings[record.id]) for record, source in rows]


def _text(row: LeadRecordRow, redaction: Redaction) -> str:
    """Title and body with contact values hidden; places in the text stay, they are what varies."""
    parts = (("title", row.record.title), ("body", row.record.body))
    return "\n".join(redaction.hide(text, field, row.findings) for field, text in parts if text)
