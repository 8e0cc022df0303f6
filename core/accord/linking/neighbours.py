"""Which strands share something with these, and what: the candidates for bonds. No table of pairs.

Read anew from the graph for the strands that a batch changed, and for leads that are looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.bonds import Supports, bond, bonds
from accord.linking.evidence import HUB_LOOKED_AT, REASSIGNED, WEAK
from accord.linking.grouping import Sets
from accord.linking.judged import Judged, unite
from accord.linking.strands import Growth, read
from accord_config.arrays import array

MOST_HOLDERS = HUB_LOOKED_AT
"""Strands that are compared for one selector, the first ones: one that belongs to them is joined by any."""
BONDING = sorted(WEAK | REASSIGNED)
"""Kinds that strands may have in common; whoever shares another identity is one strand."""

_BESIDE = text(
    """
    SELECT own.strand_id, own.selector_id, node.kind, node.examined, other.strand_id
    FROM unnest(CAST(:strands AS uuid[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT strand_id, selector_id FROM strand_selectors
        WHERE strand_id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS own
    CROSS JOIN LATERAL (
        SELECT kind, examined FROM selectors
        WHERE id = own.selector_id AND organisation_id = :organisation AND hub = '' AND kind = ANY(:kinds)
        OFFSET 0
    ) AS node
    CROSS JOIN LATERAL (
        SELECT strand_id FROM strand_selectors
        WHERE selector_id = own.selector_id AND organisation_id = :organisation
          AND strand_id <> own.strand_id
        ORDER BY strand_id LIMIT :most
    ) AS other
    """
)
_SHOWN = text(
    """
    SELECT own.strand_id, own.selector_id, node.kind
    FROM unnest(CAST(:strands AS uuid[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT strand_id, selector_id FROM strand_selectors
        WHERE strand_id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS own
    CROSS JOIN LATERAL (
        SELECT kind FROM selectors
        WHERE id = own.selector_id AND organisation_id = :organisation AND hub = '' AND kind = ANY(:kinds)
        OFFSET 0
    ) AS node
    """
)
_STRANDS = text(
    """
    SELECT strand.lead_id, strand.id, strand.supports
    FROM unnest(CAST(:leads AS uuid[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT id, lead_id, supports FROM strands
        WHERE lead_id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS strand
    ORDER BY strand.id
    """
)


@dataclass
class Shown:
    """What strands show that others may show too: by selector its kind and the strands that show it."""

    kinds: dict[int, str] = field(default_factory=dict)
    examined: dict[int, int] = field(default_factory=dict)
    holders: dict[int, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    def without(self, selectors: Iterable[int]) -> None:
        """Leave selectors out that turned out to be hubs."""
        for selector in selectors:
            self.holders.pop(selector, None)

    def shared(self, about: set[UUID]) -> dict[tuple[UUID, UUID], list[str]]:
        """The kinds of what pairs of strands share, one of the two a strand asked `about`."""
        found: defaultdict[tuple[UUID, UUID], list[str]] = defaultdict(list)
        for selector, holders in self.holders.items():
            for pair in _pairs_about(sorted(holders), about):
                found[pair].append(self.kinds[selector])
        return found

    def shared_within(self, lead_of: Mapping[UUID, UUID]) -> dict[tuple[UUID, UUID], list[str]]:
        """The kinds of what pairs of strands of one lead share."""
        found: defaultdict[tuple[UUID, UUID], list[str]] = defaultdict(list)
        for selector, holders in self.holders.items():
            by_lead: defaultdict[UUID, list[UUID]] = defaultdict(list)
            for strand in sorted(holders):
                by_lead[lead_of[strand]].append(strand)
            for strands in by_lead.values():
                for pair in combinations(strands[:MOST_HOLDERS], 2):
                    found[pair].append(self.kinds[selector])
        return found


def _pairs_about(strands: list[UUID], about: set[UUID]) -> Iterable[tuple[UUID, UUID]]:
    asked = [strand for strand in strands if strand in about]
    return (
        (min(one, other), max(one, other))
        for one in asked
        for other in strands
        if one != other and (other not in about or one < other)
    )


def beside(session: Session, organisation_id: UUID, strands: Iterable[UUID]) -> Shown:
    """What these strands have in common with others, and which strands show it, themselves included."""
    shown = Shown()
    parameters = {"strands": array(strands), "organisation": organisation_id, "kinds": BONDING}
    rows = session.execute(_BESIDE, parameters | {"most": MOST_HOLDERS}).all()
    for strand, selector, kind, examined, other in rows:
        shown.kinds[selector] = kind
        shown.examined[selector] = examined
        holders = shown.holders[selector]
        holders.add(strand)
        holders.add(other)
    return shown


def shown_by(
    session: Session, organisation_id: UUID, strands: Iterable[UUID], kinds: Iterable[str] = BONDING
) -> Shown:
    """What these strands show, among themselves."""
    shown = Shown()
    parameters = {"strands": array(strands), "organisation": organisation_id, "kinds": list(kinds)}
    for strand, selector, kind in session.execute(_SHOWN, parameters).all():
        shown.kinds[selector] = kind
        shown.holders[selector].add(strand)
    return shown


class Joined(NamedTuple):
    """Pairs of a changed strand and another whose bond joins, with its weight; the leads of the others; and
    changed strands with a bond that joined by what was stated before, and does not any more."""

    weights: dict[tuple[UUID, UUID], float]
    leads: dict[UUID, UUID]
    loosened: set[UUID]


def joined_pairs(
    session: Session, organisation_id: UUID, shown: Shown, changed: Mapping[UUID, Growth]
) -> Joined:
    """How changed strands are joined with others. What the others state is read."""
    shared = shown.shared(set(changed))
    others = {strand for pair in shared for strand in pair} - set(changed)
    stored = read(session, organisation_id, others)
    supports = {strand: Supports.of(growth.supports) for strand, growth in changed.items()}
    supports |= {strand: Supports.of(one.supports) for strand, one in stored.items()}
    weights = {pair: made.weight for pair, made in bonds(shared, supports).items()}
    before = {strand: growth.before for strand, growth in changed.items() if growth.restated}
    apart = {pair: kinds for pair, kinds in shared.items() if pair not in weights}
    leads = {strand: one.lead_id for strand, one in stored.items()}
    return Joined(weights, leads, _loosened(apart, supports, before))


def _loosened(
    apart: Mapping[tuple[UUID, UUID], Sequence[str]],
    supports: Mapping[UUID, Supports],
    before: Mapping[UUID, Sequence[frozenset[str]]],
) -> set[UUID]:
    """Strands with a bond that joined by what was stated before; it does not join now.

    Pairs may share more than before, so that this is rather said of a bond too many.
    """
    stated = {strand: [Supports.of(one) for one in parts] for strand, parts in before.items()}
    found: set[UUID] = set()
    for pair, kinds in apart.items():
        ends = [stated.get(end) or [supports[end]] for end in pair]
        if any(end in stated for end in pair) and any(
            bond(kinds, one, other).joins for one in ends[0] for other in ends[1]
        ):
            found.update(pair)
    return found


def parts_of_leads(
    session: Session, organisation_id: UUID, leads: Iterable[UUID], said: Judged
) -> dict[UUID, list[list[UUID]]]:
    """The sets of strands that bonds and people's words make, of each of these leads with several strands."""
    supports: dict[UUID, Supports] = {}
    sets: defaultdict[UUID, Sets[UUID]] = defaultdict(Sets)
    lead_of: dict[UUID, UUID] = {}
    rows = session.execute(_STRANDS, {"leads": array(leads), "organisation": organisation_id}).all()
    for lead, strand, stated in rows:
        supports[strand] = Supports.of(stated)
        lead_of[strand] = lead
        sets[lead].find(strand)
    several = [strand for strand, lead in lead_of.items() if len(sets[lead]) > 1]
    shown = shown_by(session, organisation_id, several)
    for one, other in (pair.strands for pair in said.together):
        if one in lead_of and lead_of[one] == lead_of.get(other):
            sets[lead_of[one]].union(one, other)
    within: defaultdict[UUID, dict[tuple[UUID, UUID], float]] = defaultdict(dict)
    for pair, made in bonds(shown.shared_within(lead_of), supports).items():
        within[lead_of[pair[0]]][pair] = made.weight
    for lead, pairs in within.items():
        kept = [ends for ends in said.strands_apart if all(lead_of.get(end) == lead for end in ends)]
        unite(sets[lead], pairs, kept)
    return {lead: found.sets() for lead, found in sets.items() if len(found) > 1}
