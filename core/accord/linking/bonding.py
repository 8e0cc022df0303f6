"""Which leads strands make by their bonds, and writing those leads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from accord.linking import hubs, leads, strands
from accord.linking.grouping import Sets
from accord.linking.judged import Judged, judged, unite
from accord.linking.neighbours import beside, joined_pairs
from accord.linking.rejoining import leads_sharing


def bond_strands(
    session: Session, organisation_id: UUID, growths: Sequence[strands.Growth], changed: set[UUID]
) -> set[UUID]:
    """Look for bonds of the changed ones of these strands, and write the leads that they make.

    Returns leads to be looked at again.
    """
    shown = beside(session, organisation_id, changed)
    popular = hubs.find_popular(session, organisation_id, shown)
    doubtful = leads_sharing(session, organisation_id, popular) if popular else set()
    shown.without(popular)
    said = judged(session, organisation_id)
    looked_at = {growth.strand_id: growth for growth in growths if growth.strand_id in changed}
    pairs, leads_of_others, loosened = joined_pairs(session, organisation_id, shown, looked_at)
    doubtful |= _doubtful(looked_at.values(), loosened, said)
    sets: Sets[UUID] = Sets()
    for growth in growths:
        for lead in growth.leads or (growth.strand_id,):
            sets.union(lead, growth.strand_id)
    weights: dict[tuple[UUID, UUID], float] = {}
    for (one, other), weight in pairs.items():
        ends = leads_of_others.get(one, one), leads_of_others.get(other, other)
        weights[ends] = max(weight, weights.get(ends, 0.0))
    unite(sets, weights, said.leads_apart)
    lead_of, into = write_leads(session, organisation_id, growths, sets)
    strands.create(session, organisation_id, growths, lead_of)
    members = [
        (part.record_id, lead_of[growth.strand_id], growth.strand_id)
        for growth in growths
        for part in growth.parts
    ]
    leads.attach(session, organisation_id, members)
    return {into.get(lead, lead) for lead in doubtful}


def _doubtful(growths: Iterable[strands.Growth], loosened: set[UUID], said: Judged) -> set[UUID]:
    """The leads of strands that state more than before, where a bond is no longer one.

    Also where people kept parts apart: what goes to which depends on how much each bond says, and two strands
    that become one may bring both parts into one lead.
    """
    kept_apart = {lead for pair in said.apart for lead in pair.leads}
    return {
        lead
        for growth in growths
        for lead in growth.leads
        if growth.strand_id in loosened or (lead in kept_apart and (growth.restated or growth.absorbed))
    }


def write_leads(
    session: Session, organisation_id: UUID, growths: Sequence[strands.Growth], sets: Sets[UUID]
) -> tuple[dict[UUID, UUID], dict[UUID, UUID]]:
    """Write the leads that sets of leads and strands make.

    Returns the lead of each strand that grew, and into which lead others were taken.
    """
    parts = {growth.strand_id: growth.parts for growth in growths}
    made: list[tuple[list[UUID], list[UUID]]] = []
    for found in sets.sets():
        grown = [one for one in found if one in parts]
        known = [one for one in found if one not in parts]
        if len(known) > 1 or any(parts[one] for one in grown):
            made.append((grown, known))
    old = leads.facts_of_leads(session, organisation_id, (lead for _, known in made for lead in known))
    growing = [
        (grown, leads.joined({lead: old[lead] for lead in known}, [p for one in grown for p in parts[one]]))
        for grown, known in made
        if known
    ]
    fresh = [grown for grown, known in made if not known]
    leads.grow(session, organisation_id, [growth for _, growth in growing])
    ids = leads.create(
        session, organisation_id, [[p for one in grown for p in parts[one]] for grown in fresh]
    )
    lead_of = {one: growth.lead_id for grown, growth in growing for one in grown}
    lead_of |= {one: lead for lead, grown in zip(ids, fresh, strict=True) for one in grown}
    into = {lead: growth.lead_id for _, growth in growing for lead in growth.absorbed}
    return lead_of, into
