"""Running the detectors of an organisation's plugins over a batch, and keeping what they found."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from accord.detection.contract import Readable, granted_records, read_batch
from accord.host.pool import ActivePlugin, ProcessPool
from accord.ingestion.models import Batch, Stage
from accord.markings import strictest, within
from accord.registry.service import active_plugins
from accord_config.database import Database, Scope
from accord_config.queue import enqueue
from accord_sdk import Failed, Finding, Found, Skipped, wire
from accord_sdk.host.errors import PluginFailed, PluginMisbehaved
from accord_sdk.host.limits import check, storable

LINK = "linking:link"
"""Name of the job that a detected batch needs next."""
TRIES = 2
"""How often a plugin may try a batch, each time in a fresh process after a failure."""

PART_BYTES = 4 * 1024 * 1024
"""About so many bytes of records go to a plugin at once."""

logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()

_KEEP = text(
    """
    INSERT INTO record_findings (record_id, organisation_id, plugin, version, findings, error)
    SELECT record_id, :organisation, plugin, version, findings, NULLIF(error, 'null')
    FROM ROWS FROM (
        unnest(CAST(:records AS bigint[]), CAST(:plugins AS text[]), CAST(:versions AS text[])),
        jsonb_array_elements(CAST(:findings AS jsonb)), jsonb_array_elements(CAST(:errors AS jsonb))
    ) AS kept(record_id, plugin, version, findings, error)
    ON CONFLICT (record_id, plugin)
    DO UPDATE SET version = excluded.version, findings = excluded.findings, error = excluded.error
    """
)
"""One statement a batch. The documents travel as one: psycopg would escape every quote of an array
of texts in Python."""


@dataclass(frozen=True)
class Row:
    """What one plugin said of one record; `findings` and `error` are JSON."""

    record_id: int
    plugin: str
    version: str
    findings: str
    error: str


def detect_batch(database: Database, pool: ProcessPool, organisation_id: UUID, batch_id: int) -> None:
    """Look at every record of a batch with every active detector, then hand the batch to the linker.

    Runs any number of times: the findings of a batch are stored once, in the transaction that moves it on.
    """
    scope = Scope(organisation_id=organisation_id)
    with database.transaction(scope) as session:
        batch = session.get(Batch, batch_id)
        if batch is None or batch.stage != Stage.STORED:
            return
        records = read_batch(session, organisation_id, batch_id)
        detecting = [
            plugin
            for plugin in active_plugins(session, organisation_id)
            if plugin.manifest.provides.detectors
        ]
    rows: list[Row] = []
    with ThreadPoolExecutor(max_workers=max(1, len(detecting))) as threads:
        for found in threads.map(lambda plugin: run_detectors(pool, plugin, records), detecting):
            rows.extend(found)
    with database.transaction(scope) as session:
        locked = session.get_one(Batch, batch_id, with_for_update=True)
        if locked.stage != Stage.STORED:
            return
        _keep(session, organisation_id, rows)
        locked.stage = Stage.DETECTED
        request_linking(session, organisation_id)


def request_linking(session: Session, organisation_id: UUID) -> None:
    """Have the linker run for an organisation; one waiting job serves every batch that is ready by then."""
    name = f"link:{organisation_id}"
    enqueue(session, LINK, organisation_id=organisation_id, lock=name, queueing_lock=name)


def run_detectors(pool: ProcessPool, plugin: ActivePlugin, records: Sequence[Readable]) -> list[Row]:
    """What one plugin says of the records that it may see. Its failure is kept as its finding's error."""
    visible = [record for record in records if within(record.marking, plugin.manifest.ceiling)]
    if not visible:
        return []
    failure: PluginFailed | None = None
    for _ in range(TRIES):
        try:
            return _run(pool, plugin, visible)
        except PluginFailed as error:
            logger.warning("plugin %s failed (%s): %s", plugin.name, error.code, error)
            failure = error
    problem = {"code": failure.code if failure else "failed", "message": storable(str(failure))}
    return [_row(plugin, record, [], problem) for record in visible]


def _run(pool: ProcessPool, plugin: ActivePlugin, records: Sequence[Readable]) -> list[Row]:
    parts = split(records, plugin.manifest.limits.batch_records)
    names = plugin.manifest.provides.detectors
    granted = tuple(plugin.manifest.reads)
    found: dict[int, list[Finding]] = {}
    errors: dict[int, dict[str, str]] = {}

    def tasks() -> Iterator[wire.Task]:
        for part in parts:
            contract = granted_records(part, granted)
            for name in names:
                yield wire.Detect(name, contract)

    with pool.lend(plugin, strictest({record.marking for record in records})) as process:
        answers = process.stream(tasks())
        for part in parts:
            for _ in names:
                answer = next(answers)
                if isinstance(answer, PluginFailed):
                    raise answer
                _sort(plugin, part, answer, found, errors)
    return [_row(plugin, record, found.get(record.id, []), errors.get(record.id)) for record in records]


def split(records: Sequence[Readable], most: int) -> list[Sequence[Readable]]:
    """At most `most` records and about `PART_BYTES` each, so that a part fits a frame and a memory limit."""
    parts: list[Sequence[Readable]] = []
    start, size = 0, 0
    for end, record in enumerate(records):
        weight = _weight(record)
        if end > start and (end - start == most or size + weight > PART_BYTES):
            parts.append(records[start:end])
            start, size = end, 0
        size += weight
    if start < len(records):
        parts.append(records[start:])
    return parts


def _weight(record: Readable) -> int:
    whole = record.whole
    weight = len(whole.title or "") + len(whole.body or "")
    # Only `extra` can be large besides the texts; weighing it costs time that few records need.
    return weight + (len(_encoder.encode(whole.extra)) if whole.extra else 0)


def _sort(
    plugin: ActivePlugin,
    part: Sequence[Readable],
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
            kept = found.setdefault(record.id, [])
            kept.extend(item.findings)
            check(plugin.name, kept)
        elif isinstance(item, Failed):
            errors[record.id] = {"code": storable(item.code), "message": storable(item.message)}
    if len(seen) != len(part):
        raise PluginMisbehaved(f"{plugin.name} answered for {len(seen)} of {len(part)} records")


def _row(
    plugin: ActivePlugin, record: Readable, findings: Sequence[Finding], error: dict[str, str] | None
) -> Row:
    return Row(
        record.id,
        plugin.name,
        plugin.version,
        _encoder.encode(findings).decode() if findings else "[]",
        _encoder.encode(error).decode(),
    )


def _keep(session: Session, organisation_id: UUID, rows: Sequence[Row]) -> None:
    if not rows:
        return
    parameters = {
        "organisation": organisation_id,
        "records": [row.record_id for row in rows],
        "plugins": [row.plugin for row in rows],
        "versions": [row.version for row in rows],
        "findings": f"[{','.join(row.findings for row in rows)}]",
        "errors": f"[{','.join(row.error for row in rows)}]",
    }
    session.execute(_KEEP, parameters)
