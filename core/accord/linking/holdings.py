"""What strands hold: on how many of a strand's records a selector stands, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.grouping import Days
from accord_config.arrays import array

_HELD = text(
    """
    SELECT held.strand_id, held.selector_id, held.records,
           held.first_day - DATE '0001-01-01' + 1, held.last_day - DATE '0001-01-01' + 1
    FROM unnest(CAST(:selectors AS bigint[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT * FROM strand_selectors
        WHERE selector_id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS held
    """
)
_NUMBERS = text(
    """
    SELECT held.selector_id FROM unnest(CAST(:strands AS uuid[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT selector_id FROM strand_selectors
        WHERE strand_id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS held
    CROSS JOIN LATERAL (
        SELECT FROM selectors
        WHERE id = held.selector_id AND organisation_id = :organisation AND kind = 'phone' AND hub = ''
        OFFSET 0
    ) AS node
    GROUP BY held.selector_id HAVING count(*) > 1
    """
)
_HELD_ELSEWHERE = text(
    """
    SELECT DISTINCT wanted.strand_id
    FROM unnest(CAST(:strands AS uuid[]), CAST(:selectors AS bigint[])) AS wanted(strand_id, selector_id)
    CROSS JOIN LATERAL (
        SELECT FROM strand_selectors
        WHERE selector_id = wanted.selector_id AND organisation_id = :organisation
          AND strand_id <> wanted.strand_id
        LIMIT 1
    ) AS other
    """
)


class Held(NamedTuple):
    """On how many of a strand's records a selector stands, and when."""

    records: int
    days: Days

    def plus(self, other: Held) -> Held:
        """Both together."""
        return Held(self.records + other.records, self.days.plus(other.days))


Holding = tuple[UUID, int]
"""A strand and a selector that it holds."""
Holdings = dict[Holding, Held]


def held(session: Session, organisation_id: UUID, selectors: Iterable[int]) -> Holdings:
    """What strands hold these selectors."""
    parameters = {"selectors": array(selectors), "organisation": organisation_id}
    return {
        (row[0], row[1]): Held(row[2], Days(row[3], row[4]))
        for row in session.execute(_HELD, parameters).all()
    }


def common_numbers(session: Session, organisation_id: UUID, strands: Iterable[UUID]) -> set[int]:
    """The telephone numbers that more than one of these strands holds."""
    parameters = {"strands": array(strands), "organisation": organisation_id}
    return set(session.scalars(_NUMBERS, parameters))


def held_elsewhere(session: Session, organisation_id: UUID, holdings: Sequence[Holding]) -> set[UUID]:
    """The strands of these that hold a selector which some other strand holds too."""
    if not holdings:
        return set()
    held_by, selectors = map(array, zip(*holdings, strict=True))
    parameters = {"strands": held_by, "selectors": selectors, "organisation": organisation_id}
    return set(session.scalars(_HELD_ELSEWHERE, parameters))
