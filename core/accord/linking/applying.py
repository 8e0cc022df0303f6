"""Doing what people said of links, under the linker's lock: split, join, or look again.

Whatever was said is done by the linker's own means: leads are split by their bonds, joined like leads that
a batch joins, and a selector that strangers use is a hub.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accord.linking import strands
from accord.linking.bonding import bond_strands, write_leads
from accord.linking.evidence import STRONG
from accord.linking.grouping import Sets
from accord.linking.holdings import held
from accord.linking.judged import judged
from accord.linking.models import Judgement, LeadRecord, SelectorNode, Verdict
from accord.linking.rejoining import leads_sharing, split_leads, take_strands_apart
from accord.linking.resolving import look_ups_only
from accord.linking.service import rejoin, request_assessment


def apply_judgements(session: Session, organisation_id: UUID) -> int:
    """Do what was said or taken back since the last time; returns how many judgements that were."""
    look_ups_only(session)
    query = select(Judgement).where(Judgement.organisation_id == organisation_id, ~Judgement.applied)
    waiting = session.scalars(query.order_by(Judgement.made_at, Judgement.id).with_for_update()).all()
    doubtful: set[UUID] = set()
    for one in waiting:
        if one.selector_id is not None:
            doubtful |= _selector(session, organisation_id, one)
        else:
            doubtful |= _look_again_at(session, organisation_id, one)
        one.applied = True
    session.flush()
    _join(session, organisation_id)
    split_leads(session, organisation_id, doubtful)
    if waiting:
        request_assessment(session, organisation_id)
    return len(waiting)


def _selector(session: Session, organisation_id: UUID, said: Judgement) -> set[UUID]:
    """Make a hub of what strangers use, or let it join again; returns leads to be looked at."""
    selector = said.selector_id
    assert selector is not None  # noqa: S101 - for the type checker
    stands = said.withdrawn_at is None
    hub = f"judged by {said.person_name} to be used by strangers: {said.reason}" if stands else ""
    session.execute(
        update(SelectorNode)
        .where(SelectorNode.id == selector, SelectorNode.organisation_id == organisation_id)
        .values(hub=hub)
    )
    if stands:
        doubtful = take_strands_apart(session, organisation_id, [selector])
        return doubtful | leads_sharing(session, organisation_id, [selector])
    kind = session.scalars(select(SelectorNode.kind).where(SelectorNode.id == selector)).one()
    if kind in STRONG:
        return rejoin(session, organisation_id, selector, kind)
    holders = [strand for strand, _ in held(session, organisation_id, [selector])]
    _bond_again(session, organisation_id, sorted(holders))
    return set()


def _look_again_at(session: Session, organisation_id: UUID, said: Judgement) -> set[UUID]:
    """The leads of two records, whose bonds count again where a word against them was taken back."""
    query = (
        select(LeadRecord.strand_id, LeadRecord.lead_id)
        .where(LeadRecord.record_id.in_([said.one_record, said.other_record]))
        .order_by(LeadRecord.record_id)
    )
    rows = session.execute(query).all()
    if said.verdict == Verdict.APART and said.withdrawn_at is not None:
        _bond_again(session, organisation_id, [strand for strand, _ in rows])
    return {lead for _, lead in session.execute(query).all()}


def _bond_again(session: Session, organisation_id: UUID, strand_ids: Sequence[UUID]) -> None:
    """Look for the bonds of strands as if they had just changed."""
    stored = strands.read(session, organisation_id, strand_ids)
    growths = [
        strands.Growth(strand, False, frozenset({one.lead_id}), (), (), one.supports)
        for strand, one in stored.items()
    ]
    split_leads(session, organisation_id, bond_strands(session, organisation_id, growths, set(stored)))


def _join(session: Session, organisation_id: UUID) -> None:
    """Make one lead of those whose parts were judged to be the same."""
    sets: Sets[UUID] = Sets()
    for pair in judged(session, organisation_id).together:
        sets.union(*pair.leads)
    if any(len(found) > 1 for found in sets.sets()):
        write_leads(session, organisation_id, [], sets)
