"""Making the document of a share: exactly what the recipient will see of a case, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from accord.caseload import cases, leads
from accord.caseload.leads import LeadRecordRow, LeadSelectorRow
from accord.caseload.masking import is_masked, mask, mask_text
from accord.caseload.models import Case
from accord.caseload.segments import segments
from accord_auth.principal import Principal
from accord_sdk import (
    Place,
    Price,
    Reason,
    Selector,
    SharedCase,
    SharedNote,
    SharedRecord,
    SharedSelector,
)

MOST_RECORDS = 500
"""Most records in one share; a recipient who needs more asks for a second one."""
IN_RECORD = frozenset({"phone", "email", "handle", "url", "wallet", "image", "price", "age", "place"})


@dataclass(frozen=True)
class ShareTerms:
    """What a person decided about a share. `records` is how many of the newest, None for all."""

    recipient_id: UUID
    marking: str
    purpose: str
    basis: str
    expires_on: date
    include_notes: bool = False
    include_contacts: bool = False
    records: int | None = None


def make_document(session: Session, principal: Principal, case: Case, terms: ShareTerms) -> SharedCase:
    """The document of a share on these terms."""
    lead = leads.find_lead(session, principal, case.lead_id)
    wanted = min(terms.records or MOST_RECORDS, MOST_RECORDS)
    rows = leads.lead_records(session, lead, limit=wanted)
    plain = terms.include_contacts
    notes = cases.notes(session, case) if terms.include_notes else []
    return SharedCase(
        title=case.title,
        summary=f"{len(rows)} of {lead.records} records"
        + (f", seen in {', '.join(lead.places[:6])}" if lead.places else ""),
        score=lead.score,
        reasons=tuple(msgspec.convert(lead.reasons, list[Reason])),
        records=tuple(_record(index, row, plain=plain) for index, row in enumerate(rows, start=1)),
        selectors=_selectors(leads.lead_selectors(session, lead), rows, plain=plain),
        notes=tuple(SharedNote(note.author_name, note.created_at, note.body) for note in notes),
    )


def _record(index: int, row: LeadRecordRow, *, plain: bool) -> SharedRecord:
    record, content = row.record, row.record.content
    return SharedRecord(
        key=str(index),
        source=row.source,
        observed_at=record.observed_at,
        title=_text(record.title, "title", row, plain=plain),
        body=_text(record.body, "body", row, plain=plain),
        url=record.url if plain else None,
        place=msgspec.convert(content["place"], Place) if content.get("place") else None,
        prices=tuple(msgspec.convert(content.get("prices", []), list[Price])),
        images=tuple(image["pdq"] for image in content.get("images", ())),
        selectors=_record_selectors(row, plain=plain),
    )


def _text(text: str | None, field: str, row: LeadRecordRow, *, plain: bool) -> str | None:
    """The text, contact values hidden in it unless they are shared in plain form."""
    if text is None or plain:
        return text
    return "".join(segment.text for segment in segments(text, field, row.findings, unmasked=False))


def _record_selectors(row: LeadRecordRow, *, plain: bool) -> tuple[SharedSelector, ...]:
    values = {
        (finding.kind, finding.value)
        for finding in row.findings
        if isinstance(finding, Selector) and finding.kind in IN_RECORD
    }
    return tuple(
        SharedSelector(kind, value if plain else mask(kind, value))
        for kind, value in sorted(values)
        if plain or not is_masked(kind) or mask_text(value)
    )


def _selectors(
    selectors: Sequence[LeadSelectorRow], rows: Sequence[LeadRecordRow], *, plain: bool
) -> tuple[SharedSelector, ...]:
    """The lead's selectors that stand on the records that are shared, counted over these only."""
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        values = {(finding.kind, finding.value) for finding in row.findings if isinstance(finding, Selector)}
        for value in values:
            counts[value] = counts.get(value, 0) + 1
    return tuple(
        SharedSelector(selector.kind, selector.value if plain else mask(selector.kind, selector.value), count)
        for selector in selectors
        if (count := counts.get((selector.kind, selector.value)))
    )


def digest(document: SharedCase) -> str:
    """SHA-256 of the document in its canonical JSON form, in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(document, order="deterministic")).hexdigest()
