"""Putting right what was joined: strands that a hub held together, and leads whose bonds changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accord.linking import leads, strands
from accord.linking.evidence import STRONG
from accord.linking.grouping import Node, group
from accord.linking.judged import judged
from accord.linking.leads import Piece
from accord.linking.models import LeadRecord, Strand, StrandSelector
from accord.linking.neighbours import parts_of_leads
from accord.linking.records import read_records
from accord.linking.strands import Part
from accord_config.arrays import array

LARGEST = 20_000
"""A strand or lead with more records is not taken apart."""

_MENTIONED = text(
    """
    SELECT mention.record_id, mention.selector_id, node.kind, node.hub <> ''
    FROM unnest(CAST(:ids AS bigint[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT record_id, selector_id FROM mentions
        WHERE record_id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS mention
    CROSS JOIN LATERAL (
        SELECT kind, hub FROM selectors
        WHERE id = mention.selector_id AND organisation_id = :organisation
        OFFSET 0
    ) AS node
    ORDER BY mention.record_id, mention.selector_id
    """
)


def take_strands_apart(session: Session, organisation_id: UUID, hubs: Collection[int]) -> set[UUID]:
    """Group the records of strands anew that show one of these hubs; returns their leads."""
    query = (
        select(StrandSelector.strand_id, Strand.lead_id)
        .join(Strand, Strand.id == StrandSelector.strand_id)
        .where(StrandSelector.selector_id.in_(hubs), StrandSelector.organisation_id == organisation_id)
        .order_by(StrandSelector.strand_id)
        .distinct()
    )
    touched = set()
    for strand_id, lead_id in session.execute(query).all():
        ids = _records(session, organisation_id, strand_id)
        if not 1 < len(ids) <= LARGEST:
            continue
        parts, kinds = stored_parts(session, organisation_id, ids)
        nodes = [identities(part, kinds) for part in parts.values()]
        groups = [[parts[record] for record in found.records] for found in group(nodes, [], kinds)]
        if len(groups) > 1:
            groups.sort(key=lambda found: (-len(found), min(part.facts.anchor for part in found)))
            strands.take_apart(session, organisation_id, strand_id, lead_id, groups)
            touched.add(lead_id)
    return touched


def identities(part: Part, kinds: dict[int, str]) -> Node:
    """A record with the identities that it shows; `kinds` leaves hubs out."""
    shown = tuple(selector for selector in part.selectors if kinds.get(selector) in STRONG)
    return Node(part.record_id, shown, part.day)


def leads_sharing(session: Session, organisation_id: UUID, selectors: Collection[int]) -> set[UUID]:
    """The leads in which more than one strand shows one of these selectors."""
    query = (
        select(Strand.lead_id)
        .join(StrandSelector, StrandSelector.strand_id == Strand.id)
        .where(StrandSelector.selector_id.in_(selectors), StrandSelector.organisation_id == organisation_id)
        .group_by(Strand.lead_id)
        .having(func.count() > 1)
    )
    return set(session.scalars(query))


def split_leads(session: Session, organisation_id: UUID, lead_ids: Iterable[UUID]) -> None:
    """Split leads whose strands no longer hold together, or were judged not to."""
    looked_at = list(lead_ids)
    if not looked_at:
        return
    parts = parts_of_leads(session, organisation_id, looked_at, judged(session, organisation_id))
    for lead_id, found in parts.items():
        if len(found) > 1:
            _split(session, organisation_id, lead_id, found)


def _split(session: Session, organisation_id: UUID, lead_id: UUID, sets: Sequence[Sequence[UUID]]) -> None:
    rows = session.execute(
        select(LeadRecord.record_id, LeadRecord.strand_id)
        .where(LeadRecord.lead_id == lead_id, LeadRecord.organisation_id == organisation_id)
        .order_by(LeadRecord.record_id)
    ).all()
    if len(rows) > LARGEST:
        return
    parts, _ = stored_parts(session, organisation_id, [record for record, _ in rows])
    by_strand: defaultdict[UUID, list[Part]] = defaultdict(list)
    for record, strand in rows:
        by_strand[strand].append(parts[record])
    pieces = [
        Piece(tuple(found), tuple(part for strand in found for part in by_strand[strand])) for found in sets
    ]
    leads.split(session, organisation_id, lead_id, pieces)


def _records(session: Session, organisation_id: UUID, strand_id: UUID) -> list[int]:
    query = select(LeadRecord.record_id).where(
        LeadRecord.strand_id == strand_id, LeadRecord.organisation_id == organisation_id
    )
    return sorted(session.scalars(query))


def stored_parts(
    session: Session, organisation_id: UUID, ids: Sequence[int]
) -> tuple[dict[int, Part], dict[int, str]]:
    """These records as parts, and the kinds of their selectors that are no hubs."""
    selectors: defaultdict[int, list[int]] = defaultdict(list)
    kinds: dict[int, str] = {}
    for record_id, selector, kind, hub in session.execute(
        _MENTIONED, {"ids": array(ids), "organisation": organisation_id}
    ):
        selectors[record_id].append(selector)
        if not hub:
            kinds[selector] = kind
    parts = {
        one.record_id: Part(one.record_id, tuple(selectors[one.record_id]), one.facts, one.supports)
        for one in read_records(session, organisation_id, ids)
    }
    return parts, kinds
