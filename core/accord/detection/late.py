"""What a plugin does while nobody waits for it: batches that it was too slow for, or failed on, or is to look
at again. One job at a time for each organisation's plugin, in a queue of its own.

What it finds late replaces what it found before, and the records are linked again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accord.detection.circuit import Circuit
from accord.detection.contract import Readable, read_batch
from accord.detection.health import change_circuit, circuits_of
from accord.detection.keeping import replace, unpark
from accord.detection.models import PendingDetection
from accord.detection.pending import POLICY, Policy, request_late, settle
from accord.detection.progress import recount
from accord.detection.running import Ran, run_detectors, visible
from accord.detection.service import PATIENCE_S
from accord.host.pool import ActivePlugin, ProcessPool
from accord.ingestion.changes import note_changes, request_linking
from accord.ingestion.models import Batch, Stage
from accord.registry.service import active_plugin
from accord_auth.errors import NotFound
from accord_config.database import Database, Scope

JOB_SECONDS = 60.0
"""After so long a job makes way for others and enqueues the next."""


def work_late(
    database: Database, pool: ProcessPool, organisation_id: UUID, plugin: str, *, policy: Policy = POLICY
) -> None:
    """Do what is due of what was put off for this plugin; see that the rest is done when its time comes."""
    scope = Scope(organisation_id=organisation_id)
    until = time.monotonic() + JOB_SECONDS
    while True:
        with database.transaction(scope) as session:
            turn = _next(session, organisation_id, plugin)
            if turn is None:
                return
            if time.monotonic() >= until:
                request_late(session, organisation_id, plugin)
                return
        ran = run_detectors(pool, turn.plugin, turn.records) if turn.records else Ran()
        with database.transaction(scope) as session:
            _settle(session, organisation_id, turn, ran, policy)


@dataclass(frozen=True)
class Turn:
    """What a plugin is to do now."""

    plugin: ActivePlugin
    circuit: Circuit
    pending: PendingDetection
    records: list[Readable]


def _next(session: Session, organisation_id: UUID, plugin: str) -> Turn | None:
    """What to do now; None where nothing is, after seeing to it that what is due later is done then."""
    pending = session.scalar(
        select(PendingDetection)
        .where(PendingDetection.organisation_id == organisation_id, PendingDetection.plugin == plugin)
        .order_by(PendingDetection.not_before, PendingDetection.id)
        .limit(1)
    )
    if pending is None:
        return None
    try:
        active = active_plugin(session, organisation_id, plugin)
    except NotFound:
        # It is not used any more. What waits for it is done if it is used again.
        return None
    now = datetime.now(UTC)
    circuit = circuits_of(session, organisation_id)[active.activation_id]
    later = [pending.not_before] if pending.not_before > now else []
    if circuit.rests(now) and circuit.until is not None:
        later.append(circuit.until)
    if later:
        request_late(session, organisation_id, plugin, at=max(later))
        return None
    found = visible(active, read_batch(session, organisation_id, pending.batch_id))
    if pending.records is not None:
        wanted = set(pending.records)
        found = [record for record in found if record.id in wanted]
    return Turn(active, circuit, pending, found)


def _settle(session: Session, organisation_id: UUID, turn: Turn, ran: Ran, policy: Policy) -> None:
    plugin, pending = turn.plugin, turn.pending
    # Linking holds the batch's row: either it sees these findings, or they see that it is linked.
    batch = session.get_one(Batch, pending.batch_id, with_for_update={"read": True})
    gone = delete(PendingDetection).where(PendingDetection.id == pending.id).returning(PendingDetection.id)
    if session.scalar(gone) is None:
        return
    changed = replace(session, organisation_id, plugin, ran.said)
    unpark(session, plugin.name, [record for record, said in ran.said.items() if said.error is None])
    settle(
        session,
        organisation_id,
        plugin,
        pending.batch_id,
        ran,
        circuit=turn.circuit,
        tries=pending.tries,
        policy=policy,
    )
    recount(session, organisation_id, plugin.name, pending.batch_id)
    if pending.records is None and not ran.failed and ran.seconds < PATIENCE_S / 2:
        change_circuit(session, plugin, organisation_id, Circuit.quickened)
    if changed and batch.stage == Stage.LINKED:
        note_changes(session, organisation_id, changed)
        request_linking(session, organisation_id)


def waiting_for(session: Session, organisation_id: UUID) -> dict[str, int]:
    """How many records (or whole batches) wait for each plugin."""
    rows = session.execute(
        select(
            PendingDetection.plugin,
            func.sum(func.coalesce(func.cardinality(PendingDetection.records), Batch.records)),
        )
        .join(Batch, Batch.id == PendingDetection.batch_id)
        .where(PendingDetection.organisation_id == organisation_id)
        .group_by(PendingDetection.plugin)
    )
    return {plugin: int(count) for plugin, count in rows}
