"""What becomes of records that a plugin did not manage: tried again, in halves, and at last parked.

A failure is first taken for a passing one: the same records again, after a while. What fails again is split
until one record is left to blame, which is parked; everything else goes on. The caller commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.detection.circuit import Circuit, Trouble
from accord.detection.contract import Readable
from accord.detection.health import change_circuit
from accord.detection.keeping import keep_failure, keep_run
from accord.detection.models import ParkedRecord, PendingDetection
from accord.detection.running import Ran
from accord.host.pool import ActivePlugin
from accord_config.queue import LATE, enqueue
from accord_sdk.host.errors import PluginBusy, PluginFailed, PluginLate
from accord_sdk.host.limits import storable

WORK = "detection:late"
"""Name of the job in which a plugin does what nobody waits for."""
WAKE = "detection:wake"
"""Name of the job that enqueues it when its time has come."""
WAKE_EVERY_S = 5
"""Seconds in which one waking is enough."""


@dataclass(frozen=True)
class Policy:
    """How often what failed is tried again, and after how long."""

    tries_whole: int = 2
    """Tries of the same records together before they are split."""
    tries_asked: int = 5
    """Tries of a record that the plugin itself asks to be given again."""
    backoff: timedelta = timedelta(seconds=5)
    """Until the second try; twice as long until each one after."""

    def wait(self, tries: int) -> timedelta:
        """How long until the next try after so many."""
        return self.backoff * float(2 ** min(max(tries - 1, 0), 10))


POLICY = Policy()
MANY = 10
"""A plugin that asks for all of so many records again is away, and its failure is not theirs."""


def settle(
    session: Session,
    organisation_id: UUID,
    plugin: ActivePlugin,
    batch_id: int,
    ran: Ran,
    *,
    circuit: Circuit,
    tries: int = 0,
    policy: Policy = POLICY,
) -> None:
    """Keep how a turn went, and put off, split or park what it did not manage.

    `circuit` is the plugin's as it was before, `tries` how often these records were tried before. What was
    found is the caller's to keep.
    """
    now = datetime.now(UTC)
    keep_run(session, organisation_id, plugin, ran)
    for records, error in ran.failed:
        _failed(session, organisation_id, plugin, batch_id, records, error, tries + 1, policy, now)
    away = _is_away(ran)
    again = [
        record for record, said in ran.said.items() if said.again and (away or tries + 1 < policy.tries_asked)
    ]
    if again:
        put_off(
            session,
            organisation_id,
            plugin.name,
            batch_id,
            again,
            "record_failed",
            tries if away else tries + 1,
            now + policy.wait(tries + 1),
        )
    for record, said in ran.said.items():
        if said.error is not None and record not in again:
            trouble = Trouble("record_failed", said.error["code"], said.error["message"])
            park(session, organisation_id, plugin, record, trouble, tries + 1)
    if ran.undone:
        code = ran.error.code if ran.error is not None else "late"
        put_off(
            session, organisation_id, plugin.name, batch_id, [one.id for one in ran.undone], code, tries, now
        )
    if _judged(circuit, ran, now) != circuit:
        change_circuit(session, plugin, organisation_id, lambda found: _judged(found, ran, now))


def _is_away(ran: Ran) -> bool:
    """Whether what the plugin needs is away: it asks for all of many records again, not one to blame."""
    return len(ran.said) >= MANY and all(one.again for one in ran.said.values())


def _judged(circuit: Circuit, ran: Ran, now: datetime) -> Circuit:
    error = ran.error
    after = circuit.tried(now)
    if _is_away(ran):
        said = next(iter(ran.said.values())).error or {}
        trouble = Trouble("record_failed", said.get("code", ""), said.get("message", ""))
        return after.failed(now, trouble, restart=False)
    if ran.said:
        after = after.succeeded()
    if error is None or isinstance(error, PluginBusy):
        return after
    if isinstance(error, PluginLate):
        return after.slowed()
    trouble = Trouble(error.code, error.about, storable(str(error)))
    return after.failed(now, trouble, restart=ran.restart)


def _failed(
    session: Session,
    organisation_id: UUID,
    plugin: ActivePlugin,
    batch_id: int,
    records: Sequence[Readable],
    error: PluginFailed,
    tries: int,
    policy: Policy,
    now: datetime,
) -> None:
    ids = [record.id for record in records]
    if not ids:
        return
    keep_failure(session, organisation_id, plugin, ids, {"code": error.code, "message": storable(str(error))})
    if tries < policy.tries_whole:
        put_off(
            session, organisation_id, plugin.name, batch_id, ids, error.code, tries, now + policy.wait(tries)
        )
    elif len(ids) == 1:
        trouble = Trouble(error.code, error.about, storable(str(error)))
        park(session, organisation_id, plugin, ids[0], trouble, tries)
    else:
        half = len(ids) // 2
        for part in (ids[:half], ids[half:]):
            put_off(session, organisation_id, plugin.name, batch_id, part, error.code, tries, now)


def put_off(
    session: Session,
    organisation_id: UUID,
    plugin: str,
    batch_id: int,
    records: Collection[int] | None,
    code: str,
    tries: int = 0,
    not_before: datetime | None = None,
) -> None:
    """Have a plugin look at records of a batch later, or at all of them (None)."""
    session.add(
        PendingDetection(
            organisation_id=organisation_id,
            plugin=plugin,
            batch_id=batch_id,
            records=None if records is None else sorted(records),
            tries=tries,
            code=code,
            not_before=not_before or datetime.now(UTC),
        )
    )


def park(
    session: Session,
    organisation_id: UUID,
    plugin: ActivePlugin,
    record: int,
    trouble: Trouble,
    tries: int,
) -> None:
    """Put a record aside that a plugin could not look at."""
    values = {
        "organisation_id": organisation_id,
        "version": plugin.version,
        "digest": plugin.digest,
        "code": trouble.code,
        "about": trouble.about,
        "message": trouble.message,
        "tries": tries,
        "parked_at": func.now(),
    }
    statement = insert(ParkedRecord).values(record_id=record, plugin=plugin.name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["record_id", "plugin"], set_=values))


def request_late(session: Session, organisation_id: UUID, plugin: str, *, at: datetime | None = None) -> None:
    """Have a plugin do what was put off, now or at a moment; call it last. For workers."""
    name = f"late:{organisation_id}:{plugin}"
    if at is None:
        enqueue(
            session,
            WORK,
            organisation_id=organisation_id,
            plugin=plugin,
            lock=name,
            queueing_lock=name,
            queue=LATE,
        )
        return
    moment = int(at.timestamp()) // WAKE_EVERY_S
    enqueue(
        session,
        WAKE,
        organisation_id=organisation_id,
        plugin=plugin,
        queueing_lock=f"wake:{name}:{moment}",
        queue=LATE,
        at=at,
    )


def ask_for_late(session: Session, organisation_id: UUID, plugin: str) -> None:
    """Likewise for whoever may only add jobs, as the web server: a worker sees to it that one is enough."""
    enqueue(session, WAKE, organisation_id=organisation_id, plugin=plugin, queue=LATE)
