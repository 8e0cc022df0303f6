"""Keeping what plugins said of records, and how their turns went. The caller commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from accord.detection.models import ParkedRecord, PluginRun
from accord.detection.running import Ran, Said
from accord.host.pool import ActivePlugin
from accord_config.arrays import array
from accord_sdk.host.limits import storable

_encoder = msgspec.json.Encoder()

_MARK = "\x1e"
"""Between documents that travel as one text: no JSON holds this character itself."""

# One statement a plugin. The documents travel as one: psycopg would escape every quote of an array of
# texts in Python. PostgreSQL keeps them as they are.
_INSERT = """
    INSERT INTO record_findings
        (record_id, organisation_id, plugin, version, digest, findings, error, skipped)
    SELECT record_id, :organisation, :plugin, :version, :digest, CAST(findings AS json),
           CAST(NULLIF(error, 'null') AS json), skipped
    FROM ROWS FROM (
        unnest(
            CAST(:records AS bigint[]), string_to_array(:findings, :mark), string_to_array(:errors, :mark)
        ),
        jsonb_array_elements_text(CAST(:skipped AS jsonb))
    ) AS kept(record_id, findings, error, skipped)
    ON CONFLICT (record_id, plugin) DO UPDATE SET version = excluded.version, digest = excluded.digest,
        findings = excluded.findings, error = excluded.error, skipped = excluded.skipped
"""
_KEEP = text(_INSERT)
_REPLACE = text(
    f"{_INSERT} RETURNING record_id, coalesce(CAST(old.findings AS text), '[]') <> CAST(new.findings AS text)"
)
_FAIL = text(
    """
    INSERT INTO record_findings (record_id, organisation_id, plugin, version, digest, findings, error)
    SELECT record_id, :organisation, :plugin, :version, :digest, '[]', CAST(:error AS json)
    FROM unnest(CAST(:records AS bigint[])) AS failed(record_id)
    ON CONFLICT (record_id, plugin) DO UPDATE SET version = excluded.version, digest = excluded.digest,
        error = excluded.error WHERE CAST(record_findings.findings AS text) = '[]'
    """
)
"""What an earlier version found stays until another one has looked."""


def keep(session: Session, organisation_id: UUID, plugin: ActivePlugin, said: Mapping[int, Said]) -> None:
    """Keep what a plugin said of records, in place of what it said before."""
    if said:
        session.execute(_KEEP, _columns(organisation_id, plugin, said))


def replace(
    session: Session, organisation_id: UUID, plugin: ActivePlugin, said: Mapping[int, Said]
) -> list[int]:
    """Likewise; returns the records on which it finds something else than before, in order."""
    if not said:
        return []
    rows = session.execute(_REPLACE, _columns(organisation_id, plugin, said))
    return sorted(record for record, changed in rows if changed)


def keep_failure(
    session: Session,
    organisation_id: UUID,
    plugin: ActivePlugin,
    records: Collection[int],
    error: Mapping[str, str],
) -> None:
    """Keep that a plugin did not come to say anything of these records, and why."""
    if records:
        values = {"records": array(records), "error": _encoder.encode(error).decode()}
        session.execute(_FAIL, _whose(organisation_id, plugin) | values)


def keep_run(session: Session, organisation_id: UUID, plugin: ActivePlugin, ran: Ran) -> None:
    """Keep how a turn of a plugin went."""
    error = ran.error
    told = [len(one.findings) for one in ran.said.values()]
    session.add(
        PluginRun(
            organisation_id=organisation_id,
            plugin=plugin.name,
            version=plugin.version,
            digest=plugin.digest,
            records=len(told) + sum(len(records) for records, _ in ran.failed),
            seconds=ran.seconds,
            findings=sum(told),
            failed=sum(len(records) for records, _ in ran.failed)
            + sum(one.error is not None for one in ran.said.values()),
            skipped=sum(one.skipped is not None for one in ran.said.values()),
            memory_kb=ran.memory_kb,
            code=error.code if error else "",
            about=error.about if error else "",
            message=storable(str(error)) if error else "",
        )
    )


def unpark(session: Session, plugin: str, records: Collection[int]) -> None:
    """Forget that a plugin could not look at these records: now it did."""
    session.execute(
        delete(ParkedRecord).where(ParkedRecord.plugin == plugin, ParkedRecord.record_id.in_(records))
    )


def _whose(organisation_id: UUID, plugin: ActivePlugin) -> dict[str, Any]:
    return {
        "organisation": organisation_id,
        "plugin": plugin.name,
        "version": plugin.version,
        "digest": plugin.digest,
    }


def _columns(organisation_id: UUID, plugin: ActivePlugin, said: Mapping[int, Said]) -> dict[str, Any]:
    # In the order of the records: two statements that write the same rows must not lock each other out.
    ordered = sorted(said.items())
    columns = {
        "records": array(record for record, _ in ordered),
        "findings": _documents(one.findings or () for _, one in ordered),
        "errors": _documents(one.error for _, one in ordered),
        "skipped": _encoder.encode([one.skipped for _, one in ordered]).decode(),
        "mark": _MARK,
    }
    return _whose(organisation_id, plugin) | columns


def _documents(values: Iterable[object]) -> str:
    return _MARK.encode().join([_encoder.encode(value) for value in values]).decode()
