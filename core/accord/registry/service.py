"""Discovering installed plugins by their entry points, and which plugins organisations use.

Nothing of a plugin is imported here: its static manifest is all the host needs.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.host.pool import ActivePlugin
from accord.registry.advised import against_installed, note_installed, stop_of, words
from accord.registry.grants import Allowed
from accord.registry.models import (
    Activation,
    Plugin,
    PluginAdvisory,
    PluginStatus,
    PluginVersion,
    VersionState,
)
from accord_auth.errors import NotFound
from accord_sdk import Manifest
from accord_sdk.host.environment import Known, digest_of, required_by
from accord_sdk.host.errors import EnvironmentIncomplete
from accord_sdk.manifest import ENTRY_POINT_GROUP, ManifestError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Discovered:
    """A plugin that is installed beside Accord."""

    manifest: Manifest
    version: str
    digest: str = ""
    """The sha256 of its files."""
    pins: Mapping[str, str] = field(default_factory=dict)
    """What it may load, version by name."""


def discover() -> list[Discovered]:
    """The installed plugins, by name.

    :raises ManifestError: naming the distribution whose manifest is missing, wrong or of another name.
    """
    found: dict[str, Discovered] = {}
    known: Known = {}
    for entry_point in metadata.entry_points(group=ENTRY_POINT_GROUP):
        distribution = entry_point.dist
        if distribution is None:
            raise ManifestError(f"entry point {entry_point.name!r} belongs to no distribution")
        manifest = Manifest.of(distribution)
        if manifest.name != entry_point.name:
            raise ManifestError(f"entry point {entry_point.name!r} has a manifest named {manifest.name!r}")
        if manifest.name in found:
            raise ManifestError(f"two installed plugins are named {manifest.name!r}")
        found[manifest.name] = Discovered(
            manifest, distribution.version, digest_of(distribution), _pins(distribution, known)
        )
    return [found[name] for name in sorted(found)]


def _pins(distribution: metadata.Distribution, known: Known) -> dict[str, str]:
    try:
        return required_by(distribution, known)
    except EnvironmentIncomplete:
        # It is said when it is to be started; nothing of it runs until then.
        return {}


def synchronise(session: Session, discovered: list[Discovered]) -> list[tuple[Plugin, PluginAdvisory]]:
    """Make the registry say what is installed. A plugin that was missing and is back is what it was before.

    Only an approved one is marked as missing: a suspended one stays suspended, installed or not. One that is
    new, or not what it was, is suspended where an advisory is about it; which, and which advisory, is given
    back, for the audit log of the platform.
    """
    before = {
        plugin.name: (plugin.digest, plugin.pins)
        for plugin in session.scalars(select(Plugin))
        if plugin.digest
    }
    back = case((Plugin.status == PluginStatus.MISSING, PluginStatus.APPROVED), else_=Plugin.status)
    for plugin in discovered:
        values = {
            "name": plugin.manifest.name,
            "version": plugin.version,
            "manifest": msgspec.to_builtins(plugin.manifest),
            "digest": plugin.digest,
            "pins": dict(plugin.pins),
        }
        statement = insert(Plugin).values(**values, status=PluginStatus.APPROVED)
        again = {**values, "status": back}
        ours = Plugin.publisher_id.is_(None)
        session.execute(statement.on_conflict_do_update(index_elements=[Plugin.name], set_=again, where=ours))
    names = [plugin.manifest.name for plugin in discovered]
    gone = update(Plugin).where(
        Plugin.name.not_in(names), Plugin.status == PluginStatus.APPROVED, Plugin.publisher_id.is_(None)
    )
    session.execute(gone.values(status=PluginStatus.MISSING))
    session.expire_all()
    beside = select(Plugin).where(Plugin.publisher_id.is_(None), Plugin.name.in_(names))
    changed = [row for row in session.scalars(beside) if before.get(row.name) != (row.digest, row.pins)]
    tried = [(row, _suspend_advised(session, row)) for row in changed]
    return [(row, advisory) for row, advisory in tried if advisory is not None]


def _suspend_advised(session: Session, plugin: Plugin) -> PluginAdvisory | None:
    """Suspend it where an advisory is about it; which."""
    advisory = against_installed(session, plugin)
    if advisory is None or plugin.status == PluginStatus.SUSPENDED:
        return None
    plugin.status, plugin.reason, plugin.stop = PluginStatus.SUSPENDED, words(advisory), stop_of(advisory)
    note_installed(advisory, plugin)
    logger.warning("plugin %s %s is suspended: %s", plugin.name, plugin.version, plugin.reason)
    return advisory


def activate_all(session: Session, organisation_id: UUID) -> None:
    """Activate every installed plugin that needs no configuration for an organisation."""
    ours = select(Plugin).where(Plugin.status == PluginStatus.APPROVED, Plugin.publisher_id.is_(None))
    for plugin in session.scalars(ours):
        manifest = msgspec.convert(plugin.manifest, Manifest)
        if any(setting.required for setting in manifest.config.values()):
            continue
        statement = insert(Activation).values(organisation_id=organisation_id, plugin_id=plugin.id, config={})
        session.execute(statement.on_conflict_do_nothing())


def active_plugins(session: Session, organisation_id: UUID) -> list[ActivePlugin]:
    """The plugins that an organisation uses, by name. A published one runs in its current version, or in the
    one that the organisation went back to.

    For the worker's role: no other may read versions.
    """
    current = and_(
        PluginVersion.name == Plugin.name,
        or_(
            PluginVersion.id == Activation.version_id,
            and_(Activation.version_id.is_(None), PluginVersion.is_current),
        ),
    )
    lasts = or_(PluginVersion.approved_until.is_(None), PluginVersion.approved_until > func.now())
    rows = session.execute(
        select(Activation, Plugin, PluginVersion)
        .join(Plugin, Plugin.id == Activation.plugin_id)
        .outerjoin(PluginVersion, current)
        .where(
            Activation.organisation_id == organisation_id,
            Activation.active,
            Activation.closed_at.is_(None),
            or_(Plugin.status == PluginStatus.APPROVED, Activation.version_id.is_not(None)),
            or_(
                Plugin.publisher_id.is_(None),
                and_(PluginVersion.state == VersionState.APPROVED, lasts),
            ),
        )
        .order_by(Plugin.name)
    )
    return [_as_it_runs(plugin, version, use, organisation_id) for use, plugin, version in rows]


def _as_it_runs(
    plugin: Plugin, version: PluginVersion | None, use: Use, organisation_id: UUID
) -> ActivePlugin:
    """A plugin in a version, with what was granted to that."""
    manifest = msgspec.convert(plugin.manifest, Manifest)
    if version is not None and not version.is_current:
        manifest = Allowed.kept(version.granted or {}).of(msgspec.convert(version.manifest, Manifest))
    return ActivePlugin(
        use.id,
        manifest,
        version.version if version else plugin.version,
        use.config,
        organisation_id,
        version.id if version else None,
        version.digest if version else plugin.digest,
        use.secrets,
    )


def active_plugin(session: Session, organisation_id: UUID, name: str) -> ActivePlugin:
    """The plugin of this name that an organisation uses.

    :raises NotFound: when it uses none.
    """
    for plugin in active_plugins(session, organisation_id):
        if plugin.name == name:
            return plugin
    raise NotFound(f"no active plugin is named {name!r}")


class Use(Protocol):
    """What an organisation fills in for a plugin: an activation, or a data source."""

    id: Any
    config: Any
    secrets: Any
    """Settings that the manifest calls secret, sealed for this use."""


def as_used(
    session: Session, plugin: Plugin, use: Use, organisation_id: UUID, version_id: UUID | None = None
) -> ActivePlugin:
    """A plugin with what an organisation filled in. A published one runs in its current version, or this one.

    For the worker's role: no other may read versions.

    :raises NotFound: when no version of it runs.
    """
    version = None
    if plugin.publisher_id is not None:
        which = PluginVersion.is_current if version_id is None else PluginVersion.id == version_id
        version = session.scalar(select(PluginVersion).where(PluginVersion.name == plugin.name, which))
        if version is None:
            raise NotFound(f"no version of {plugin.name} runs: {plugin.reason}")
    return _as_it_runs(plugin, version, use, organisation_id)


def plugins(session: Session) -> list[Plugin]:
    """All plugins of this installation, by name."""
    return list(session.scalars(select(Plugin).order_by(Plugin.name)))


def current_versions(session: Session) -> dict[str, UUID]:
    """The versions that run of what members published, by the plugin's name."""
    query = select(PluginVersion.name, PluginVersion.id).where(PluginVersion.is_current)
    return dict(session.execute(query).all())
