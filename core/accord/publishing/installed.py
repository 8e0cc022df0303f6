"""Plugins that are installed beside Accord: suspended at once for every member, and let run again.

Such a plugin has no publisher and no versions to choose from; otherwise it is held like everybody's.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord.publishing.stopping import ask_to_stop
from accord.publishing.switching import look_again
from accord.registry.advised import against_installed, words
from accord.registry.models import Plugin, PluginStatus
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, NotFound, PermissionDenied
from accord_auth.permissions import Permission
from accord_auth.principal import Principal


def is_installed(session: Session, name: str) -> bool:
    """Whether a plugin of this name is installed beside Accord."""
    beside = select(Plugin.id).where(Plugin.name == name, Plugin.publisher_id.is_(None))
    return session.scalar(beside) is not None


def installed_plugin(session: Session, who: Principal, name: str, *, lock: bool = False) -> Plugin:
    """The plugin of this name that is installed beside Accord.

    :raises NotFound: when there is none of this name.
    :raises Conflict: when a member published it.
    """
    who.require(Permission.PLUGINS_READ)
    query = select(Plugin).where(Plugin.name == name)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(f"there is no plugin {name!r}")
    if found.publisher_id is not None:
        raise Conflict(f"a member published {name}: decide about its version, on the page of versions")
    return found


def suspend_installed(session: Session, who: Principal, name: str, reason: str) -> tuple[Plugin, UUID]:
    """Stop it at once, for every member. Workers report under the id that is given, too.

    :raises Conflict: when it does not run, or a member published it.
    """
    who.require(Permission.PLUGINS_APPROVE)
    plugin = installed_plugin(session, who, name, lock=True)
    if plugin.status != PluginStatus.APPROVED:
        raise Conflict(f"{name} is {plugin.status} already")
    stop_id = stop_installed(session, plugin, reason, {"code": "suspended", "about": named(plugin)})
    record(session, who, AuditTag.PLUGIN_SUSPEND, f"plugin {named(plugin)}", why=reason)
    return plugin, stop_id


def stop_installed(session: Session, plugin: Plugin, reason: str, stop: dict[str, str]) -> UUID:
    """Have it run for nobody from now on; workers report under the id that is given."""
    plugin.status, plugin.reason, plugin.stop = PluginStatus.SUSPENDED, reason, stop
    return ask_to_stop(session, plugin.name)


def resume_installed(session: Session, who: Principal, name: str, reason: str) -> Plugin:
    """Let a suspended one run again; it looks at what came in meanwhile.

    :raises PermissionDenied: when nobody is named who decides it.
    :raises Conflict: when it is not suspended, a member published it, or an advisory on it stands.
    """
    who.require(Permission.PLUGINS_APPROVE)
    if who.person_id is None:
        raise PermissionDenied("A decision is a person's: name the platform admin who takes it.")
    plugin = installed_plugin(session, who, name, lock=True)
    if plugin.status != PluginStatus.SUSPENDED:
        raise Conflict(f"{name} is {plugin.status}: there is nothing to decide")
    against = against_installed(session, plugin)
    if against is not None:
        raise Conflict(f"{words(against)}. Withdraw that first")
    plugin.status, plugin.reason, plugin.stop = PluginStatus.APPROVED, "", {}
    session.flush()
    look_again(session, name)
    record(session, who, AuditTag.PLUGIN_RESUME, f"plugin {named(plugin)}", why=reason)
    return plugin


def named(plugin: Plugin) -> str:
    """A plugin as people name it."""
    return f"{plugin.name} {plugin.version}"
