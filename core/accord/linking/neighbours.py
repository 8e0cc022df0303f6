"""Which strands share something with these, and what: the candidates for bonds. No table of pairs.

Read anew from the graph for the strands that a batch changed, and for leads that are looked at again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.arrays import array
from accord.linking.bonds import Supports, bonds
from accord.linking.evidence import HUB_LOOKED_AT, REASSIGNED, WEAK
from accord.linking.grouping import Sets
from accord.linking.strands import read

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

    def shared(self, about: set[UUID] | None = None) -> dict[tuple[UUID, UUID], list[str]]:
        """The kinds of what pairs of strands share; only pairs with one of the strands asked `about`."""
        found: defaultdict[tuple[UUID, UUID], list[str]] = defaultdict(list)
        for selector, holders in self.holders.items():
            for pair in _pairs(sorted(holders), about):
                found[pair].append(self.kinds[selector])
        return found


def _pairs(strands: list[UUID], about: set[UUID] | None) -> Iterable[tuple[UUID, UUID]]:
    if about is None:
        return combinations(strands[:MOST_HOLDERS], 2)
    asked = [strand for strand in strands if strand in about]
    return (
        (min(one, other), max(one, other))
        for one in asked
        for other in strands
        if one != other and (other not in about or one < other)
    )


def beside(session: Session, organisation_id: UUID, strands: Iterable[UUID]) -> Shown:
    """What these strands show, and which strands show it, themselves included."""
    shown = Shown()
    parameters = {"strands": array(strands), "organisation": organisation_id, "kinds": BONDING}
    for strand, selector, kind, examined, other in session.execute(
        _BESIDE, parameters | {"most": MOST_HOLDERS}
    ):
        shown.kinds[selector] = kind
        shown.examined[selector] = examined
        shown.holders[selector] |= {strand, other}
    return shown


def shown_by(
    session: Session, organisation_id: UUID, strands: Iterable[UUID], kinds: Iterable[str] = BONDING
) -> Shown:
    """What these strands show, among themselves."""
    shown = Shown()
    parameters = {"strands": array(strands), "organisation": organisation_id, "kinds": list(kinds)}
    for strand, selector, kind in session.execute(_SHOWN, parameters):
        shown.kinds[selector] = kind
        shown.holders[selector].add(strand)
    return shown


def joined_pairs(
    session: Session, organisation_id: UUID, shown: Shown, changed: Mapping[UUID, frozenset[str]]
) -> tuple[list[tuple[UUID, UUID]], dict[UUID, UUID]]:
    """Pairs of a changed strand and another whose bond joins, and the leads of the others.

    `changed` gives what the changed strands state; what others state is read.
    """
    shared = shown.shared(set(changed))
    others = {strand for pair in shared for strand in pair} - set(changed)
    stored = read(session, organisation_id, others)
    supports = {strand: Supports.of(stated) for strand, stated in changed.items()}
    supports |= {strand: Supports.of(one.supports) for strand, one in stored.items()}
    return list(bonds(shared, supports)), {strand: one.lead_id for strand, one in stored.items()}


def parts_of_lead(session: Session, organisation_id: UUID, strands: Iterable[UUID]) -> list[list[UUID]]:
    """The sets of strands that bonds among them make."""
    stored = read(session, organisation_id, strands)
    shown = shown_by(session, organisation_id, stored)
    supports = {strand: Supports.of(one.supports) for strand, one in stored.items()}
    sets = Sets(sorted(stored))
    for one, other in bonds(shown.shared(), supports):
        sets.union(one, other)
    return sets.sets()
