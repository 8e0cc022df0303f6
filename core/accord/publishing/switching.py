"""Which version of a plugin runs, and what follows when it changes."""

from __future__ import annotations

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.publishing.stopping import ask_to_stop
from accord.publishing.versions import Published
from accord.registry.grants import Allowed
from accord.registry.models import Activation, Plugin, PluginStatus, PluginVersion, VersionState
from accord_config.queue import enqueue
from accord_sdk import Manifest

AGAIN = "publishing:again"
"""Name of the job that has the version that runs now look at everything again, for one organisation."""


def running(session: Session, name: str, *, lock: bool = False) -> PluginVersion | None:
    """The version of a plugin that runs."""
    query = select(PluginVersion).where(PluginVersion.name == name, PluginVersion.is_current)
    return session.scalar(query.with_for_update() if lock else query)


def make_current(session: Session, found: Published) -> None:
    """Let the version run in place of the one that runs now, with what it was granted.

    Where another ran, its processes end, and what it found is looked at again and replaced.
    """
    version = found.version
    before = running(session, version.name)
    others = update(PluginVersion).where(PluginVersion.name == version.name, PluginVersion.id != version.id)
    session.execute(others.values(is_current=False))
    version.state, version.is_current = VersionState.APPROVED, True
    session.flush()
    effective = Allowed.kept(version.granted or {}).of(msgspec.convert(version.manifest, Manifest))
    row = {
        "name": version.name,
        "version": version.version,
        "manifest": msgspec.to_builtins(effective),
        "status": PluginStatus.APPROVED,
        "reason": "",
        "stop": {},
        "approved_until": version.approved_until,
        "publisher_id": version.organisation_id,
    }
    statement = insert(Plugin).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=[Plugin.name], set_=row))
    if before is not None and before.id != version.id:
        ask_to_stop(session, version.name)
    look_again(session, version.name)


def look_again(session: Session, name: str) -> None:
    """Have the version that runs now look at everything again, for every organisation that uses it."""
    users = select(Activation.organisation_id).join(Plugin, Plugin.id == Activation.plugin_id)
    for organisation_id in session.scalars(users.where(Plugin.name == name, Activation.active)).all():
        lock = f"again:{organisation_id}:{name}"
        enqueue(session, AGAIN, organisation_id=organisation_id, queueing_lock=lock, plugin=name)
