"""Building every environment anew for this Python and SDK, beside those there are, and checking each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy import select

from accord.registry.environments import EnvironmentChanged, Environments
from accord.registry.grants import Allowed
from accord.registry.installing import CannotInstall
from accord.registry.models import Plugin, PluginVersion, VersionState
from accord_config.database import NOBODY, Database
from accord_sdk import Manifest
from accord_sdk.checks import run_checks
from accord_sdk.host.launch import Launcher


@dataclass(frozen=True)
class Rebuilt:
    """A plugin's version, and what would break of it; empty: nothing."""

    name: str
    version: str
    problem: str


def rebuild_all(
    database: Database, environments: Environments, launcher: Launcher, name: str | None = None
) -> Iterator[Rebuilt]:
    """Build and check every approved version, those beside Accord too, or those of one plugin."""
    for plugin, version_id in _wanted(database, name):
        manifest = msgspec.convert(plugin.manifest, Manifest)
        yield Rebuilt(plugin.name, plugin.version, _problem(environments, launcher, manifest, version_id))


def _problem(
    environments: Environments, launcher: Launcher, manifest: Manifest, version_id: UUID | None
) -> str:
    site: Path | None = None
    if version_id is not None:
        try:
            site = environments.build(version_id)
        except (CannotInstall, EnvironmentChanged) as error:
            return str(error)
    report = run_checks(manifest, launcher, site=site, try_without=False)
    broken = report.broken
    if version_id is None and any(setting.required for setting in manifest.config.values()):
        # It works with a member's settings alone, and none were made up when it was installed: it starts.
        broken = [one for one in report.checks[:1] if not one.holds]
    return "; ".join(f"{one.name}: {one.words}" for one in broken)


@dataclass(frozen=True)
class _Wanted:
    name: str
    version: str
    manifest: dict[str, object]


def _as_granted(version: PluginVersion) -> dict[str, object]:
    """The manifest with what was approved: so the version runs, and so it is checked."""
    manifest = msgspec.convert(version.manifest, Manifest)
    granted = Allowed.kept(version.granted).of(manifest) if version.granted else manifest
    made: dict[str, object] = msgspec.to_builtins(granted)
    return made


def _wanted(database: Database, name: str | None) -> list[tuple[_Wanted, UUID | None]]:
    with database.transaction(NOBODY) as session:
        ours = select(Plugin).where(Plugin.publisher_id.is_(None)).order_by(Plugin.name)
        published = (
            select(PluginVersion)
            .where(PluginVersion.state == VersionState.APPROVED)
            .order_by(PluginVersion.name, PluginVersion.id)
        )
        found: list[tuple[_Wanted, UUID | None]] = [
            (_Wanted(one.name, one.version, one.manifest), None) for one in session.scalars(ours)
        ]
        found += [
            (_Wanted(one.name, one.version, _as_granted(one)), one.id) for one in session.scalars(published)
        ]
    return [one for one in found if name in (None, one[0].name)]
