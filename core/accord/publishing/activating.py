"""A member's use of a plugin: activated for itself, with its configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.registry.models import Activation, Plugin, PluginStatus
from accord.sources.configuration import read_settings
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_sdk import Manifest


@dataclass(frozen=True)
class Offered:
    """A plugin, and the organisation's use of it where there is one."""

    plugin: Plugin
    activation: Activation | None

    @property
    def manifest(self) -> Manifest:
        """What the host enforces."""
        return msgspec.convert(self.plugin.manifest, Manifest)

    @property
    def in_use(self) -> bool:
        """Whether the organisation has it run."""
        return self.activation is not None and self.activation.active


def offered(session: Session, who: Principal) -> list[Offered]:
    """Every plugin, with the organisation's use of it, by name."""
    who.require(Permission.PLUGINS_READ)
    return [Offered(plugin, activation) for plugin, activation in session.execute(_query(who))]


def find_offered(session: Session, who: Principal, name: str) -> Offered:
    """One plugin, with the organisation's use of it.

    :raises NotFound: when there is none of this name.
    """
    who.require(Permission.PLUGINS_READ)
    found = session.execute(_query(who).where(Plugin.name == name)).one_or_none()
    if found is None:
        raise NotFound
    return Offered(*found)


def activate(session: Session, who: Principal, name: str, settings: Mapping[str, Sequence[str]]) -> Offered:
    """Have a plugin run for the organisation, with these settings as people write them.

    :raises Conflict: when the plugin may not run.
    :raises Invalid: naming the settings that will not do.
    """
    who.require(Permission.PLUGINS_ACTIVATE)
    found = find_offered(session, who, name)
    if found.plugin.status != PluginStatus.APPROVED:
        raise Conflict(f"{name} is {found.plugin.status}: it runs for nobody")
    config = read_settings(found.manifest.config, settings)
    row: dict[str, Any] = {
        "organisation_id": who.organisation,
        "plugin_id": found.plugin.id,
        "config": config,
    }
    statement = insert(Activation).values(**row, active=True)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Activation.organisation_id, Activation.plugin_id],
            set_={"config": config, "active": True},
        )
    )
    session.expire_all()
    tag = AuditTag.PLUGIN_CONFIGURE if found.in_use else AuditTag.PLUGIN_ACTIVATE
    record(session, who, tag, f"plugin {name}", {"settings": sorted(config)})
    return find_offered(session, who, name)


def deactivate(session: Session, who: Principal, name: str, reason: str = "") -> Offered:
    """Have a plugin run no more for the organisation; what it found stays.

    :raises Conflict: when it does not run for it.
    """
    who.require(Permission.PLUGINS_ACTIVATE)
    found = find_offered(session, who, name)
    if found.activation is None or not found.activation.active:
        raise Conflict(f"{name} does not run for {who.organisation_name}")
    found.activation.active = False
    record(session, who, AuditTag.PLUGIN_DEACTIVATE, f"plugin {name}", why=reason or None)
    return found


def _query(who: Principal) -> Any:
    mine = (Activation.plugin_id == Plugin.id) & (Activation.organisation_id == who.organisation)
    return select(Plugin, Activation).outerjoin(Activation, mine).order_by(Plugin.name)
