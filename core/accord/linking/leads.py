"""Writing leads: made, grown, merged and split. A lead keeps its identity as long as it has records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accord.linking.facts import Facts, decode_facts, encode_facts, total
from accord.linking.minors import suspicion
from accord.linking.models import Lead
from accord.linking.strands import Part
from accord_config.arrays import array, documents

_FACTS = text(
    """
    SELECT lead.id, lead.facts
    FROM unnest(CAST(:leads AS uuid[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT id, CAST(facts AS text) AS facts FROM leads
        WHERE id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS lead
    """
)
_NEW_IDS = text("SELECT uuidv7() FROM generate_series(1, :count)")
_CREATE = text(
    """
    INSERT INTO leads (id, organisation_id, stale, anchor, records, first_seen, last_seen, facts, restricted)
    SELECT id, :organisation, true, facts->>'anchor', records, CAST(facts->>'first' AS timestamptz),
           CAST(facts->>'last' AS timestamptz), facts, suspected
    FROM ROWS FROM (
        unnest(CAST(:ids AS uuid[]), CAST(:records AS int[]), CAST(:suspected AS bool[])),
        jsonb_array_elements(CAST(:facts AS jsonb))
    ) AS made(id, records, suspected, facts)
    """
)
_UPDATE = text(
    """
    UPDATE leads SET stale = true, revision = revision + 1, anchor = changed.facts->>'anchor',
        records = changed.records, first_seen = CAST(changed.facts->>'first' AS timestamptz),
        last_seen = CAST(changed.facts->>'last' AS timestamptz), facts = changed.facts,
        restricted = restricted OR changed.suspected
    FROM ROWS FROM (
        unnest(CAST(:ids AS uuid[]), CAST(:records AS int[]), CAST(:suspected AS bool[])),
        jsonb_array_elements(CAST(:facts AS jsonb))
    ) AS changed(id, records, suspected, facts)
    WHERE leads.id = changed.id AND organisation_id = :organisation
    """
)
_ATTACH = text(
    """
    INSERT INTO lead_records (record_id, lead_id, strand_id, organisation_id)
    SELECT record_id, lead_id, strand_id, :organisation
    FROM unnest(CAST(:records AS bigint[]), CAST(:leads AS uuid[]), CAST(:strands AS uuid[]))
        AS part(record_id, lead_id, strand_id)
    """
)
_MOVE = text(
    """
    WITH moved AS (
        UPDATE strands SET lead_id = part.lead_id
        FROM unnest(CAST(:strands AS uuid[]), CAST(:leads AS uuid[])) AS part(strand_id, lead_id)
        WHERE strands.id = part.strand_id AND organisation_id = :organisation
    )
    UPDATE lead_records SET lead_id = part.lead_id
    FROM unnest(CAST(:strands AS uuid[]), CAST(:leads AS uuid[])) AS part(strand_id, lead_id)
    WHERE lead_records.strand_id = part.strand_id AND organisation_id = :organisation
    """
)
_ABSORB_RECORDS = text(
    """
    UPDATE lead_records SET lead_id = merged.into_id
    FROM unnest(CAST(:absorbed AS uuid[]), CAST(:into AS uuid[])) AS merged(id, into_id)
    WHERE lead_records.lead_id = merged.id AND organisation_id = :organisation
    """
)
_ABSORB_STRANDS = text(
    """
    UPDATE strands SET lead_id = merged.into_id
    FROM unnest(CAST(:absorbed AS uuid[]), CAST(:into AS uuid[])) AS merged(id, into_id)
    WHERE strands.lead_id = merged.id AND organisation_id = :organisation
    """
)
_ABSORB_RESTRICTION = text(
    """
    UPDATE leads SET restricted = true
    FROM unnest(CAST(:absorbed AS uuid[]), CAST(:into AS uuid[])) AS merged(id, into_id)
    JOIN leads AS absorbed ON absorbed.id = merged.id AND absorbed.restricted
    WHERE leads.id = merged.into_id AND leads.organisation_id = :organisation AND NOT leads.restricted
    """
)
_ABSORB_SUSPICION = text(
    """
    UPDATE suspected_minors SET lead_id = merged.into_id
    FROM unnest(CAST(:absorbed AS uuid[]), CAST(:into AS uuid[])) AS merged(id, into_id)
    WHERE suspected_minors.lead_id = merged.id AND organisation_id = :organisation AND state <> 'lifted'
      AND NOT EXISTS (SELECT 1 FROM suspected_minors AS known WHERE known.lead_id = merged.into_id)
    """
)
_ABSORB_LEADS = text(
    """
    UPDATE leads SET merged_into = merged.into_id, records = 0, stale = false
    FROM unnest(CAST(:absorbed AS uuid[]), CAST(:into AS uuid[])) AS merged(id, into_id)
    WHERE (leads.id = merged.id OR leads.merged_into = merged.id) AND organisation_id = :organisation
    """
)


@dataclass(frozen=True)
class Growth:
    """Records and other leads that go into a lead; `facts` is what it has afterwards."""

    lead_id: UUID
    absorbed: tuple[UUID, ...]
    parts: tuple[Part, ...]
    facts: Facts


@dataclass(frozen=True)
class Piece:
    """Strands of a lead that belong together, and their records."""

    strands: tuple[UUID, ...]
    parts: tuple[Part, ...]


def facts_of_leads(session: Session, organisation_id: UUID, leads: Iterable[UUID]) -> dict[UUID, Facts]:
    """The facts of these leads."""
    rows = session.execute(_FACTS, {"leads": array(leads), "organisation": organisation_id})
    return {lead_id: decode_facts(stored) for lead_id, stored in rows}


def joined(known: dict[UUID, Facts], parts: Sequence[Part]) -> Growth:
    """How leads and records become one lead: the one with the most records, then the smallest anchor."""
    first, *rest = sorted(known, key=lambda lead_id: (-known[lead_id].records, known[lead_id].anchor))
    facts = total([*known.values(), *(part.facts for part in parts)])
    return Growth(first, tuple(rest), tuple(parts), facts)


def create(session: Session, organisation_id: UUID, groups: Sequence[Sequence[Part]]) -> list[UUID]:
    """Make a lead of each group of records that have none; returns their ids in the same order."""
    if not groups:
        return []
    ids = list(session.scalars(_NEW_IDS, {"count": len(groups)}))
    facts = [total(part.facts for part in parts) for parts in groups]
    session.execute(_CREATE, _columns(organisation_id, list(zip(ids, facts, strict=True))))
    return ids


def grow(session: Session, organisation_id: UUID, growths: Sequence[Growth]) -> None:
    """Add records and other leads to leads that there are. A lead stands in one growth only."""
    if not growths:
        return
    _update(session, organisation_id, [(growth.lead_id, growth.facts) for growth in growths])
    into = {lead: growth.lead_id for growth in growths for lead in growth.absorbed}
    if into:
        merged = {"absorbed": array(into), "into": array(into.values()), "organisation": organisation_id}
        for statement in (_ABSORB_RECORDS, _ABSORB_STRANDS):
            session.execute(statement, merged)
        carry_restriction(session, organisation_id, into)
        session.execute(_ABSORB_LEADS, merged)


def carry_restriction(session: Session, organisation_id: UUID, into: Mapping[UUID, UUID]) -> None:
    """What may be about a minor stays hidden in the lead that takes it in, with what people said of it."""
    merged = {"absorbed": array(into), "into": array(into.values()), "organisation": organisation_id}
    for statement in (_ABSORB_RESTRICTION, _ABSORB_SUSPICION):
        session.execute(statement, merged)


def attach(session: Session, organisation_id: UUID, members: Sequence[tuple[int, UUID, UUID]]) -> None:
    """Say of new records to which lead and strand they belong: (record, lead, strand)."""
    if members:
        records, leads, strands = map(array, zip(*members, strict=True))
        columns = {"records": records, "leads": leads, "strands": strands}
        session.execute(_ATTACH, columns | {"organisation": organisation_id})


def split(session: Session, organisation_id: UUID, lead_id: UUID, pieces: Sequence[Piece]) -> None:
    """Let the piece with the most records keep the lead, and make new leads of the others."""
    largest, *others = sorted(
        pieces, key=lambda piece: (-len(piece.parts), min(part.facts.anchor for part in piece.parts))
    )
    if not others:
        return
    ids = create(session, organisation_id, [piece.parts for piece in others])
    _update(session, organisation_id, [(lead_id, total(part.facts for part in largest.parts))])
    moved = [(strand, new) for new, piece in zip(ids, others, strict=True) for strand in piece.strands]
    strands, leads = map(array, zip(*moved, strict=True))
    session.execute(_MOVE, {"organisation": organisation_id, "strands": strands, "leads": leads})


def restate(session: Session, organisation_id: UUID, lead_id: UUID, facts: Facts) -> None:
    """Give a lead other facts: those of the records that it has now."""
    _update(session, organisation_id, [(lead_id, facts)])


def read_facts(stored: dict[str, Any]) -> Facts:
    """Facts as a session's models hold them."""
    return msgspec.convert(stored, Facts)


def count_stale(session: Session, organisation_id: UUID) -> int:
    """How many leads wait to be assessed."""
    query = select(func.count()).where(Lead.organisation_id == organisation_id, Lead.stale)
    return session.scalar(query) or 0


def _update(session: Session, organisation_id: UUID, leads: Sequence[tuple[UUID, Facts]]) -> None:
    session.execute(_UPDATE, _columns(organisation_id, leads))


def _columns(organisation_id: UUID, leads: Sequence[tuple[UUID, Facts]]) -> dict[str, Any]:
    return {
        "organisation": organisation_id,
        "ids": array(lead_id for lead_id, _ in leads),
        "records": array(facts.records for _, facts in leads),
        "facts": documents(encode_facts(facts) for _, facts in leads),
        # Hidden from the first moment on; what people decided is heeded when it is assessed.
        "suspected": array(suspicion(facts) is not None for _, facts in leads),
    }
