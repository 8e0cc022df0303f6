"""Running the detectors of an organisation's plugins over a batch, and keeping what they found."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.detection.contract import to_contract
from accord.detection.limits import check
from accord.detection.models import RecordFindings
from accord.host.errors import PluginFailed, PluginMisbehaved
from accord.host.pool import ActivePlugin, ProcessPool
from accord.ingestion.models import Batch, Stage, StoredRecord
from accord.markings import within
from accord.registry.service import active_plugins
from accord_config.database import Database, Scope
from accord_config.queue import enqueue
from accord_sdk import Failed, Finding, Found, Skipped, wire

LINK = "linking:link"
"""Name of the job that a detected batch needs next."""
TRIES = 2
"""How often a plugin may try a batch, each time in a fresh process after a failure."""

logger = logging.getLogger(__name__)

Row = dict[str, Any]


def detect_batch(database: Database, pool: ProcessPool, organisation_id: UUID, batch_id: int) -> None:
    """Look at every record of a batch with every active detector, then hand the batch to the linker.

    Runs any number of times: the findings of a batch are stored once, in the transaction that moves it on.
    """
    scope = Scope(organisation_id=organisation_id)
    with database.transaction(scope) as session:
        batch = session.get(Batch, batch_id)
        if batch is None or batch.stage != Stage.STORED:
            return
        records = list(
            session.scalars(
                select(StoredRecord).where(StoredRecord.batch_id == batch_id).order_by(StoredRecord.id)
            )
        )
        detecting = [
            plugin for plugin in active_plugins(session, organisation_id) if plugin.manifest.provides.detectors
        ]
    rows: list[Row] = []
    with ThreadPoolExecutor(max_workers=max(1, len(detecting))) as threads:
        for found in threads.map(lambda plugin: run_detectors(pool, plugin, records), detecting):
            rows.extend(found)
    with database.transaction(scope) as session:
        locked = session.get_one(Batch, batch_id, with_for_update=True)
        if locked.stage != Stage.STORED:
            return
        _keep(session, rows)
        locked.stage = Stage.DETECTED
        request_linking(session, organisation_id)


def request_linking(session: Session, organisation_id: UUID) -> None:
    """Have the linker run for an organisation; one waiting job serves every batch that is ready by then."""
    name = f"link:{organisation_id}"
    enqueue(session, LINK, organisation_id=organisation_id, lock=name, queueing_lock=name)


def run_detectors(pool: ProcessPool, plugin: ActivePlugin, records: Sequence[StoredRecord]) -> list[Row]:
    """What one plugin says of the records that it may see. Its failure is kept as its finding's error."""
    visible = [record for record in records if within(record.marking, plugin.manifest.ceiling)]
    failure: PluginFailed | None = None
    for _ in range(TRIES):
        try:
            return _run(pool, plugin, visible)
        except PluginFailed as error:
            logger.warning("plugin %s failed (%s): %s", plugin.name, error.code, error)
            failure = error
    problem = {"code": failure.code if failure else "failed", "message": str(failure)}
    return [_row(plugin, record, [], problem) for record in visible]


def _run(pool: ProcessPool, plugin: ActivePlugin, records: Sequence[StoredRecord]) -> list[Row]:
    size = plugin.manifest.limits.batch_records
    parts = [records[start : start + size] for start in range(0, len(records), size)]
    names = plugin.manifest.provides.detectors
    granted = tuple(plugin.manifest.reads)
    found: dict[int, list[Finding]] = {}
    errors: dict[int, dict[str, str]] = {}

    def tasks() -> Iterator[wire.Task]:
        for part in parts:
            contract = tuple(to_contract(record, granted) for record in part)
            for name in names:
                yield wire.Detect(name, contract)

    with pool.lend(plugin) as process:
        answers = process.stream(tasks())
        for part in parts:
            for _ in names:
                answer = next(answers)
                if isinstance(answer, PluginFailed):
                    raise answer
                _sort(plugin, part, answer, found, errors)
    return [_row(plugin, record, found.get(record.id, []), errors.get(record.id)) for record in records]


def _sort(
    plugin: ActivePlugin,
    part: Sequence[StoredRecord],
    answer: list[wire.Item],
    found: dict[int, list[Finding]],
    errors: dict[int, dict[str, str]],
) -> None:
    seen: set[int] = set()
    for item in answer:
        if not isinstance(item, Found | Failed | Skipped):
            raise PluginMisbehaved(f"{plugin.name} answered a detection with {type(item).__name__}")
        if not 0 <= item.ref < len(part) or item.ref in seen:
            raise PluginMisbehaved(f"{plugin.name} answered for record {item.ref} of {len(part)}, or twice")
        seen.add(item.ref)
        record = part[item.ref]
        if isinstance(item, Found):
            for finding in item.findings:
                check(plugin.name, finding)
            found.setdefault(record.id, []).extend(item.findings)
        elif isinstance(item, Failed):
            errors[record.id] = {"code": item.code, "message": item.message}
    if len(seen) != len(part):
        raise PluginMisbehaved(f"{plugin.name} answered for {len(seen)} of {len(part)} records")


def _row(
    plugin: ActivePlugin, record: StoredRecord, findings: Sequence[Finding], error: dict[str, str] | None
) -> Row:
    return {
        "record_id": record.id,
        "organisation_id": record.organisation_id,
        "plugin": plugin.name,
        "version": plugin.version,
        "findings": msgspec.to_builtins(findings),
        "error": error,
    }


def _keep(session: Session, rows: list[Row]) -> None:
    if not rows:
        return
    statement = insert(RecordFindings)
    replaced = {name: statement.excluded[name] for name in ("version", "findings", "error")}
    statement = statement.on_conflict_do_update(index_elements=["record_id", "plugin"], set_=replaced)
    session.execute(statement, rows)
