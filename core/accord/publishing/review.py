"""Everything that a version's page says, gathered for one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from accord.publishing import changing, deciding
from accord.publishing.comparing import Changes, changes_since, last_approved, pins
from accord.publishing.deciding import DECIDABLE
from accord.publishing.versions import ENDED, Published
from accord.registry.grants import Allowed
from accord.registry.installing import host_wheels
from accord.registry.models import PluginApproval, PluginVersion, VersionState
from accord_auth.permissions import Permission
from accord_auth.principal import Principal


@dataclass(frozen=True)
class Reviewed:
    """A version as somebody sees it, and what they may do about it."""

    found: Published
    changes: Changes | None
    approvals: tuple[PluginApproval, ...]
    excluded: str
    before: PluginVersion | None
    not_promoted: str
    actions: frozenset[str]

    @property
    def asked(self) -> Allowed:
        """All that it asks for."""
        return Allowed.all_of(self.found.manifest)

    @property
    def checks(self) -> dict[str, Any]:
        """What the contract checks said."""
        return self.found.version.checks


def review(session: Session, who: Principal, found: Published) -> Reviewed:
    """Gather what there is to say of a version."""
    version = found.version
    before = last_approved(session, version)
    excluded = deciding.exclusion(session, who, found)
    not_promoted = changing.why_not_promoted(session, found)
    back = changing.previous(session, version.name)
    return Reviewed(
        found=found,
        changes=changes_since(session, version, before) if before is not None else None,
        approvals=tuple(deciding.approvals(session, version)),
        excluded=excluded,
        before=back,
        not_promoted=not_promoted,
        actions=frozenset(_actions(who, version, excluded, not_promoted, back)),
    )


def _actions(
    who: Principal, version: PluginVersion, excluded: str, not_promoted: str, back: PluginVersion | None
) -> list[str]:
    state, found = VersionState(version.state), []
    stopped = version.is_current or state is VersionState.SUSPENDED
    if Permission.PLUGINS_APPROVE in who.permissions:
        if state in DECIDABLE and not excluded:
            found += ["approve"] + (["refuse"] if state is VersionState.WAITING else [])
        if state is VersionState.APPROVED:
            found.append("suspend")
        if state is VersionState.SUSPENDED and not excluded:
            found.append("resume")
        if back is not None and stopped:
            found.append("roll_back")
    if Permission.PLUGINS_PUBLISH in who.permissions:
        if state not in ENDED:
            found.append("withdraw")
        if not not_promoted:
            found += ["compare", "promote"]
    return found


def environment_of(version: PluginVersion) -> list[tuple[str, str, str]]:
    """What an environment holds beside the plugin: name, version, and where it comes from."""
    named = pins(version)
    own = [(name, number, "locked by its hash") for name, number in sorted(named.items())]
    host = [
        (one.name, one.version, "of this installation")
        for name, one in sorted(host_wheels().items())
        if name not in named
    ]
    return [*own, *host]
