"""Which nodes of the graph a batch's records stand on: the half of linking that needs no strand and no lead.

It is done in a transaction of its own, for one batch while the batch before it is linked. What came of it
stands with the batch until that is linked as well: whoever goes on after a lost worker links the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from accord.ingestion.models import Batch, Stage, StoredRecord
from accord.linking.leaders import Leaders
from accord.linking.nodes import Nodes, NodeState, nodes_for, read_states
from accord.linking.records import Brought, read_records
from accord.linking.strands import Part
from accord_config.database import Database, Scope

_LOOK_UPS_ONLY = text(
    """
    SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
           set_config('enable_mergejoin', 'off', true),
           set_config('plan_cache_mode', 'force_generic_plan', true)
    """
)
"""While a database grows its statistics lag behind, and the planner reads whole tables. Here every statement
means look-ups. There is one way to do them, whatever the tables hold, so it is planned once. For the same
reason each lateral subquery ends in OFFSET 0: it keeps the planner from turning the order of the
look-ups round."""
_NEXT = text(
    """
    SELECT id FROM batches
    WHERE organisation_id = :organisation AND stage <> 'linked' AND id > :after
      AND (stage = 'detected' OR EXISTS (
        SELECT FROM procrastinate_jobs AS job
        WHERE job.task_name = 'detection:detect' AND job.status IN ('todo', 'doing')
          AND job.args->>'batch_id' = batches.id::text
          AND NOT EXISTS (SELECT FROM job_failures WHERE job_failures.job_id = job.id)
      ))
    ORDER BY id LIMIT 1
    """
)
"""The oldest batch that is not linked yet and has been, or is about to be, looked at."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[int, tuple[int, ...]]).decode


class Resolved(NamedTuple):
    """Records with the nodes of what they carry, and the states of those nodes."""

    parts: list[Part]
    states: dict[int, NodeState]


def look_ups_only(session: Session) -> None:
    """Plan this transaction's statements as look-ups."""
    session.execute(_LOOK_UPS_ONLY)


def resolve(session: Session, organisation_id: UUID, ids: Sequence[int], leaders: Leaders) -> Resolved:
    """Find or make the nodes of what these records carry."""
    return _resolve(session, organisation_id, list(read_records(session, organisation_id, ids)), leaders)


def _resolve(
    session: Session, organisation_id: UUID, brought: Sequence[Brought], leaders: Leaders
) -> Resolved:
    values = (value for one in brought for value in one.carried)
    nodes = nodes_for(session, organisation_id, values, leaders)
    return Resolved([_part(one, nodes) for one in brought], nodes.states)


def _part(one: Brought, nodes: Nodes) -> Part:
    selectors = sorted({nodes.ids[value[:2]] for value in one.carried})
    return Part(one.record_id, tuple(selectors), one.facts, one.supports)


def resolve_batch(session: Session, organisation_id: UUID, batch: Batch, leaders: Leaders) -> list[Part]:
    """A batch's records with their nodes: as they were resolved before, or resolved now."""
    look_ups_only(session)
    ids = session.scalars(
        select(StoredRecord.id).where(
            StoredRecord.batch_id == batch.id, StoredRecord.organisation_id == organisation_id
        )
    )
    brought = list(read_records(session, organisation_id, sorted(ids)))
    known = _decode(batch.resolved) if batch.resolved is not None else {}
    parts = [
        Part(one.record_id, known[one.record_id], one.facts, one.supports)
        for one in brought
        if one.record_id in known
    ]
    # Between two jobs a node may have been dropped with the last record that stood on it.
    if len(parts) == len(brought) and _all_there(session, organisation_id, parts):
        return parts
    parts = _resolve(session, organisation_id, brought, leaders).parts
    batch.resolved = _encode({part.record_id: part.selectors for part in parts})
    return parts


def _all_there(session: Session, organisation_id: UUID, parts: Sequence[Part]) -> bool:
    nodes = _nodes_of(parts)
    return len(read_states(session, organisation_id, nodes)) == len(nodes)


def _nodes_of(parts: Sequence[Part]) -> set[int]:
    """The nodes on which records stand."""
    return {selector for part in parts for selector in part.selectors}


def with_states(session: Session, organisation_id: UUID, parts: list[Part]) -> Resolved:
    """Parts with the present states of their nodes: the batch before may have made a hub of one."""
    return Resolved(parts, read_states(session, organisation_id, _nodes_of(parts)))


def resolved_batches(
    database: Database, organisation_id: UUID, leaders: Leaders, *, most: int
) -> Iterator[tuple[int, list[Part]]]:
    """The batches that are ready, by their ids, in the order in which they were stored.

    The order decides about some records, so that the same data gives the same leads only in one order:
    a batch waits for those before it, but not for one whose detection failed. Each is resolved while the one
    before it is with the caller.
    """

    def after(batch_id: int) -> tuple[int, list[Part]] | None:
        with database.transaction(Scope(organisation_id=organisation_id)) as session:
            return _resolve_next(session, organisation_id, batch_id, leaders)

    with ThreadPoolExecutor(1) as thread:
        found = after(0)
        for left in range(most, 0, -1):
            if found is None:
                return
            ahead = thread.submit(after, found[0]) if left > 1 else None
            yield found
            found = _result(ahead) or (after(found[0]) if left > 1 else None)


def _result(ahead: Future[tuple[int, list[Part]] | None] | None) -> tuple[int, list[Part]] | None:
    return None if ahead is None else ahead.result()


def _resolve_next(
    session: Session, organisation_id: UUID, after: int, leaders: Leaders
) -> tuple[int, list[Part]] | None:
    batch_id = session.scalar(_NEXT, {"organisation": organisation_id, "after": after})
    if batch_id is None:
        return None
    batch = session.get_one(Batch, batch_id, with_for_update=True)
    if batch.stage != Stage.DETECTED:
        return None
    return batch_id, resolve_batch(session, organisation_id, batch, leaders)
