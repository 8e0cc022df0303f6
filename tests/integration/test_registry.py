"""The registry says what is installed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from accord.registry.models import Plugin, PluginStatus
from accord.registry.service import discover, plugins, synchronise
from accord_config.database import NOBODY, Database, Role


def status(worker: Database, name: str) -> str:
    """What the registry says of a plugin."""
    with worker.transaction(NOBODY) as session:
        return {plugin.name: plugin.status for plugin in plugins(session)}[name]


@pytest.mark.parametrize(
    ("before", "without"),
    [
        (PluginStatus.APPROVED, PluginStatus.MISSING),
        (PluginStatus.SUSPENDED, PluginStatus.SUSPENDED),
    ],
)
def test_a_plugin_that_is_installed_again_is_what_it_was_before(
    database: Any, before: PluginStatus, without: PluginStatus
) -> None:
    worker = database(Role.WORKER)
    installed = discover()
    rest = [found for found in installed if found.manifest.name != "templates"]
    with worker.transaction(NOBODY) as session:
        synchronise(session, installed)
        session.execute(update(Plugin).where(Plugin.name == "templates").values(status=before))
    with worker.transaction(NOBODY) as session:
        synchronise(session, rest)
    assert status(worker, "templates") == without
    with worker.transaction(NOBODY) as session:
        synchronise(session, installed)
    assert status(worker, "templates") == before
    assert status(worker, "selectors") == PluginStatus.APPROVED
