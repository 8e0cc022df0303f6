"""Writing strands: made, grown, merged and taken apart. Leads are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.linking.facts import Facts
from accord.linking.grouping import Days
from accord.linking.holdings import Held, Holding, Holdings
from accord_config.arrays import array, documents, texts

MOST_SUPPORTS = 100
"""Places, prices and ages that are remembered of one strand; the first in the order of their texts."""

_READ = text(
    """
    SELECT strand.id, strand.lead_id, strand.supports
    FROM unnest(CAST(:strands AS uuid[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT id, lead_id, supports FROM strands
        WHERE id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS strand
    """
)
_NEW_IDS = text("SELECT uuidv7() FROM generate_series(1, :count)")
_CREATE = text(
    """
    INSERT INTO strands (id, organisation_id, lead_id, supports)
    SELECT id, :organisation, lead_id, ARRAY(SELECT jsonb_array_elements_text(supports))
    FROM ROWS FROM (
        unnest(CAST(:ids AS uuid[]), CAST(:leads AS uuid[])), jsonb_array_elements(CAST(:supports AS jsonb))
    ) AS made(id, lead_id, supports)
    """
)
_SUPPORT = text(
    """
    UPDATE strands SET supports = ARRAY(SELECT jsonb_array_elements_text(grown.supports))
    FROM ROWS FROM (
        unnest(CAST(:ids AS uuid[])), jsonb_array_elements(CAST(:supports AS jsonb))
    ) AS grown(id, supports)
    WHERE strands.id = grown.id AND organisation_id = :organisation
    """
)
_COUNT = text(
    """
    INSERT INTO strand_selectors (selector_id, strand_id, organisation_id, records, first_day, last_day)
    SELECT selector_id, strand_id, :organisation, records,
           DATE '0001-01-01' + first - 1, DATE '0001-01-01' + last - 1
    FROM unnest(CAST(:selectors AS bigint[]), CAST(:strands AS uuid[]), CAST(:records AS int[]),
                CAST(:firsts AS int[]), CAST(:lasts AS int[]))
        AS part(selector_id, strand_id, records, first, last)
    ORDER BY selector_id, strand_id
    ON CONFLICT (selector_id, strand_id) DO UPDATE
        SET records = strand_selectors.records + excluded.records,
            first_day = LEAST(strand_selectors.first_day, excluded.first_day),
            last_day = GREATEST(strand_selectors.last_day, excluded.last_day)
    RETURNING strand_id, selector_id, old.records IS NULL
    """
)
_ABSORB_RECORDS = text(
    """
    UPDATE lead_records SET strand_id = merged.into_id
    FROM unnest(CAST(:absorbed AS uuid[]), CAST(:into AS uuid[])) AS merged(id, into_id)
    WHERE lead_records.strand_id = merged.id AND organisation_id = :organisation
    """
)
_DROP = text(
    "DELETE FROM strands WHERE id = ANY(CAST(:strands AS uuid[])) AND organisation_id = :organisation"
)
_DROP_SELECTORS = text(
    """
    DELETE FROM strand_selectors
    WHERE strand_id = ANY(CAST(:strands AS uuid[])) AND organisation_id = :organisation
    RETURNING strand_id, selector_id, records,
              first_day - DATE '0001-01-01' + 1, last_day - DATE '0001-01-01' + 1
    """
)
_MOVE = text(
    """
    UPDATE lead_records SET strand_id = part.strand_id
    FROM unnest(CAST(:records AS bigint[]), CAST(:strands AS uuid[])) AS part(record_id, strand_id)
    WHERE lead_records.record_id = part.record_id AND organisation_id = :organisation
    """
)


class StoredStrand(NamedTuple):
    """A strand that there is."""

    lead_id: UUID
    supports: frozenset[str]


@dataclass(frozen=True)
class Part:
    """A record that goes into a strand: its selectors (hubs included), its facts and what it states."""

    record_id: int
    selectors: tuple[int, ...]
    facts: Facts
    supports: tuple[str, ...] = ()

    @property
    def day(self) -> int:
        """The day on which it was observed (UTC), as an ordinal."""
        return self.facts.first.toordinal()


@dataclass(frozen=True)
class Growth:
    """Records and other strands that go into a strand, which has no lead yet when it is new.

    `restated`: a part of it states more than before, so that a bond may have become weaker; `before` is what
    each of its parts stated.
    """

    strand_id: UUID
    new: bool
    leads: frozenset[UUID]
    absorbed: tuple[UUID, ...]
    parts: tuple[Part, ...]
    supports: frozenset[str]
    restated: bool = False
    before: tuple[frozenset[str], ...] = ()


def read(session: Session, organisation_id: UUID, strands: Iterable[UUID]) -> dict[UUID, StoredStrand]:
    """These strands."""
    rows = session.execute(_READ, {"strands": array(strands), "organisation": organisation_id})
    return {row[0]: StoredStrand(row[1], frozenset(row[2])) for row in rows}


def new_ids(session: Session, count: int) -> list[UUID]:
    """Names for strands to be made."""
    return list(session.scalars(_NEW_IDS, {"count": count})) if count else []


def grown(
    strand_id: UUID, stored: Mapping[UUID, StoredStrand], parts: Sequence[Part], *, new: bool = False
) -> Growth:
    """How `stored` strands and records become the strand `strand_id`."""
    before = tuple(one.supports for one in stored.values())
    stated = (*before, *(frozenset(part.supports) for part in parts))
    supports = frozenset(sorted(frozenset().union(*stated))[:MOST_SUPPORTS])
    return Growth(
        strand_id=strand_id,
        new=new,
        leads=frozenset(one.lead_id for one in stored.values()),
        absorbed=tuple(one for one in stored if one != strand_id),
        parts=tuple(parts),
        supports=supports,
        restated=any(one != supports for one in before),
        before=before,
    )


def grow(session: Session, organisation_id: UUID, growths: Sequence[Growth]) -> list[Holding]:
    """Write what strands hold; returns what strands hold that they did not before."""
    counts = counted((growth.strand_id, growth.parts) for growth in growths)
    into = {strand: growth.strand_id for growth in growths for strand in growth.absorbed}
    if into:
        _add(counts, _absorb(session, organisation_id, into))
    return _count(session, organisation_id, counts)


def _absorb(session: Session, organisation_id: UUID, into: Mapping[UUID, UUID]) -> list[tuple[Holding, Held]]:
    """Empty strands into others; returns the selectors that go with them."""
    merged = {"absorbed": array(into), "into": array(into.values()), "organisation": organisation_id}
    session.execute(_ABSORB_RECORDS, merged)
    session.execute(_DROP, {"strands": array(into), "organisation": organisation_id})
    dropped = session.execute(_DROP_SELECTORS, {"strands": array(into), "organisation": organisation_id})
    return [((into[row[0]], row[1]), Held(row[2], Days(row[3], row[4]))) for row in dropped]


def create(
    session: Session, organisation_id: UUID, growths: Sequence[Growth], leads: Mapping[UUID, UUID]
) -> None:
    """Write the rows of new strands, once their leads are known, and what others state now."""
    made = [growth for growth in growths if growth.new]
    if made:
        values = {"leads": array(leads[growth.strand_id] for growth in made)}
        session.execute(_CREATE, values | _stated(organisation_id, made))
    restated = [growth for growth in growths if not growth.new and growth.restated]
    if restated:
        session.execute(_SUPPORT, _stated(organisation_id, restated))


def _stated(organisation_id: UUID, growths: Sequence[Growth]) -> dict[str, object]:
    return {
        "organisation": organisation_id,
        "ids": array(growth.strand_id for growth in growths),
        "supports": documents(texts(sorted(growth.supports)) for growth in growths),
    }


def take_apart(
    session: Session, organisation_id: UUID, strand_id: UUID, lead_id: UUID, groups: Sequence[Sequence[Part]]
) -> None:
    """Make strands of the groups that a strand's records fall into; the first keeps its name."""
    ids = [strand_id, *new_ids(session, len(groups) - 1)]
    pairs = list(zip(ids, groups, strict=True))
    growths = [grown(one, {}, parts, new=True) for one, parts in pairs]
    everything = {"strands": array([strand_id]), "organisation": organisation_id}
    session.execute(_DROP, everything)
    session.execute(_DROP_SELECTORS, everything)
    _count(session, organisation_id, counted(pairs))
    create(session, organisation_id, growths, dict.fromkeys(ids, lead_id))
    moved = [(part.record_id, one) for one, parts in pairs[1:] for part in parts]
    records, strands = array(record for record, _ in moved), array(one for _, one in moved)
    session.execute(_MOVE, {"organisation": organisation_id, "records": records, "strands": strands})


def counted(strands: Iterable[tuple[UUID, Sequence[Part]]]) -> Holdings:
    """What records add to what strands hold."""
    counts: Holdings = {}
    for strand_id, parts in strands:
        held: dict[int, Held] = {}
        for part in parts:
            once = Held(1, Days(part.day, part.day))
            for selector in part.selectors:
                held[selector] = held[selector].plus(once) if selector in held else once
        for selector, found in held.items():
            _add(counts, [((strand_id, selector), found)])
    return counts


def _add(counts: Holdings, more: Iterable[tuple[Holding, Held]]) -> None:
    for edge, found in more:
        known = counts.get(edge)
        counts[edge] = found if known is None else known.plus(found)


def _count(session: Session, organisation_id: UUID, counts: Holdings) -> list[Holding]:
    """Add to what strands hold; returns what is new to them."""
    if not counts:
        return []
    parameters = {
        "organisation": organisation_id,
        "selectors": array(selector for _, selector in counts),
        "strands": array(strand for strand, _ in counts),
        "records": array(found.records for found in counts.values()),
        "firsts": array(found.days.first for found in counts.values()),
        "lasts": array(found.days.last for found in counts.values()),
    }
    rows = session.execute(_COUNT, parameters)
    return [(strand, selector) for strand, selector, new in rows if new]
