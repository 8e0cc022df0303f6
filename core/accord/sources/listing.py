"""An organisation's sources as it sees them: how they are, and what is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord.host.reasons import Stop, reason_of
from accord.ingestion.models import Source, StoredRecord
from accord.registry.hosts import stop_of_hosts
from accord.registry.service import plugins
from accord.registry.stops import stop_of_plugin
from accord.sources.clock import interval, words
from accord.sources.configuration import HIDDEN, shown
from accord.sources.models import SourcePull, SourceSchedule
from accord.sources.service import manifest_of
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_sdk import Manifest


@dataclass(frozen=True)
class Listed:
    """A source as its organisation sees it; secret settings are hidden."""

    slug: str
    plugin: str | None
    plugin_source: str | None
    marking: str
    config: dict[str, Any]
    records: int
    last_pull_at: datetime | None
    last_error: str | None
    pulling: bool
    schedule: str = "only when asked"
    every: str = ""
    cron: str = ""
    next_pull_at: datetime | None = None
    failures: int = 0
    last_code: str = ""
    last_about: str = ""
    held: Stop | None = None
    """Why its plugin runs for nobody, so that it is not pulled at all."""


def stop_of_source(one: Listed) -> Stop | None:
    """Why it is not pulled, or why its last pull ended early, where it did."""
    if one.held is not None:
        return one.held
    if not one.last_error:
        return None
    return Stop(reason_of(one.last_code), one.last_about or one.plugin or one.slug, one.last_error)


def list_sources(session: Session, principal: Principal) -> list[Listed]:
    """The organisation's sources, by slug."""
    principal.require(Permission.RECORDS_READ)
    known = {plugin.name: plugin for plugin in plugins(session)}
    manifests = {name: manifest_of(plugin) for name, plugin in known.items()}
    of_hosts = stop_of_hosts(session)
    held_back = {name: stop_of_plugin(plugin) or of_hosts for name, plugin in known.items()}
    held = (
        select(StoredRecord.source_id, func.count().label("records"))
        .where(StoredRecord.organisation_id == principal.organisation)
        .group_by(StoredRecord.source_id)
        .subquery()
    )
    rows = session.execute(
        select(Source, func.coalesce(held.c.records, 0))
        .outerjoin(held, held.c.source_id == Source.id)
        .where(Source.organisation_id == principal.organisation)
        .order_by(Source.slug)
    )
    return [
        replace(_listed(session, source, records, manifests), held=held_back.get(source.plugin or ""))
        for source, records in rows
    ]


def _shown(source: Source, manifest: Manifest | None) -> dict[str, Any]:
    if manifest is None:
        return dict.fromkeys(source.config, HIDDEN)
    return shown(manifest.config, source.config, has_secrets=source.secrets is not None)


def _listed(session: Session, source: Source, records: int, manifests: Mapping[str, Manifest]) -> Listed:
    own = SourcePull.source_id == source.id
    newest = (
        select(SourcePull)
        .where(own, SourcePull.finished_at.is_not(None))
        .order_by(SourcePull.id.desc())
        .limit(1)
    )
    last = session.scalar(newest)
    open_pull = session.scalar(select(SourcePull.id).where(own, SourcePull.finished_at.is_(None)).limit(1))
    manifest = manifests.get(source.plugin or "")
    schedule = session.get(SourceSchedule, source.id)
    return Listed(
        slug=source.slug,
        plugin=source.plugin,
        plugin_source=source.plugin_source,
        marking=source.marking,
        config=_shown(source, manifest),
        records=records,
        last_pull_at=last.finished_at if last else None,
        last_error=last.error if last else None,
        pulling=open_pull is not None,
        schedule=words(schedule),
        every=interval(schedule.every_s) if schedule and schedule.every_s else "",
        cron=(schedule.cron or "") if schedule else "",
        next_pull_at=schedule.next_at if schedule else None,
        failures=schedule.failures if schedule else 0,
        last_code=last.code if last else "",
        last_about=last.about if last else "",
    )
