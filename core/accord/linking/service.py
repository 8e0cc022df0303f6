"""Linking a batch: its records join leads, leads join each other, hubs are taken out.

One transaction a batch, one linker at a time for an organisation (the job's lock). Every statement
looks rows up by keys that it is given as arrays; none reads a table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accord.ingestion.models import Batch, Stage, StoredRecord
from accord.linking import hubs, leads
from accord.linking.arrays import array
from accord.linking.grouping import Group, Holder, Node, group
from accord.linking.leads import Held, Part
from accord.linking.models import Lead, LeadRecord, LeadSelector
from accord.linking.nodes import Nodes, NodeState, nodes_for
from accord.linking.records import Brought, read_records
from accord_config.database import Database, Scope
from accord_config.queue import enqueue

ASSESS = "caseload:assess"
"""Name of the job that changed leads need next."""
ASSESS_EVERY = 10
"""Changed leads are assessed after so many batches at the latest."""
LARGEST_SPLIT = 20_000
"""A lead with more records is not taken apart when one of its selectors turns out to be a hub."""

_LOOK_UPS_ONLY = text(
    """
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
           set_config('enable_mergejoin', 'off', true),
           set_config('plan_cache_mode', 'force_custom_plan', true)
    """
)
"""While a database grows its statistics lag behind: the planner reads whole tables, or keeps the
plan of a table that was empty. Here every statement means look-ups. For the same reason each lateral
subquery ends in OFFSET 0: it keeps the planner from turning the order of the look-ups round."""
_MENTION = text(
    """
    INSERT INTO mentions (record_id, selector_id, organisation_id)
    SELECT record_id, selector_id, :organisation
    FROM unnest(CAST(:records AS bigint[]), CAST(:selectors AS bigint[])) AS edge(record_id, selector_id)
    """
)
_MENTIONED = text(
    """
    SELECT mention.record_id, mention.selector_id, node.kind, node.hub <> ''
    FROM unnest(CAST(:ids AS bigint[])) AS wanted(id)
    CROSS JOIN LATERAL (
        SELECT record_id, selector_id FROM mentions
        WHERE record_id = wanted.id AND organisation_id = :organisation
        OFFSET 0
    ) AS mention
    CROSS JOIN LATERAL (
        SELECT kind, hub FROM selectors
        WHERE id = mention.selector_id AND organisation_id = :organisation
        OFFSET 0
    ) AS node
    ORDER BY mention.record_id, mention.selector_id
    """
)


_NEXT = text(
    """
    SELECT id FROM batches
    WHERE organisation_id = :organisation AND stage <> 'linked' AND (stage = 'detected' OR EXISTS (
        SELECT FROM procrastinate_jobs AS job
        WHERE job.task_name = 'detection:detect' AND job.status IN ('todo', 'doing')
          AND job.args->>'batch_id' = batches.id::text
          AND NOT EXISTS (SELECT FROM job_failures WHERE job_failures.job_id = job.id)
    ))
    ORDER BY id LIMIT 1
    """
)
"""The oldest batch that is not linked yet and has been, or is about to be, looked at."""


def link_ready(database: Database, organisation_id: UUID, *, most: int = 20) -> bool:
    """Link the batches that are ready, in the order in which they were stored; returns whether more wait.

    The order decides about some records, so that the same data gives the same leads only in one order:
    a batch waits for those before it, but not for one whose detection failed.
    """
    scope = Scope(organisation_id=organisation_id)
    for _ in range(most):
        with database.transaction(scope) as session:
            batch_id = session.scalar(_NEXT, {"organisation": organisation_id})
            if batch_id is None:
                return False
            batch = session.get_one(Batch, batch_id, with_for_update=True)
            if batch.stage != Stage.DETECTED:
                return False
            link_batch(session, organisation_id, batch)
            # While more batches are ready a lead may change again at once; the linking of each of them
            # ends here too, so that no change is left unassessed.
            if batch.id % ASSESS_EVERY == 0 or not _another_ready(session, organisation_id):
                request_assessment(session, organisation_id)
    return True


def _another_ready(session: Session, organisation_id: UUID) -> bool:
    ready = select(Batch.id).where(Batch.organisation_id == organisation_id, Batch.stage == Stage.DETECTED)
    return session.scalar(ready.limit(1)) is not None


def request_assessment(session: Session, organisation_id: UUID) -> None:
    """Have changed leads assessed; one waiting job serves all that change until it starts."""
    name = f"assess:{organisation_id}"
    enqueue(session, ASSESS, organisation_id=organisation_id, lock=name, queueing_lock=name)


def link_batch(session: Session, organisation_id: UUID, batch: Batch) -> None:
    """Bring one batch into the graph and its leads."""
    session.execute(_LOOK_UPS_ONLY)
    query = select(StoredRecord.id).where(
        StoredRecord.batch_id == batch.id, StoredRecord.organisation_id == organisation_id
    )
    ids = sorted(session.scalars(query))
    brought = list(read_records(session, organisation_id, ids))
    nodes = nodes_for(session, organisation_id, (value for one in brought for value in one.carried))
    parts = [_part(one, nodes) for one in brought]
    _mention(session, organisation_id, parts)
    holdings = _without_hubs(session, organisation_id, parts, nodes)
    kinds = {node: state.kind for node, state in nodes.states.items() if not state.hub}
    holders = [
        Holder(lead_id, {selector: one.days for selector, one in sorted(found.items())})
        for lead_id, found in holdings.items()
    ]
    groups = group([_node(part, kinds) for part in parts], holders, kinds)
    _write(session, organisation_id, groups, parts)
    batch.stage = Stage.LINKED


def _part(one: Brought, nodes: Nodes) -> Part:
    selectors = sorted({nodes.ids[value] for value in one.carried})
    return Part(one.record_id, tuple(selectors), one.facts)


def _mention(session: Session, organisation_id: UUID, parts: Sequence[Part]) -> None:
    edges = [(part.record_id, selector) for part in parts for selector in part.selectors]
    if edges:
        records, selectors = zip(*edges, strict=True)
        session.execute(
            _MENTION,
            {"organisation": organisation_id, "records": array(records), "selectors": array(selectors)},
        )


def _without_hubs(
    session: Session, organisation_id: UUID, parts: Sequence[Part], nodes: Nodes
) -> dict[UUID, dict[int, Held]]:
    """Which leads hold which of the batch's selectors, once new hubs are marked and taken out of leads."""
    touched = Counter(selector for part in parts for selector in part.selectors)
    holdings = _holdings(session, organisation_id, touched, nodes)
    totals = Counter(touched)
    for found_in in holdings.values():
        totals.update({selector: one.records for selector, one in found_in.items()})
    found = hubs.find_hubs(session, organisation_id, nodes.states, hubs.suspects(nodes.states, totals))
    if found:
        for selector in found:
            nodes.states[selector] = NodeState(nodes.states[selector].kind, hub=True)
        _take_apart(session, organisation_id, found)
        holdings = _holdings(session, organisation_id, touched, nodes)
    return holdings


def _holdings(
    session: Session, organisation_id: UUID, touched: Iterable[int], nodes: Nodes
) -> dict[UUID, dict[int, Held]]:
    """On how many records of which leads the touched selectors stand, hubs left out."""
    joining = [selector for selector in touched if not nodes.states[selector].hub]
    holdings: defaultdict[UUID, dict[int, Held]] = defaultdict(dict)
    for (lead_id, selector), found in leads.held(session, organisation_id, joining).items():
        holdings[lead_id][selector] = found
    return holdings


def _node(part: Part, kinds: Mapping[int, str]) -> Node:
    joining = tuple(selector for selector in part.selectors if selector in kinds)
    return Node(part.record_id, joining, part.day)


def _write(session: Session, organisation_id: UUID, groups: Sequence[Group], parts: Sequence[Part]) -> None:
    by_record = {part.record_id: part for part in parts}
    growing = [found for found in groups if found.leads and found.records]
    known = leads.facts_of_leads(
        session, organisation_id, (lead for found in growing for lead in found.leads)
    )
    growths = [
        leads.joined({lead: known[lead] for lead in found.leads}, [by_record[r] for r in found.records])
        for found in growing
    ]
    fresh = [[by_record[record] for record in found.records] for found in groups if not found.leads]
    leads.grow(session, organisation_id, growths)
    leads.create(session, organisation_id, fresh)


def _take_apart(session: Session, organisation_id: UUID, found: Iterable[int]) -> None:
    """Group the records of leads anew that a selector held together which is a hub now."""
    query = (
        select(LeadSelector.lead_id)
        .join(Lead, Lead.id == LeadSelector.lead_id)
        .where(
            LeadSelector.selector_id.in_(list(found)),
            LeadSelector.organisation_id == organisation_id,
            Lead.records > 1,
            Lead.records <= LARGEST_SPLIT,
        )
        .distinct()
    )
    for lead_id in session.scalars(query).all():
        ids = sorted(
            session.scalars(
                select(LeadRecord.record_id).where(
                    LeadRecord.lead_id == lead_id, LeadRecord.organisation_id == organisation_id
                )
            )
        )
        parts, kinds = _stored_parts(session, organisation_id, ids)
        groups = group([_node(part, kinds) for part in parts.values()], [], kinds)
        leads.split(
            session, organisation_id, lead_id, [[parts[r] for r in found.records] for found in groups]
        )


def _stored_parts(
    session: Session, organisation_id: UUID, ids: Sequence[int]
) -> tuple[dict[int, Part], dict[int, str]]:
    """These records as parts, and the kinds of their selectors that are no hubs."""
    selectors: defaultdict[int, list[int]] = defaultdict(list)
    kinds: dict[int, str] = {}
    for record_id, selector, kind, hub in session.execute(
        _MENTIONED, {"ids": array(ids), "organisation": organisation_id}
    ):
        selectors[record_id].append(selector)
        if not hub:
            kinds[selector] = kind
    parts = {
        one.record_id: Part(one.record_id, tuple(selectors[one.record_id]), one.facts)
        for one in read_records(session, organisation_id, ids)
    }
    return parts, kinds
