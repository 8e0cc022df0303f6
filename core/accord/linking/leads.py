"""Writing leads: made, grown, merged and split. A lead keeps its identity as long as it has records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.linking.facts import Facts
from accord.linking.models import Lead, LeadRecord, LeadSelector


@dataclass(frozen=True)
class Part:
    """A record that goes into a lead: its selectors (hubs included) and its facts."""

    record_id: int
    selectors: tuple[int, ...]
    facts: Facts


def new_ids(session: Session, count: int) -> list[UUID]:
    """Identities for new leads."""
    return list(session.scalars(text("SELECT uuidv7() FROM generate_series(1, :count)"), {"count": count}))


def create(session: Session, organisation_id: UUID, groups: Sequence[Sequence[Part]]) -> None:
    """Make a lead of each group of records."""
    if not groups:
        return
    ids = new_ids(session, len(groups))
    rows = []
    for lead_id, parts in zip(ids, groups, strict=True):
        facts = total(part.facts for part in parts)
        rows.append({"id": lead_id, "organisation_id": organisation_id, "places": [], **_columns(facts)})
    session.execute(insert(Lead), rows)
    _attach(session, organisation_id, list(zip(ids, groups, strict=True)))


def grow(session: Session, organisation_id: UUID, additions: Mapping[UUID, Sequence[Part]]) -> None:
    """Add records to leads that there are."""
    if not additions:
        return
    known = dict(session.execute(select(Lead.id, Lead.facts).where(Lead.id.in_(additions))).tuples().all())
    rows = []
    for lead_id, parts in additions.items():
        facts = total([read_facts(known[lead_id]), *(part.facts for part in parts)])
        rows.append({"lead_id": lead_id, **_columns(facts)})
    _update(session, rows)
    _attach(session, organisation_id, list(additions.items()))


def merge(session: Session, organisation_id: UUID, leads: Sequence[UUID]) -> UUID:
    """Join leads into the one with the most records (of equals, the one with the smallest anchor)."""
    rows = session.execute(select(Lead.id, Lead.records, Lead.anchor, Lead.facts).where(Lead.id.in_(leads))).all()
    first, *rest = sorted(rows, key=lambda row: (-row.records, row.anchor))
    absorbed = [row.id for row in rest]
    facts = total(read_facts(row.facts) for row in rows)
    _update(session, [{"lead_id": first.id, **_columns(facts)}])
    session.execute(update(LeadRecord).where(LeadRecord.lead_id.in_(absorbed)).values(lead_id=first.id))
    moved = (
        delete(LeadSelector)
        .where(LeadSelector.lead_id.in_(absorbed))
        .returning(LeadSelector.selector_id, LeadSelector.records)
    )
    sums: Counter[int] = Counter()
    for selector, records in session.execute(moved):
        sums[selector] += records
    _add_selectors(session, organisation_id, [(first.id, selector, count) for selector, count in sums.items()])
    session.execute(
        update(Lead).where(Lead.id.in_(absorbed)).values(merged_into=first.id, records=0, stale=False)
    )
    session.execute(update(Lead).where(Lead.merged_into.in_(absorbed)).values(merged_into=first.id))
    return UUID(str(first.id))


def split(session: Session, organisation_id: UUID, lead_id: UUID, groups: Sequence[Sequence[Part]]) -> None:
    """Let the largest group keep the lead, and make new leads of the others."""
    largest, *others = sorted(groups, key=lambda parts: (-len(parts), min(part.facts.anchor for part in parts)))
    leaving = [part.record_id for parts in others for part in parts]
    if not leaving:
        return
    session.execute(delete(LeadRecord).where(LeadRecord.record_id.in_(leaving)))
    session.execute(delete(LeadSelector).where(LeadSelector.lead_id == lead_id))
    _update(session, [{"lead_id": lead_id, **_columns(total(part.facts for part in largest))}])
    _count_selectors(session, organisation_id, [(lead_id, largest)])
    create(session, organisation_id, others)


def total(facts: Iterable[Facts]) -> Facts:
    """All facts together.

    :raises ValueError: when there are none.
    """
    iterator = iter(facts)
    try:
        result = next(iterator)
    except StopIteration as error:
        raise ValueError("a lead has at least one record") from error
    for more in iterator:
        result = result.plus(more)
    return result


def read_facts(stored: dict[str, Any]) -> Facts:
    """Facts as they were stored."""
    return msgspec.convert(stored, Facts)


def _columns(facts: Facts) -> dict[str, Any]:
    return {
        "anchor": facts.anchor,
        "records": facts.records,
        "first_seen": facts.first,
        "last_seen": facts.last,
        "facts": msgspec.to_builtins(facts),
        "stale": True,
    }


def _update(session: Session, rows: list[dict[str, Any]]) -> None:
    names = [name for name in rows[0] if name != "lead_id"]
    statement = update(Lead).where(Lead.id == bindparam("lead_id")).values(
        {name: bindparam(name) for name in names} | {"revision": Lead.revision + 1}
    )
    session.connection().execute(statement, rows)


def _attach(
    session: Session, organisation_id: UUID, additions: Sequence[tuple[UUID, Sequence[Part]]]
) -> None:
    rows = [
        {"record_id": part.record_id, "lead_id": lead_id, "organisation_id": organisation_id}
        for lead_id, parts in additions
        for part in parts
    ]
    session.execute(insert(LeadRecord), rows)
    _count_selectors(session, organisation_id, additions)


def _count_selectors(
    session: Session, organisation_id: UUID, additions: Sequence[tuple[UUID, Sequence[Part]]]
) -> None:
    counts = []
    for lead_id, parts in additions:
        by_selector = Counter(selector for part in parts for selector in part.selectors)
        counts += [(lead_id, selector, count) for selector, count in by_selector.items()]
    _add_selectors(session, organisation_id, counts)


def _add_selectors(session: Session, organisation_id: UUID, counts: Sequence[tuple[UUID, int, int]]) -> None:
    if not counts:
        return
    rows = [
        {"lead_id": lead_id, "selector_id": selector, "organisation_id": organisation_id, "records": count}
        for lead_id, selector, count in sorted(counts, key=lambda row: (row[1], row[0]))
    ]
    statement = insert(LeadSelector)
    statement = statement.on_conflict_do_update(
        index_elements=["selector_id", "lead_id"],
        set_={"records": LeadSelector.records + statement.excluded.records},
    )
    session.execute(statement, rows)


def count_stale(session: Session, organisation_id: UUID) -> int:
    """How many leads wait to be assessed."""
    query = select(func.count()).where(Lead.organisation_id == organisation_id, Lead.stale)
    return session.scalar(query) or 0
