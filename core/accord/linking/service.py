"""Linking a batch: its records join leads, leads join each other, hubs are taken out.

One transaction a batch, one linker at a time for an organisation (the job's lock).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.detection.models import RecordFindings
from accord.ingestion.models import Batch, Source, Stage, StoredRecord
from accord.linking import hubs, leads
from accord.linking.carried import carried, decode_findings, facts_of
from accord.linking.evidence import WEIGHTS
from accord.linking.facts import Facts
from accord.linking.grouping import Group, Holder, Node, group
from accord.linking.leads import Part
from accord.linking.models import Lead, LeadRecord, LeadSelector, Mention, SelectorNode
from accord.linking.nodes import nodes_for
from accord_config.database import Database, Scope
from accord_config.queue import enqueue

ASSESS = "caseload:assess"
"""Name of the job that changed leads need next."""
LARGEST_SPLIT = 50_000
"""A lead with more records is not taken apart when one of its selectors turns out to be a hub."""


@dataclass(frozen=True)
class _Loaded:
    parts: dict[int, Part]
    kinds: dict[int, str]
    """Kind of each selector that joins; hubs are left out."""

    def node(self, record_id: int) -> Node:
        part = self.parts[record_id]
        joining = tuple(selector for selector in part.selectors if selector in self.kinds)
        return Node(record_id, joining, frozenset(part.facts.visits))

    def weights(self) -> dict[int, float]:
        return {selector: WEIGHTS[kind] for selector, kind in self.kinds.items()}


def link_ready(database: Database, organisation_id: UUID, *, most: int = 20) -> bool:
    """Link the batches that are ready, oldest first; returns whether more are waiting."""
    scope = Scope(organisation_id=organisation_id)
    for _ in range(most):
        with database.transaction(scope) as session:
            batch = session.scalar(
                select(Batch)
                .where(Batch.organisation_id == organisation_id, Batch.stage == Stage.DETECTED)
                .order_by(Batch.id)
                .limit(1)
                .with_for_update()
            )
            if batch is None:
                return False
            link_batch(session, organisation_id, batch)
            request_assessment(session, organisation_id)
    return True


def request_assessment(session: Session, organisation_id: UUID) -> None:
    """Have changed leads assessed; one waiting job serves all that change until it starts."""
    name = f"assess:{organisation_id}"
    enqueue(session, ASSESS, organisation_id=organisation_id, lock=name, queueing_lock=name)


def link_batch(session: Session, organisation_id: UUID, batch: Batch) -> None:
    """Bring one batch into the graph and its leads."""
    ids = list(session.scalars(select(StoredRecord.id).where(StoredRecord.batch_id == batch.id)))
    carried_by = _add_mentions(session, organisation_id, ids)
    touched = sorted({selector for selectors in carried_by.values() for selector in selectors})
    found = hubs.find_hubs(session, organisation_id, hubs.suspects(session, touched))
    hubs.mark(session, found)
    _take_apart(session, organisation_id, found)
    loaded = _load(session, ids)
    holders = _holders(session, list(loaded.kinds))
    groups = group([loaded.node(record) for record in ids], holders, loaded.weights())
    _write(session, organisation_id, groups, loaded)
    batch.stage = Stage.LINKED


def _add_mentions(session: Session, organisation_id: UUID, ids: Sequence[int]) -> dict[int, list[int]]:
    by_record = {
        record_id: carried(decode_findings(rows), content.get("images", []))
        for record_id, content, rows in _findings(session, ids)
    }
    nodes = nodes_for(session, organisation_id, (value for values in by_record.values() for value in values))
    selectors = {record: sorted({nodes[value] for value in values}) for record, values in by_record.items()}
    rows = [
        {"record_id": record, "selector_id": selector, "organisation_id": organisation_id}
        for record, found in selectors.items()
        for selector in found
    ]
    if rows:
        session.execute(insert(Mention).on_conflict_do_nothing(), rows)
    return selectors


def _findings(session: Session, ids: Collection[int]) -> Iterator[tuple[int, dict[str, Any], list[list[Any]]]]:
    found = defaultdict(list)
    query = select(RecordFindings.record_id, RecordFindings.findings).where(RecordFindings.record_id.in_(ids))
    for record_id, findings in session.execute(query):
        found[record_id].append(findings)
    query_content = select(StoredRecord.id, StoredRecord.content).where(StoredRecord.id.in_(ids))
    for record_id, content in session.execute(query_content):
        yield record_id, content, found[record_id]


def _load(session: Session, ids: Collection[int]) -> _Loaded:
    """Parts of these records, from what is stored; kinds without hubs."""
    selectors: dict[int, list[int]] = defaultdict(list)
    kinds: dict[int, str] = {}
    rows = session.execute(
        select(Mention.record_id, Mention.selector_id, SelectorNode.kind, SelectorNode.hub)
        .join(SelectorNode, SelectorNode.id == Mention.selector_id)
        .where(Mention.record_id.in_(ids))
        .order_by(Mention.record_id, Mention.selector_id)
    )
    for record_id, selector, kind, hub in rows:
        selectors[record_id].append(selector)
        if not hub:
            kinds[selector] = kind
    facts = _facts(session, ids)
    parts = {record: Part(record, tuple(selectors[record]), facts[record]) for record in ids}
    return _Loaded(parts, kinds)


def _facts(session: Session, ids: Collection[int]) -> dict[int, Facts]:
    named = session.execute(
        select(StoredRecord.id, StoredRecord.external_id, StoredRecord.observed_at, Source.slug)
        .join(Source, Source.id == StoredRecord.source_id)
        .where(StoredRecord.id.in_(ids))
    )
    names = {row.id: row for row in named}
    facts = {}
    for record_id, content, rows in _findings(session, ids):
        row = names[record_id]
        anchor = f"{row.slug}/{row.external_id}"
        facts[record_id] = facts_of(anchor, row.observed_at, content.get("place"), decode_findings(rows))
    return facts


def _holders(session: Session, selectors: list[int]) -> list[Holder]:
    held: dict[UUID, list[int]] = defaultdict(list)
    rows = session.execute(
        select(LeadSelector.lead_id, LeadSelector.selector_id)
        .where(LeadSelector.selector_id.in_(selectors))
        .order_by(LeadSelector.lead_id, LeadSelector.selector_id)
    )
    for lead_id, selector in rows:
        held[lead_id].append(selector)
    places = dict(session.execute(select(Lead.id, Lead.facts["visits"]).where(Lead.id.in_(held))).tuples().all())
    return [Holder(lead_id, tuple(found), frozenset(places[lead_id])) for lead_id, found in held.items()]


def _write(session: Session, organisation_id: UUID, groups: Sequence[Group], loaded: _Loaded) -> None:
    fresh: list[list[Part]] = []
    additions: dict[UUID, list[Part]] = {}
    for found in groups:
        if not found.records:
            continue
        parts = [loaded.parts[record] for record in found.records]
        if not found.leads:
            fresh.append(parts)
            continue
        lead_id = found.leads[0] if len(found.leads) == 1 else leads.merge(session, organisation_id, found.leads)
        additions[lead_id] = parts
    leads.grow(session, organisation_id, additions)
    leads.create(session, organisation_id, fresh)


def _take_apart(session: Session, organisation_id: UUID, found: dict[int, str]) -> None:
    """Group the records of leads anew that a selector held together which is a hub now."""
    query = (
        select(LeadSelector.lead_id, Lead.records)
        .join(Lead, Lead.id == LeadSelector.lead_id)
        .where(LeadSelector.selector_id.in_(found), Lead.records > 1)
        .distinct()
        .order_by(LeadSelector.lead_id)
    )
    for lead_id, size in session.execute(query).all():
        if size > LARGEST_SPLIT:
            continue
        ids = list(session.scalars(select(LeadRecord.record_id).where(LeadRecord.lead_id == lead_id)))
        loaded = _load(session, ids)
        groups = group([loaded.node(record) for record in ids], [], loaded.weights())
        leads.split(
            session, organisation_id, lead_id, [[loaded.parts[r] for r in found.records] for found in groups]
        )
