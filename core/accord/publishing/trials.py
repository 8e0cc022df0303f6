"""Runs of which nothing is kept but what came of them: a draft on the last records, a test of the connection,
and two versions on the same records.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from accord.caseload.masking import mask
from accord.detection.contract import Readable, granted_records, read_batch
from accord.grants.service import Granting
from accord.host.pool import ActivePlugin, ProcessPool
from accord.ingestion.models import Batch, StoredRecord
from accord.markings import Marking, within
from accord.registry.environments import Environments
from accord.registry.grants import Allowed
from accord.registry.models import Activation, Plugin, PluginTrial, PluginVersion, TrialKind
from accord.registry.service import as_used
from accord_auth.errors import NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import Database, Scope
from accord_config.queue import enqueue
from accord_sdk import Finding, Found, Manifest, Page, Selector, wire
from accord_sdk.checks import answers
from accord_sdk.host.errors import PluginFailed
from accord_sdk.host.launch import Launcher
from accord_sdk.host.limits import check
from accord_sdk.host.process import PluginProcess

TRIAL = "publishing:trial"
"""Name of the job that runs a plugin on trial."""
RECORDS = 100
"""So many of the last records are looked at."""
EXAMPLES = 20
"""So many findings are shown of each kind of difference."""
KEPT = timedelta(hours=1)
"""After so long what came of a trial is gone."""


@dataclass
class Said:
    """What a plugin said of records: findings by record, how many it was shown, and how long it took."""

    findings: dict[int, tuple[Finding, ...]] = field(default_factory=dict)
    seconds: float = 0.0
    looked_at: int = 0


def ask_for_trial(
    session: Session, who: Principal, plugin: str, kind: TrialKind, version_id: UUID | None = None
) -> PluginTrial:
    """Have a worker run a plugin on trial for the organisation; the one before it is forgotten."""
    who.require(Permission.PLUGINS_PUBLISH if kind is TrialKind.SHADOW else Permission.PLUGINS_ACTIVATE)
    mine = (PluginTrial.organisation_id == who.organisation, PluginTrial.plugin == plugin)
    old = PluginTrial.asked_at < func.now() - KEPT
    session.execute(delete(PluginTrial).where(*mine, PluginTrial.kind == kind))
    if kind is not TrialKind.SHADOW:
        session.execute(
            delete(PluginTrial).where(
                PluginTrial.organisation_id == who.organisation, old, PluginTrial.kind != TrialKind.SHADOW
            )
        )
    trial = PluginTrial(organisation_id=who.organisation, plugin=plugin, kind=kind, version_id=version_id)
    session.add(trial)
    session.flush()
    enqueue(
        session,
        TRIAL,
        organisation_id=who.organisation,
        on_behalf_of=who.person_id,
        trial_id=str(trial.id),
    )
    return trial


def trial_of(session: Session, who: Principal, plugin: str, kind: TrialKind) -> PluginTrial | None:
    """What came of the organisation's last trial of this kind, while it is kept."""
    query = select(PluginTrial).where(
        PluginTrial.organisation_id == who.organisation,
        PluginTrial.plugin == plugin,
        PluginTrial.kind == kind,
    )
    if kind is not TrialKind.SHADOW:
        query = query.where(PluginTrial.asked_at > func.now() - KEPT)
    return session.scalar(query.order_by(PluginTrial.id.desc()).limit(1))


def compared(session: Session, who: Principal, version: PluginVersion) -> PluginTrial | None:
    """The finished comparison of a version with the one that ran, by its owner."""
    found = trial_of(session, who, version.name, TrialKind.SHADOW)
    if found is None or found.version_id != version.id or found.done_at is None or "error" in found.result:
        return None
    return found


def configured(session: Session, who: Principal, plugin: str) -> str:
    """What the organisation has set for a plugin, as a comparison remembers it: equal for equal settings."""
    return _configured(_use_of(session, who.organisation, plugin))


def _configured(using: Activation | None) -> str:
    if using is None:
        return ""
    # Sealed settings are other bytes each time that they are set: a secret set anew is another setting.
    whole = msgspec.json.encode(using.config, order="deterministic") + (using.secrets or b"")
    return hashlib.sha256(whole).hexdigest()


@dataclass(frozen=True)
class Bench:
    """What trials are run with: a worker's own."""

    database: Database
    environments: Environments
    pool: ProcessPool

    @property
    def launcher(self) -> Launcher:
        """What starts processes here."""
        return self.pool.launcher

    def run(self, organisation_id: UUID, trial_id: UUID) -> None:
        """Run a trial and keep what came of it; what the plugin did wrong is a result."""
        scope = Scope(organisation_id=organisation_id)
        with self.database.transaction(scope) as session:
            trial = session.get(PluginTrial, trial_id)
            if trial is None or trial.done_at is not None:
                return
            kind, name, version_id = TrialKind(trial.kind), trial.plugin, trial.version_id
            records = [] if kind is TrialKind.CONNECTION else last_records(session, organisation_id)
        try:
            if kind is TrialKind.SHADOW:
                result = self._compare(organisation_id, name, version_id, records)
            elif kind is TrialKind.DRAFT:
                result = self._draft(organisation_id, name, records)
            else:
                result = self._connection(organisation_id, name)
        except (NotFound, PluginFailed) as error:
            result = {"error": str(error)} | (
                {"code": error.code, "about": error.about}
                if isinstance(error, PluginFailed)
                else {"code": "not_usable", "about": name}
            )
        with self.database.transaction(scope) as session:
            kept = session.get(PluginTrial, trial_id)
            if kept is not None:
                kept.result, kept.done_at = result, datetime.now(UTC)

    def _connection(self, organisation_id: UUID, name: str) -> dict[str, Any]:
        with self.database.transaction(Scope(organisation_id=organisation_id)) as session:
            plugin = used(session, organisation_id, name)
        begun = time.perf_counter()
        grants = Granting(self.database)(plugin, None)
        process = PluginProcess(
            plugin.manifest,
            self.pool.config_of(plugin),
            self.launcher,
            grants=grants,
            site=self.environments.site_of(plugin),
        )
        said = [f"it starts with these settings, in {time.perf_counter() - begun:.1f} s"]
        try:
            for source in plugin.manifest.provides.sources:
                pages = process.call(wire.Pull(source, None, 1), dry_run=True)
                read = sum(len(page.records) for page in pages if isinstance(page, Page))
                said.append(f"its source {source} answers: {read} records on the first page")
        finally:
            process.kill()
        return {"said": said}

    def _draft(self, organisation_id: UUID, name: str, records: Sequence[Readable]) -> dict[str, Any]:
        with self.database.transaction(Scope(organisation_id=organisation_id)) as session:
            plugin = used(session, organisation_id, name)
            names = names_of(session, records)
        said = self._say(plugin, records)
        return {
            "records": said.looked_at,
            "seconds": said.seconds,
            "kinds": _kinds(said),
            "findings": [
                _told(names[one], finding) for one, every in said.findings.items() for finding in every
            ][: 5 * EXAMPLES],
        }

    def _compare(
        self, organisation_id: UUID, name: str, version_id: UUID | None, records: Sequence[Readable]
    ) -> dict[str, Any]:
        with self.database.transaction(Scope(organisation_id=organisation_id)) as session:
            new = session.get(PluginVersion, version_id)
            old = session.scalar(
                select(PluginVersion).where(PluginVersion.name == name, PluginVersion.is_current)
            )
            if new is None or old is None or new.organisation_id != organisation_id:
                raise NotFound("there is nothing to compare with")
            using = _use_of(session, organisation_id, name)
            names = names_of(session, records)
            plugins = [_as_active(one, old, organisation_id, using) for one in (old, new)]
            as_it_was = {
                "since_id": str(old.id),
                "granted": old.granted,
                "configured": _configured(using),
            }
        before, after = (self._say(plugin, records) for plugin in plugins)
        return _differences(before, after, names) | {
            **as_it_was,
            "records": min(before.looked_at, after.looked_at),
            "since": plugins[0].version,
        }

    def _say(self, plugin: ActivePlugin, records: Sequence[Readable]) -> Said:
        """What a plugin says of the records that it may see; it gets no network and keeps nothing."""
        shown = [one for one in records if within(one.marking, plugin.manifest.ceiling)]
        looked = shown if plugin.manifest.provides.detectors else []
        said = Said({one.id: () for one in shown}, looked_at=len(looked))
        if plugin.version_id is not None:
            site = self.environments.checked(plugin.version_id, plugin.name)
        else:
            site = None
        config = self.pool.config_of(plugin)
        process = PluginProcess(plugin.manifest, config, self.launcher, site=site)
        try:
            size, begun = plugin.manifest.limits.batch_records, time.perf_counter()
            for name in plugin.manifest.provides.detectors:
                for start in range(0, len(shown), size):
                    part = shown[start : start + size]
                    granted = granted_records(part, tuple(plugin.manifest.reads))
                    for answer in answers(process, name, granted):
                        if isinstance(answer, Found):
                            check(plugin.name, answer.findings)
                            said.findings[part[answer.ref].id] += answer.findings
            said.seconds = time.perf_counter() - begun
        finally:
            process.kill()
        return said


def last_records(session: Session, organisation_id: UUID) -> list[Readable]:
    """The last records of an organisation, the newest first."""
    found: list[Readable] = []
    batches = select(Batch.id).where(Batch.organisation_id == organisation_id).order_by(Batch.id.desc())
    for batch_id in session.scalars(batches.limit(RECORDS)).all():
        found += reversed(read_batch(session, organisation_id, batch_id))
        if len(found) >= RECORDS:
            break
    return found[:RECORDS]


def names_of(session: Session, records: Sequence[Readable]) -> dict[int, str]:
    """The ids that the records' sources gave them."""
    query = select(StoredRecord.id, StoredRecord.external_id)
    return dict(session.execute(query.where(StoredRecord.id.in_([one.id for one in records]))).all())


def used(session: Session, organisation_id: UUID, name: str) -> ActivePlugin:
    """A plugin as the organisation has configured it, started or not yet.

    :raises NotFound: when it has not.
    """
    found = session.execute(
        select(Activation, Plugin)
        .join(Plugin, Plugin.id == Activation.plugin_id)
        .where(Activation.organisation_id == organisation_id, Plugin.name == name)
    ).one_or_none()
    if found is None:
        raise NotFound("save the settings first")
    activation, plugin = found
    return as_used(session, plugin, activation, organisation_id, activation.version_id)


def _use_of(session: Session, organisation_id: UUID, name: str) -> Activation | None:
    query = (
        select(Activation)
        .join(Plugin, Plugin.id == Activation.plugin_id)
        .where(Activation.organisation_id == organisation_id, Plugin.name == name)
    )
    return session.scalar(query)


def _as_active(
    version: PluginVersion, granted_like: PluginVersion, organisation_id: UUID, using: Activation | None
) -> ActivePlugin:
    """A version with the grants of the one that runs, as far as it asks for them."""
    manifest = msgspec.convert(version.manifest, Manifest)
    granted = Allowed.kept(granted_like.granted or {})
    effective = Allowed(
        tuple(one for one in manifest.reads if one in granted.reads),
        (),
        Marking(granted.ceiling),
    ).of(manifest)
    given = {} if using is None else {key: one for key, one in using.config.items() if key in manifest.config}
    return ActivePlugin(
        using.id if using else version.id,
        effective,
        version.version,
        given,
        organisation_id,
        version.id,
        sealed=using.secrets if using else None,
    )


def _kinds(said: Said) -> dict[str, int]:
    return dict(Counter(finding.kind for every in said.findings.values() for finding in every))


def _told(external_id: str, finding: Finding) -> dict[str, Any]:
    """A finding as a page shows it: contact values masked, as everywhere."""
    shown = mask(finding.kind, finding.value) if isinstance(finding, Selector) else finding.note
    return {"record": external_id, "kind": finding.kind, "shown": shown, "field": finding.field}


def _differences(before: Said, after: Said, names: dict[int, str]) -> dict[str, Any]:
    """What the later version says anew, no more, or otherwise; and whether it is slower."""
    new: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for record, name in names.items():
        old = {_place(one): one for one in before.findings.get(record, ())}
        now = {_place(one): one for one in after.findings.get(record, ())}
        new += [_told(name, now[place]) for place in now if place not in old]
        gone += [_told(name, old[place]) for place in old if place not in now]
        changed += [_told(name, now[place]) for place in now if place in old and old[place] != now[place]]
    return {
        "new": len(new),
        "gone": len(gone),
        "changed": len(changed),
        "examples": {"new": new[:EXAMPLES], "gone": gone[:EXAMPLES], "changed": changed[:EXAMPLES]},
        "seconds_before": before.seconds,
        "seconds_after": after.seconds,
    }


def _place(finding: Finding) -> tuple[object, ...]:
    """What makes two findings the same one, although they may say something else."""
    value = finding.value if isinstance(finding, Selector) else ""
    return type(finding).__name__, finding.kind, value, finding.field, finding.start
