"""What people do about plugins that stopped: look why, have records looked at again, start one that rests.

The caller commits. An error's message may quote a record: who reads no records sees its code alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from accord.detection.circuit import Circuit
from accord.detection.health import read_circuit
from accord.detection.late import waiting_for
from accord.detection.models import ParkedRecord, PendingDetection, PluginCircuit
from accord.detection.pending import ask_for_late
from accord.detection.progress import wait_again
from accord.host.reasons import Stop, reason_of
from accord.ingestion.models import Batch, Source, Stage, StoredRecord
from accord.registry.hosts import stop_of_hosts
from accord.registry.models import Activation, Plugin
from accord.registry.stops import stop_of_plugin
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import NotFound
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_sdk import Manifest

MOST_SHOWN = 100
"""Parked records that are listed at once."""
STATES = ("closed", "half_open", "open", "inactive", "suspended", "missing", "expired", "no_sandbox")
HIDDEN = "(not shown: it may quote a record)"


def told_to(principal: Principal, code: str, about: str, message: str) -> Stop:
    """A stop as this principal may see it."""
    reads = Permission.RECORDS_READ in principal.permissions
    if reads or code == "no_sandbox":
        return Stop(reason_of(code), about, message)
    # What a plugin says of a record has a code that the plugin chose: it may quote as well as the message.
    of_record = code == "record_failed" or message.startswith("record_failed")
    return Stop(reason_of(code), "a record" if of_record else about, HIDDEN if message else "")


@dataclass(frozen=True)
class PluginState:
    """A plugin of the installation, and how an organisation's use of it is doing."""

    plugin: Plugin
    manifest: Manifest
    active: bool
    circuit: Circuit = field(default_factory=Circuit)
    stop: Stop | None = None
    """Why it does not run, or did not lately."""
    ended: Stop | None = None
    """Why it runs for nobody."""
    waiting: int = 0
    """Records that it has yet to look at although nobody waits for it."""
    parked: int = 0
    publisher: Organisation | None = None
    """The member that offers it; none: it is installed beside Accord."""

    @property
    def state(self) -> str:
        """`closed` (it is called), `open` (it rests), `half_open` (it is tried once), `inactive`.

        One that runs for nobody is `suspended`, `missing`, `expired` or `no_sandbox`.
        """
        if self.ended is not None:
            code = self.ended.reason.code
            return code if code in STATES else "suspended"
        return self.circuit.state.value if self.active else "inactive"


@dataclass(frozen=True)
class Parked:
    """A record that a plugin could not look at."""

    record_id: int
    external_id: str
    source: str
    plugin: str
    version: str
    digest: str
    stop: Stop
    tries: int
    parked_at: datetime


def plugin_states(session: Session, principal: Principal) -> list[PluginState]:
    """All plugins of the installation, by name, with how they are doing for the organisation."""
    principal.require(Permission.PLUGINS_READ)
    organisation = principal.organisation_id
    active = {
        row.plugin_id: row
        for row in session.scalars(
            select(Activation).where(
                Activation.organisation_id == organisation, Activation.active, Activation.closed_at.is_(None)
            )
        )
    }
    circuits = {
        row.activation_id: row
        for row in session.scalars(select(PluginCircuit).where(PluginCircuit.organisation_id == organisation))
    }
    waiting = waiting_for(session, organisation) if organisation else {}
    parked = dict(
        session.execute(
            select(ParkedRecord.plugin, func.count())
            .where(ParkedRecord.organisation_id == organisation)
            .group_by(ParkedRecord.plugin)
        ).all()
    )
    found = []
    of_hosts = stop_of_hosts(session)
    offered = select(Plugin, Organisation).outerjoin(Organisation, Organisation.id == Plugin.publisher_id)
    for plugin, publisher in session.execute(offered.order_by(Plugin.name)):
        used = active.get(plugin.id)
        row = circuits.get(used.id) if used else None
        own = used is not None and used.version_id is not None
        ended = (None if own else stop_of_plugin(plugin)) or of_hosts
        named = f"{plugin.name} {plugin.version}"
        lately = told_to(principal, row.code, row.about or named, row.message) if row and row.code else None
        found.append(
            PluginState(
                plugin,
                msgspec.convert(plugin.manifest, Manifest),
                active=used is not None,
                circuit=read_circuit(row) if row else Circuit(),
                stop=ended or lately,
                ended=ended,
                waiting=waiting.get(plugin.name, 0),
                parked=parked.get(plugin.name, 0),
                publisher=publisher,
            )
        )
    return found


def plugin_state(session: Session, principal: Principal, name: str) -> PluginState:
    """The plugin of this name.

    :raises NotFound: naming those that there are.
    """
    found = {state.plugin.name: state for state in plugin_states(session, principal)}
    if name not in found:
        raise NotFound(f"there is no plugin {name!r}; there are: {', '.join(found) or 'none'}")
    return found[name]


def parked_records(
    session: Session, principal: Principal, plugin: str | None = None, *, most: int = MOST_SHOWN
) -> list[Parked]:
    """The records that plugins could not look at, the newest first."""
    principal.require(Permission.PLUGINS_READ)
    principal.require(Permission.RECORDS_READ)
    query = (
        select(ParkedRecord, StoredRecord.external_id, Source.slug)
        .join(StoredRecord, StoredRecord.id == ParkedRecord.record_id)
        .join(Source, Source.id == StoredRecord.source_id)
        .where(ParkedRecord.organisation_id == principal.organisation)
        .order_by(ParkedRecord.parked_at.desc(), ParkedRecord.record_id, ParkedRecord.plugin)
        .limit(most)
    )
    if plugin is not None:
        query = query.where(ParkedRecord.plugin == plugin)
    return [
        Parked(
            row.record_id,
            external_id,
            source,
            row.plugin,
            row.version,
            row.digest,
            told_to(principal, row.code, row.about or f"{row.plugin} {row.version}", row.message),
            row.tries,
            row.parked_at,
        )
        for row, external_id, source in session.execute(query)
    ]


def retry_parked(session: Session, principal: Principal, plugin: str, record_id: int | None = None) -> int:
    """Have a plugin look again at a record that it could not look at, or at all of them; how many these are.

    :raises NotFound: when there is no such plugin, or no such record is parked.
    """
    _operate(session, principal, plugin)
    mine = (ParkedRecord.organisation_id == principal.organisation, ParkedRecord.plugin == plugin)
    query = (
        select(ParkedRecord.record_id, StoredRecord.batch_id)
        .join(StoredRecord, StoredRecord.id == ParkedRecord.record_id)
        .where(*mine)
        .order_by(ParkedRecord.record_id)
    )
    if record_id is not None:
        query = query.where(ParkedRecord.record_id == record_id)
    found = session.execute(query).all()
    if record_id is not None and not found:
        raise NotFound(f"record {record_id} is not parked for {plugin}")
    batches: dict[int, list[int]] = {}
    for record_found, batch in found:
        batches.setdefault(batch, []).append(record_found)
    _put_off(session, principal, plugin, list(batches.items()), "asked")
    wait_again(session, principal.organisation, plugin, {batch: len(ids) for batch, ids in batches.items()})
    again = [record_found for record_found, _ in found]
    session.execute(delete(ParkedRecord).where(*mine, ParkedRecord.record_id.in_(again)))
    record(session, principal, AuditTag.PLUGIN_RETRY, f"plugin {plugin}", {"records": len(again)})
    if again:
        ask_for_late(session, principal.organisation, plugin)
    return len(again)


def start_again(session: Session, principal: Principal, plugin: str) -> None:
    """Forget what went wrong with a plugin and call it again at once.

    :raises NotFound: when there is no such plugin.
    """
    _operate(session, principal, plugin)
    mine = PluginCircuit.organisation_id == principal.organisation
    session.execute(delete(PluginCircuit).where(mine, PluginCircuit.plugin == plugin))
    session.execute(
        update(PendingDetection)
        .where(PendingDetection.organisation_id == principal.organisation, PendingDetection.plugin == plugin)
        .values(not_before=func.now())
    )
    record(session, principal, AuditTag.PLUGIN_START, f"plugin {plugin}")
    ask_for_late(session, principal.organisation, plugin)


def run_over_all(session: Session, principal: Principal, plugin: str) -> int:
    """Have a plugin look again at everything that was looked at; how many records these are.

    What it finds replaces what it found before, record by record.

    :raises NotFound: when there is no such plugin.
    """
    _operate(session, principal, plugin)
    batches = session.execute(
        select(Batch.id, Batch.records)
        .where(Batch.organisation_id == principal.organisation, Batch.stage != Stage.STORED)
        .order_by(Batch.id)
    ).all()
    waiting = PendingDetection.organisation_id == principal.organisation
    known = set(
        session.scalars(
            select(PendingDetection.batch_id).where(
                waiting, PendingDetection.plugin == plugin, PendingDetection.records.is_(None)
            )
        )
    )
    _put_off(
        session,
        principal,
        plugin,
        [(batch, None) for batch, _ in batches if batch not in known],
        "new_version",
    )
    total = sum(records for _, records in batches)
    record(session, principal, AuditTag.PLUGIN_RERUN, f"plugin {plugin}", {"records": total})
    ask_for_late(session, principal.organisation, plugin)
    return total


def _operate(session: Session, principal: Principal, plugin: str) -> None:
    principal.require(Permission.PLUGINS_OPERATE)
    plugin_state(session, principal, plugin)


def _put_off(
    session: Session,
    principal: Principal,
    plugin: str,
    work: Sequence[tuple[int, list[int]]] | Sequence[tuple[int, None]],
    code: str,
) -> None:
    whose: dict[str, UUID | str] = {
        "organisation_id": principal.organisation,
        "plugin": plugin,
        "code": code,
    }
    rows = [whose | {"batch_id": batch, "records": ids} for batch, ids in work]
    if rows:
        session.execute(insert(PendingDetection), rows)
