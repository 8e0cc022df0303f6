"""Writing leads: made, grown, merged and split. A lead keeps its identity as long as it has records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accord.linking.arrays import array, documents
from accord.linking.facts import Facts, decode_facts, encode_facts, total
from accord.linking.grouping import Days
from accord.linking.models import Lead

_HELD = text(
    """
    SELECT held.lead_id, held.selector_id, held.records,
           held.first_day - DATE '0001-01-01' + 1, held.last_day - DATE '0001-01-01' + 1
    FROM unnest(CAST(:selectors AS bigint[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT * FROM lead_selectors
        WHERE selector_id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS held
    """
)
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
    INSERT INTO leads (id, organisation_id, stale, anchor, records, first_seen, last_seen, facts)
    SELECT id, :organisation, true, facts->>'anchor', records, CAST(facts->>'first' AS timestamptz),
           CAST(facts->>'last' AS timestamptz), facts
    FROM ROWS FROM (
        unnest(CAST(:ids AS uuid[]), CAST(:records AS int[])), jsonb_array_elements(CAST(:facts AS jsonb))
    ) AS made(id, records, facts)
    """
)
_UPDATE = text(
    """
    UPDATE leads SET stale = true, revision = revision + 1, anchor = changed.facts->>'anchor',
        records = changed.records, first_seen = CAST(changed.facts->>'first' AS timestamptz),
        last_seen = CAST(changed.facts->>'last' AS timestamptz), facts = changed.facts
    FROM ROWS FROM (
        unnest(CAST(:ids AS uuid[]), CAST(:records AS int[])), jsonb_array_elements(CAST(:facts AS jsonb))
    ) AS changed(id, records, facts)
    WHERE leads.id = changed.id AND organisation_id = :organisation
    """
)
_ATTACH = text(
    """
    INSERT INTO lead_records (record_id, lead_id, organisation_id)
    SELECT record_id, lead_id, :organisation
    FROM unnest(CAST(:records AS bigint[]), CAST(:leads AS uuid[])) AS part(record_id, lead_id)
    """
)
_MOVE = text(
    """
    UPDATE lead_records SET lead_id = part.lead_id
    FROM unnest(CAST(:records AS bigint[]), CAST(:leads AS uuid[])) AS part(record_id, lead_id)
    WHERE lead_records.record_id = part.record_id AND organisation_id = :organisation
    """
)
_COUNT = text(
    """
    INSERT INTO lead_selectors (selector_id, lead_id, organisation_id, records, first_day, last_day)
    SELECT selector_id, lead_id, :organisation, records,
           DATE '0001-01-01' + first - 1, DATE '0001-01-01' + last - 1
    FROM unnest(CAST(:selectors AS bigint[]), CAST(:leads AS uuid[]), CAST(:records AS int[]),
                CAST(:firsts AS int[]), CAST(:lasts AS int[]))
        AS part(selector_id, lead_id, records, first, last)
    ORDER BY selector_id, lead_id
    ON CONFLICT (selector_id, lead_id) DO UPDATE SET records = lead_selectors.records + excluded.records,
        first_day = LEAST(lead_selectors.first_day, excluded.first_day),
        last_day = GREATEST(lead_selectors.last_day, excluded.last_day)
    """
)
_ABSORB_RECORDS = text(
    """
    UPDATE lead_records SET lead_id = merged.into_id
    FROM unnest(CAST(:absorbed AS uuid[]), CAST(:into AS uuid[])) AS merged(id, into_id)
    WHERE lead_records.lead_id = merged.id AND organisation_id = :organisation
    """
)
_ABSORB_LEADS = text(
    """
    UPDATE leads SET merged_into = merged.into_id, records = 0, stale = false
    FROM unnest(CAST(:absorbed AS uuid[]), CAST(:into AS uuid[])) AS merged(id, into_id)
    WHERE (leads.id = merged.id OR leads.merged_into = merged.id) AND organisation_id = :organisation
    """
)
_DROP_SELECTORS = text(
    """
    DELETE FROM lead_selectors WHERE lead_id = ANY(CAST(:leads AS uuid[])) AND organisation_id = :organisation
    RETURNING lead_id, selector_id, records,
              first_day - DATE '0001-01-01' + 1, last_day - DATE '0001-01-01' + 1
    """
)


class Held(NamedTuple):
    """On how many of a lead's records a selector stands, and when."""

    records: int
    days: Days

    def plus(self, other: Held) -> Held:
        """Both together."""
        return Held(self.records + other.records, self.days.plus(other.days))


Holdings = dict[tuple[UUID, int], Held]
"""By lead and selector."""


@dataclass(frozen=True)
class Part:
    """A record that goes into a lead: its selectors (hubs included) and its facts."""

    record_id: int
    selectors: tuple[int, ...]
    facts: Facts

    @property
    def day(self) -> int:
        """The day on which it was observed (UTC), as an ordinal."""
        return self.facts.first.toordinal()


@dataclass(frozen=True)
class Growth:
    """Records and other leads that go into a lead; `facts` is what it has afterwards."""

    lead_id: UUID
    absorbed: tuple[UUID, ...]
    parts: tuple[Part, ...]
    facts: Facts


def held(session: Session, organisation_id: UUID, selectors: Iterable[int]) -> Holdings:
    """What leads hold these selectors."""
    parameters = {"selectors": array(selectors), "organisation": organisation_id}
    return {
        (row[0], row[1]): Held(row[2], Days(row[3], row[4])) for row in session.execute(_HELD, parameters)
    }


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
    """Make a lead of each group of records that have none."""
    if not groups:
        return []
    ids = _create_rows(session, organisation_id, groups)
    _attach(session, _ATTACH, organisation_id, ids, groups)
    _count(session, organisation_id, _counted(zip(ids, groups, strict=True)))
    return ids


def grow(session: Session, organisation_id: UUID, growths: Sequence[Growth]) -> None:
    """Add records and other leads to leads that there are. A lead stands in one growth only."""
    if not growths:
        return
    _update(session, organisation_id, [(growth.lead_id, growth.facts) for growth in growths])
    counts = _counted((growth.lead_id, growth.parts) for growth in growths)
    into = {lead: growth.lead_id for growth in growths for lead in growth.absorbed}
    if into:
        _add(counts, _absorb(session, organisation_id, into))
    ids = [growth.lead_id for growth in growths]
    _attach(session, _ATTACH, organisation_id, ids, [growth.parts for growth in growths])
    _count(session, organisation_id, counts)


def _absorb(
    session: Session, organisation_id: UUID, into: dict[UUID, UUID]
) -> list[tuple[tuple[UUID, int], Held]]:
    """Empty leads into others; returns the selectors that go with them."""
    merged = {"absorbed": array(into), "into": array(into.values()), "organisation": organisation_id}
    session.execute(_ABSORB_RECORDS, merged)
    session.execute(_ABSORB_LEADS, merged)
    dropped = session.execute(_DROP_SELECTORS, {"leads": array(into), "organisation": organisation_id})
    return [((into[row[0]], row[1]), Held(row[2], Days(row[3], row[4]))) for row in dropped]


def split(session: Session, organisation_id: UUID, lead_id: UUID, groups: Sequence[Sequence[Part]]) -> None:
    """Let the largest group keep the lead, and make new leads of the others."""
    largest, *others = sorted(
        groups, key=lambda parts: (-len(parts), min(part.facts.anchor for part in parts))
    )
    if not others:
        return
    ids = _create_rows(session, organisation_id, others)
    _attach(session, _MOVE, organisation_id, ids, others)
    _update(session, organisation_id, [(lead_id, total(part.facts for part in largest))])
    session.execute(_DROP_SELECTORS, {"leads": array([lead_id]), "organisation": organisation_id})
    _count(session, organisation_id, _counted([(lead_id, largest), *zip(ids, others, strict=True)]))


def read_facts(stored: dict[str, Any]) -> Facts:
    """Facts as a session's models hold them."""
    return msgspec.convert(stored, Facts)


def count_stale(session: Session, organisation_id: UUID) -> int:
    """How many leads wait to be assessed."""
    query = select(func.count()).where(Lead.organisation_id == organisation_id, Lead.stale)
    return session.scalar(query) or 0


def _create_rows(session: Session, organisation_id: UUID, groups: Sequence[Sequence[Part]]) -> list[UUID]:
    ids = list(session.scalars(_NEW_IDS, {"count": len(groups)}))
    facts = [total(part.facts for part in parts) for parts in groups]
    session.execute(_CREATE, _columns(organisation_id, list(zip(ids, facts, strict=True))))
    return ids


def _update(session: Session, organisation_id: UUID, leads: Sequence[tuple[UUID, Facts]]) -> None:
    session.execute(_UPDATE, _columns(organisation_id, leads))


def _columns(organisation_id: UUID, leads: Sequence[tuple[UUID, Facts]]) -> dict[str, Any]:
    return {
        "organisation": organisation_id,
        "ids": array(lead_id for lead_id, _ in leads),
        "records": array(facts.records for _, facts in leads),
        "facts": documents(encode_facts(facts) for _, facts in leads),
    }


def _attach(
    session: Session, how: Any, organisation_id: UUID, ids: Sequence[UUID], groups: Sequence[Sequence[Part]]
) -> None:
    pairs = [(part.record_id, lead_id) for lead_id, parts in zip(ids, groups, strict=True) for part in parts]
    if pairs:
        records, leads = zip(*pairs, strict=True)
        session.execute(
            how, {"organisation": organisation_id, "records": array(records), "leads": array(leads)}
        )


def _counted(leads: Iterable[tuple[UUID, Sequence[Part]]]) -> Holdings:
    counts: Holdings = {}
    for lead_id, parts in leads:
        for part in parts:
            once = Held(1, Days(part.day, part.day))
            _add(counts, [((lead_id, selector), once) for selector in part.selectors])
    return counts


def _add(counts: Holdings, more: Iterable[tuple[tuple[UUID, int], Held]]) -> None:
    for edge, found in more:
        known = counts.get(edge)
        counts[edge] = found if known is None else known.plus(found)


def _count(session: Session, organisation_id: UUID, counts: Holdings) -> None:
    if counts:
        parameters = {
            "organisation": organisation_id,
            "selectors": array(selector for _, selector in counts),
            "leads": array(lead_id for lead_id, _ in counts),
            "records": array(found.records for found in counts.values()),
            "firsts": array(found.days.first for found in counts.values()),
            "lasts": array(found.days.last for found in counts.values()),
        }
        session.execute(_COUNT, parameters)
