"""Why a lead is one: its parts (strands), what joins them, and what nearly would. Read only.

A part is held together by identities; two parts by a bond (`accord.linking.bonds`). Bonds are found again
from the graph, as the linker finds them, and each says what it rests on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from accord.caseload.lead_selectors import CONTACTS, by_kind
from accord.ingestion.models import StoredRecord
from accord.linking import strands
from accord.linking.bonds import Bond, Supports, bond
from accord.linking.models import Judgement, Lead, LeadRecord, SelectorNode, Strand, StrandSelector
from accord.linking.neighbours import Shown, beside

MOST_PARTS = 40
"""Parts that are shown, those with the most records."""
MOST_LINKS = 60
MOST_OUTSIDE = 20
MOST_IDENTITIES = 4
UNSURE_FROM = 0.75
"""A bond of this weight is nearly enough: a person is asked."""


@dataclass(frozen=True)
class LeadPart:
    """A strand of the lead: its number on the page, its records and what they state.

    `identities` are (kind, value) of the contacts on the most of its records, in plain.
    """

    number: int
    strand_id: UUID
    records: int
    first: datetime
    last: datetime
    places: tuple[str, ...]
    identities: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PartLink:
    """What two parts have in common. `said` is a person's standing word on the two."""

    one: LeadPart
    other: LeadPart
    bond: Bond
    said: Judgement | None = None


@dataclass(frozen=True)
class OutsideLink:
    """What a part has in common with one of another lead: nearly enough, or enough but judged apart."""

    part: LeadPart
    strand_id: UUID
    lead_id: UUID
    lead_title: str
    bond: Bond
    said: Judgement | None = None


@dataclass(frozen=True)
class LeadParts:
    """A lead's parts and links; `left_out` parts are not listed."""

    parts: tuple[LeadPart, ...]
    left_out: int
    links: tuple[PartLink, ...]
    outside: tuple[OutsideLink, ...]


def lead_parts(session: Session, lead: Lead) -> LeadParts:
    """The parts of a lead that the principal may see, and what joins them."""
    total = session.scalar(select(func.count()).where(Strand.lead_id == lead.id)) or 0
    parts = _parts(session, lead)
    ids = [part.strand_id for part in parts]
    shown = beside(session, lead.organisation_id, ids)
    stored = strands.read(session, lead.organisation_id, _everybody(shown, ids))
    bonds = _bonds(shown, ids, stored)
    said = _said(session, lead)
    known = {part.strand_id: part for part in parts}
    links = [
        PartLink(known[one], known[other], found, said.get(frozenset((one, other))))
        for (one, other), found in bonds.items()
        if one in known and other in known and (found.joins or frozenset((one, other)) in said)
    ]
    for pair, word in said.items():
        one, other = sorted(pair)
        if one in known and other in known and (one, other) not in bonds:
            links.append(PartLink(known[one], known[other], Bond(), word))
    links.sort(key=lambda link: (-link.bond.weight, link.one.number, link.other.number))
    return LeadParts(
        tuple(parts),
        total - len(parts),
        tuple(links[:MOST_LINKS]),
        tuple(_outside(session, lead, bonds, known, stored, said)[:MOST_OUTSIDE]),
    )


def _parts(session: Session, lead: Lead) -> list[LeadPart]:
    count = func.count().label("count")
    rows = session.execute(
        select(
            LeadRecord.strand_id,
            count,
            func.min(StoredRecord.observed_at),
            func.max(StoredRecord.observed_at),
        )
        .join(StoredRecord, StoredRecord.id == LeadRecord.record_id)
        .where(LeadRecord.lead_id == lead.id)
        .group_by(LeadRecord.strand_id)
        .order_by(count.desc(), LeadRecord.strand_id)
        .limit(MOST_PARTS)
    ).all()
    ids = [row[0] for row in rows]
    stored = strands.read(session, lead.organisation_id, ids)
    contacts = _contacts(session, ids)
    return [
        LeadPart(
            number,
            strand,
            records,
            first,
            last,
            tuple(sorted(Supports.of(stored[strand].supports).places)),
            tuple(contacts[strand][:MOST_IDENTITIES]),
        )
        for number, (strand, records, first, last) in enumerate(rows, start=1)
    ]


def _contacts(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    rows = session.execute(
        select(StrandSelector.strand_id, SelectorNode.kind, SelectorNode.value)
        .join(SelectorNode, SelectorNode.id == StrandSelector.selector_id)
        .where(StrandSelector.strand_id.in_(ids), SelectorNode.kind.in_(CONTACTS), SelectorNode.hub == "")
        .order_by(by_kind, StrandSelector.records.desc(), SelectorNode.value)
    )
    found: defaultdict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for strand, kind, value in rows:
        found[strand].append((kind, value))
    return found


def _everybody(shown: Shown, ids: Sequence[UUID]) -> set[UUID]:
    return set(ids).union(*shown.holders.values()) if shown.holders else set(ids)


def _bonds(
    shown: Shown, ids: Sequence[UUID], stored: dict[UUID, strands.StoredStrand]
) -> dict[tuple[UUID, UUID], Bond]:
    """The bonds of these strands that join, or nearly would."""
    supports = {strand: Supports.of(one.supports) for strand, one in stored.items()}
    pairs = {
        (one, other): bond(kinds, supports[one], supports[other])
        for (one, other), kinds in shown.shared(set(ids)).items()
        if one in supports and other in supports
    }
    return {pair: found for pair, found in pairs.items() if found.joins or found.weight >= UNSURE_FROM}


def _said(session: Session, lead: Lead) -> dict[frozenset[UUID], Judgement]:
    """People's standing words on parts of this lead, by the two parts."""
    one, other = aliased(LeadRecord), aliased(LeadRecord)
    rows = session.execute(
        select(Judgement, one.strand_id, other.strand_id)
        .join(one, one.record_id == Judgement.one_record)
        .join(other, other.record_id == Judgement.other_record)
        .where(
            Judgement.organisation_id == lead.organisation_id,
            Judgement.withdrawn_at.is_(None),
            or_(one.lead_id == lead.id, other.lead_id == lead.id),
            one.strand_id != other.strand_id,
        )
        .order_by(Judgement.made_at)
    )
    return {frozenset((first, second)): word for word, first, second in rows}


def _outside(
    session: Session,
    lead: Lead,
    bonds: dict[tuple[UUID, UUID], Bond],
    known: dict[UUID, LeadPart],
    stored: dict[UUID, strands.StoredStrand],
    said: dict[frozenset[UUID], Judgement],
) -> list[OutsideLink]:
    ends = [
        (one, other, found)
        for (first, second), found in bonds.items()
        for one, other in ((first, second), (second, first))
        if one in known and stored[other].lead_id != lead.id
    ]
    leads = {stored[other].lead_id for _, other, _ in ends}
    # Of a lead that the principal may not see nothing is said: not that it is there either.
    titles = dict(session.execute(select(Lead.id, Lead.title).where(Lead.id.in_(leads))).all())
    ends = [(one, other, found) for one, other, found in ends if stored[other].lead_id in titles]
    found_links = [
        OutsideLink(
            known[one],
            other,
            stored[other].lead_id,
            titles[stored[other].lead_id],
            found,
            said.get(frozenset((one, other))),
        )
        for one, other, found in ends
    ]
    return sorted(found_links, key=lambda link: (-link.bond.weight, link.part.number, str(link.strand_id)))
