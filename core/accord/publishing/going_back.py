"""A member goes back to the version before, for itself alone, and on again. The caller commits.

The others go on with the version that runs. What the later version found in the member's records is looked
at again and replaced. A version that was suspended, withdrawn or is over runs for nobody, here neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from accord.host.reasons import Stop
from accord.publishing.activating import find_offered
from accord.publishing.stopping import ask_to_stop
from accord.publishing.switching import AGAIN, running
from accord.registry.hosts import stop_of_hosts, why_for_nobody
from accord.registry.models import Activation, Plugin, PluginVersion, VersionState
from accord.registry.stops import stop_of_version
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.queue import enqueue


@dataclass(frozen=True)
class Standing:
    """The version that a member has, the one that it can go back to, and the one that runs for everybody."""

    now: PluginVersion | None
    before: PluginVersion | None
    for_all: PluginVersion | None

    def stop_of(self, session: Session, plugin: Plugin, activation: Activation | None) -> Stop | None:
        """Why the plugin does not run for the member, whatever it does about it."""
        if activation is not None and activation.version_id is not None and self.now is not None:
            return stop_of_version(self.now) or stop_of_hosts(session)
        return why_for_nobody(session, plugin)


def standing(gate: Session, name: str, activation: Activation | None) -> Standing:
    """What versions of a plugin there are for a member. `gate`: nobody else may look at versions."""
    for_all = running(gate, name)
    own = activation.version_id if activation is not None else None
    now = gate.get(PluginVersion, own) if own is not None else for_all
    query = select(PluginVersion).where(
        PluginVersion.name == name,
        PluginVersion.state == VersionState.APPROVED,
        PluginVersion.is_current.is_(False),
        or_(PluginVersion.approved_until.is_(None), PluginVersion.approved_until > func.now()),
    )
    if now is not None:
        query = query.where(PluginVersion.id != now.id, PluginVersion.approved_at < now.approved_at)
    before = gate.scalar(query.order_by(PluginVersion.approved_at.desc()).limit(1))
    return Standing(now, before, for_all)


def go_back(session: Session, gate: Session, who: Principal, name: str) -> tuple[PluginVersion, UUID]:
    """Have the version before run for the member; workers report under the id that is given, too.

    :raises Conflict: when the member does not use it, or there is no version to go back to.
    """
    activation = _use(session, who, name)
    found = standing(gate, name, activation)
    if found.before is None:
        raise Conflict(f"there is no approved version of {name} to go back to")
    activation.version_id = found.before.id
    return found.before, _switched(session, who, name, found, found.before.version)


def go_on(session: Session, gate: Session, who: Principal, name: str) -> tuple[PluginVersion, UUID]:
    """Have the version that runs for everybody run for the member again.

    :raises Conflict: when it does already, or none runs.
    """
    activation = _use(session, who, name)
    found = standing(gate, name, activation)
    if activation.version_id is None or found.for_all is None:
        raise Conflict(f"{name} has no other version that runs for everybody")
    activation.version_id = None
    return found.for_all, _switched(session, who, name, found, found.for_all.version)


def _use(session: Session, who: Principal, name: str) -> Activation:
    who.require(Permission.PLUGINS_ACTIVATE)
    found = find_offered(session, who, name)
    if found.activation is None or not found.activation.active:
        raise Conflict(f"{name} does not run for {who.organisation_name}")
    return found.activation


def _switched(session: Session, who: Principal, name: str, found: Standing, to: str) -> UUID:
    session.flush()
    detail = {"from": found.now.version if found.now else "none", "to": to, "for": "this organisation"}
    record(session, who, AuditTag.PLUGIN_ROLL_BACK, f"plugin {name}", detail)
    lock = f"again:{who.organisation}:{name}"
    enqueue(session, AGAIN, organisation_id=who.organisation, lock=lock, plugin=name)
    return ask_to_stop(session, name, who.organisation)
