"""The environments of this host: one folder of packages for each version, side by side.

An environment is built once from the version's lock; the hashes of its files, as they were first built for
this kind of host, stand in the database. Before each start of a process the files are compared with them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.host.pool import ActivePlugin
from accord.registry.installing import CannotInstall, Installer, host_kind
from accord.registry.models import Plugin, PluginEnvironment, PluginVersion, PluginWheel
from accord.registry.stops import stop_of_plugin, stop_of_version
from accord_config.database import NOBODY, Database
from accord_config.settings import Settings
from accord_sdk.host.errors import EnvironmentIncomplete, PluginFailed, PluginStopped

FOLDER = "plugins"
"""Folder of the home that holds environments and uv's cache."""


class EnvironmentChanged(PluginFailed):
    """A file of the plugin is not the one that was approved; nothing of it was started."""

    code = "changed"

    def __init__(self, plugin: str, file: str, what: str) -> None:
        super().__init__(
            f"{plugin}: {file} {what} since the plugin was approved. Nothing was started: find out who"
            f" changed it, then `accord plugins rebuild {plugin}`",
            about=file,
        )


def wheels_of(session: Session, version: PluginVersion) -> dict[str, bytes]:
    """The wheels that were uploaded with a version, its own among them, by filename."""
    digests = [version.digest, *version.wheelhouse]
    query = select(PluginWheel.filename, PluginWheel.content).where(PluginWheel.digest.in_(digests))
    return dict(session.execute(query).all())


def own_wheel(session: Session, version: PluginVersion) -> PluginWheel:
    """The wheel of the version itself."""
    return session.get_one(PluginWheel, version.digest)


@dataclass
class Environments:
    """The environments of this host. `database` is the worker's."""

    database: Database
    root: Path
    installer: Installer
    _building: defaultdict[UUID, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))

    @classmethod
    def of(cls, database: Database, settings: Settings) -> Environments:
        """Those of a home."""
        root = settings.home / FOLDER
        return cls(database, root, Installer(root / "cache", settings.plugins_index))

    def site_of(self, plugin: ActivePlugin) -> Path | None:
        """Where an active plugin's packages lie, unchanged; None: beside Accord.

        :raises PluginStopped: when it may not run any more.
        :raises EnvironmentChanged: naming the file that is not what was approved.
        :raises EnvironmentIncomplete: when it cannot be built on this host.
        """
        with self.database.transaction(NOBODY) as session:
            if plugin.version_id is None:
                beside = session.scalar(select(Plugin).where(Plugin.name == plugin.name))
                stop = stop_of_plugin(beside) if beside is not None else None
            else:
                stop = stop_of_version(session.get_one(PluginVersion, plugin.version_id))
        if stop is not None:
            why = f"{plugin.name} {plugin.version} runs no more: {stop.message}"
            raise PluginStopped(why, stop.about, stop.reason.code)
        if plugin.version_id is None:
            return None
        return self.checked(plugin.version_id, plugin.name)

    def checked(self, version_id: UUID, name: str) -> Path:
        """The environment of a version, built where it is missing, its files compared.

        :raises EnvironmentChanged: naming the file that is not what was approved.
        :raises EnvironmentIncomplete: when it cannot be built on this host.
        """
        site = self.place(version_id)
        if not site.is_dir():
            try:
                return self.build(version_id)
            except CannotInstall as error:
                raise EnvironmentIncomplete(f"{name} cannot be installed here: {error}") from error
        with self.database.transaction(NOBODY) as session:
            known = session.get(PluginEnvironment, (version_id, host_kind()))
            files = dict(known.files) if known else {}
        wrong = difference(files, hashes(site))
        if wrong is not None:
            raise EnvironmentChanged(name, *wrong)
        return site

    def place(self, version_id: UUID) -> Path:
        """Where the environment of a version lies on this host, once it is built."""
        return self.root / "environments" / str(version_id) / host_kind()

    def build(self, version_id: UUID) -> Path:
        """Build the environment of a version, and keep or compare the hashes of its files.

        :raises CannotInstall: when uv cannot.
        :raises EnvironmentChanged: when it comes out otherwise than it was approved.
        """
        with self._building[version_id]:
            site = self.place(version_id)
            with self.database.transaction(NOBODY) as session:
                version = session.get_one(PluginVersion, version_id)
                lock, wheels, name = version.lock, wheels_of(session, version), version.name
            site.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=site.parent))
            try:
                # Whoever starts the sandbox may be another user.
                draft.chmod(0o755)
                self.installer.install(lock, wheels, draft)
                self._keep(version_id, name, hashes(draft))
                shutil.rmtree(site, ignore_errors=True)
                draft.rename(site)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            return site

    def _keep(self, version_id: UUID, name: str, files: dict[str, str]) -> None:
        row = {"version_id": version_id, "host": host_kind(), "files": files}
        with self.database.transaction(NOBODY) as session:
            session.execute(insert(PluginEnvironment).values(row).on_conflict_do_nothing())
            known = session.get_one(PluginEnvironment, (version_id, host_kind()))
            wrong = difference(dict(known.files), files)
        if wrong is not None:
            raise EnvironmentChanged(name, *wrong)


def hashes(site: Path) -> dict[str, str]:
    """The sha256 of every file of an environment, by path; a link has where it leads instead."""
    found: dict[str, str] = {}
    for folder, _, names in os.walk(site):
        for name in names:
            path = Path(folder, name)
            if path.is_symlink():
                found[str(path.relative_to(site))] = f"link to {path.readlink()}"
                continue
            with path.open("rb") as file:
                found[str(path.relative_to(site))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def difference(known: dict[str, str], found: dict[str, str]) -> tuple[str, str] | None:
    """The first file that is not as it was, and what happened to it."""
    for path in sorted(known | found):
        if path not in found:
            return path, "is gone"
        if path not in known:
            return path, "was added"
        if known[path] != found[path]:
            return path, "changed"
    return None
