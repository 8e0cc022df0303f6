"""Making the document of a share: exactly what the recipient will see of a case, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from accord.caseload import cases, leads
from accord.caseload.leads import LeadRecordRow
from accord.caseload.masking import mask
from accord.caseload.models import Case
from accord.caseload.redaction import Redaction
from accord.linking.models import Lead, Mention, SelectorNode
from accord_auth.principal import Principal
from accord_sdk import (
    Place,
    Price,
    Reason,
    Selector,
    SelectorKind,
    SharedCase,
    SharedNote,
    SharedRecord,
    SharedSelector,
)

MOST_RECORDS = 500
"""Most records in one share; a recipient who needs more asks for a second one."""
MOST_SELECTORS = 200
MOST_HIDDEN = 10_000
"""Most selectors of a lead whose values are looked for in every text; the most frequent ones."""
IN_RECORD = frozenset({"phone", "email", "handle", "url", "wallet", "image", "price", "age", "place"})
"""Kinds that a shared record lists. A text's sketch stands once in the case's selectors: it is of use
for comparing, and nothing that a person reads."""


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
    return make_with_records(session, principal, case, terms)[0]


def make_with_records(
    session: Session, principal: Principal, case: Case, terms: ShareTerms
) -> tuple[SharedCase, list[int]]:
    """The document of a share on these terms, and the ids of its records, in its order."""
    lead = leads.find_lead(session, principal, case.lead_id)
    wanted = min(terms.records or MOST_RECORDS, MOST_RECORDS)
    rows = leads.lead_records(session, lead, limit=wanted)
    plain = terms.include_contacts
    text = _Texts(None if plain else _redaction(session, lead, rows))
    notes = cases.notes(session, case) if terms.include_notes else []
    document = SharedCase(
        title=text.shown(case.title),
        summary=text.shown(_summary(lead, len(rows))),
        score=lead.score,
        reasons=tuple(
            msgspec.structs.replace(reason, evidence=text.shown(reason.evidence))
            for reason in msgspec.convert(lead.reasons, list[Reason])
        ),
        records=tuple(_record(index, row, text) for index, row in enumerate(rows, start=1)),
        selectors=_selectors(session, rows, text),
        notes=tuple(SharedNote(note.author_name, note.created_at, text.shown(note.body)) for note in notes),
    )
    return document, [row.record.id for row in rows]


@dataclass(frozen=True)
class _Texts:
    """How texts and values are shown: as they are, or without contact values."""

    redaction: Redaction | None

    def shown(self, text: str) -> str:
        return text if self.redaction is None else self.redaction.hide(text)

    def of_record(self, field: str, row: LeadRecordRow) -> str | None:
        text: str | None = getattr(row.record, field)
        if text is None or self.redaction is None:
            return text
        return self.redaction.hide(text, field, row.findings)

    def value(self, kind: str, value: str) -> str:
        if self.redaction is None:
            return value
        return self.redaction.hide(value) if kind == SelectorKind.PLACE else mask(kind, value)


def _redaction(session: Session, lead: Lead, rows: Sequence[LeadRecordRow]) -> Redaction:
    """Hides what stands on any record of the lead: a note may quote one that is not shared."""
    everything = leads.lead_selectors(session, lead, limit=MOST_HIDDEN)
    return Redaction.of(rows, [(selector.kind, selector.value) for selector in everything])


def _summary(lead: Lead, shared: int) -> str:
    seen = f", seen in {', '.join(lead.places[:6])}" if lead.places else ""
    return f"{shared} of {lead.records} records{seen}"


def _record(index: int, row: LeadRecordRow, text: _Texts) -> SharedRecord:
    record, content = row.record, row.record.content
    return SharedRecord(
        key=str(index),
        source=row.source,
        observed_at=record.observed_at,
        title=text.of_record("title", row),
        body=text.of_record("body", row),
        url=record.url if text.redaction is None else None,
        place=_place(content.get("place"), text),
        prices=tuple(msgspec.convert(content.get("prices", []), list[Price])),
        images=_images(row),
        selectors=_record_selectors(row, text),
    )


def _place(content: dict[str, object] | None, text: _Texts) -> Place | None:
    if not content:
        return None
    place = msgspec.convert(content, Place)
    return msgspec.structs.replace(place, name=text.shown(place.name)) if place.name else place


def _images(row: LeadRecordRow) -> tuple[str, ...]:
    return tuple(image["pdq"].lower() for image in row.record.content.get("images", ()))


def _record_selectors(row: LeadRecordRow, text: _Texts) -> tuple[SharedSelector, ...]:
    values = {
        (finding.kind, finding.value)
        for finding in row.findings
        if isinstance(finding, Selector) and finding.kind in IN_RECORD
    }
    return tuple(SharedSelector(kind, text.value(kind, value)) for kind, value in sorted(values))


def _selectors(session: Session, rows: Sequence[LeadRecordRow], text: _Texts) -> tuple[SharedSelector, ...]:
    """The selectors that join the shared records, counted over these only, the most frequent first."""
    by_id = {row.record.id: row for row in rows}
    query = (
        select(
            SelectorNode.kind,
            SelectorNode.value,
            func.count().label("records"),
            func.array_agg(aggregate_order_by(Mention.record_id, Mention.record_id)),
        )
        .join(Mention, Mention.selector_id == SelectorNode.id)
        .where(Mention.record_id.in_(by_id))
        .group_by(SelectorNode.id)
        .order_by(func.count().desc(), SelectorNode.kind, SelectorNode.value)
        .limit(MOST_SELECTORS)
    )
    return tuple(
        SharedSelector(kind, text.value(kind, _own_value(kind, value, by_id[ids[0]])), count)
        for kind, value, count, ids in session.execute(query)
    )


def _own_value(kind: str, value: str, row: LeadRecordRow) -> str:
    """A selector's value as a shared record carries it.

    Images and text sketches that are nearly equal are one selector, which has the value of the record
    that came first; that one may not be among those shared.
    """
    if kind == SelectorKind.IMAGE:
        own: Sequence[str] = _images(row)
    elif kind == SelectorKind.TEMPLATE:
        own = [found.value for found in row.findings if isinstance(found, Selector) and found.kind == kind]
    else:
        return value
    return min(own, key=lambda one: ((int(one, 16) ^ int(value, 16)).bit_count(), one), default=value)


def digest(document: SharedCase) -> str:
    """SHA-256 of the document in its canonical JSON form, in hexadecimal."""
    return hashlib.sha256(msgspec.json.encode(document, order="deterministic")).hexdigest()
