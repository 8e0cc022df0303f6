"""How the linker heeds what people said: pairs that are kept apart, and pairs that are joined.

A word against a link is stronger than any bond. Where a third part has enough in common with both of two
that were judged apart, it goes to the one with which it has more in common; the bond to the other
is not made and shows on the lead's page as a question to a person.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.grouping import Sets

T = TypeVar("T", bound=Hashable)

_STANDING = text(
    """
    SELECT judgement.verdict, one.strand_id, other.strand_id, one.lead_id, other.lead_id
    FROM judgements AS judgement
    CROSS JOIN LATERAL (
        SELECT strand_id, lead_id FROM lead_records WHERE record_id = judgement.one_record OFFSET 0
    ) AS one
    CROSS JOIN LATERAL (
        SELECT strand_id, lead_id FROM lead_records WHERE record_id = judgement.other_record OFFSET 0
    ) AS other
    WHERE judgement.organisation_id = :organisation AND judgement.withdrawn_at IS NULL
      AND judgement.verdict IN ('apart', 'together') AND one.strand_id <> other.strand_id
    ORDER BY judgement.id
    """
)


class Pair(NamedTuple):
    """Two strands of which something was said, and the leads that they are in."""

    strands: tuple[UUID, UUID]
    leads: tuple[UUID, UUID]


@dataclass(frozen=True)
class Judged:
    """What stands of an organisation's judgements on pairs."""

    apart: tuple[Pair, ...] = ()
    together: tuple[Pair, ...] = ()

    @property
    def strands_apart(self) -> list[tuple[UUID, UUID]]:
        """The pairs of strands that are not the same."""
        return [pair.strands for pair in self.apart]

    @property
    def leads_apart(self) -> list[tuple[UUID, UUID]]:
        """The pairs of leads that must not become one; a lead is not kept apart from itself here."""
        return [pair.leads for pair in self.apart if pair.leads[0] != pair.leads[1]]


def judged(session: Session, organisation_id: UUID) -> Judged:
    """What people said of pairs of strands as they are now."""
    apart: list[Pair] = []
    together: list[Pair] = []
    for verdict, one, other, lead, other_lead in session.execute(
        _STANDING, {"organisation": organisation_id}
    ).all():
        (apart if verdict == "apart" else together).append(Pair((one, other), (lead, other_lead)))
    return Judged(tuple(apart), tuple(together))


def unite(sets: Sets[T], pairs: Mapping[tuple[T, T], float], apart: Iterable[tuple[T, T]]) -> None:
    """Join pairs, the weightiest first, except where that would bring together what is kept apart."""
    kept = list(apart)
    ordered = sorted(pairs, key=lambda pair: (-pairs[pair], str(pair))) if kept else pairs
    for one, other in ordered:
        if not kept or _may_join(sets, sets.find(one), sets.find(other), kept):
            sets.union(one, other)


def _may_join(sets: Sets[T], one: T, other: T, apart: Iterable[tuple[T, T]]) -> bool:
    if one == other:
        return False
    ends = {one, other}
    return all({sets.find(first), sets.find(second)} != ends for first, second in apart)
