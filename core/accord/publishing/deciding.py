"""Deciding about a version: approved with grants, refused, suspended, let run again.

Two admins approve where it reaches the network or sees TLP:RED. Nobody who belongs to the publisher decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.publishing.advisories import advised_against
from accord.publishing.grant_checks import require_held
from accord.publishing.stopping import ask_to_stop
from accord.publishing.switching import make_current, running
from accord.publishing.versions import Published, find_version, note, request_checks, stop_running
from accord.registry.advised import words
from accord.registry.grants import Allowed
from accord.registry.models import Plugin, PluginApproval, PluginVersion, VersionState
from accord_auth.audit.service import AuditTag
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.permissions import Permission, Role
from accord_auth.principal import Principal

DECIDABLE = frozenset({VersionState.WAITING, VersionState.REFUSED})


@dataclass(frozen=True)
class Decision:
    """What came of an approval: how many more admins have to approve the same grants."""

    version: PluginVersion
    missing: int


def exclusion(session: Session, who: Principal, found: Published) -> str:
    """Why somebody may not decide about a version, in a sentence; empty when they may."""
    if Permission.PLUGINS_APPROVE not in who.permissions:
        return "Deciding takes the role of a platform admin."
    if who.person_id is None:
        return "A decision is a person's: name the platform admin who takes it."
    belongs = select(RoleAssignment.id).where(
        RoleAssignment.person_id == who.person_id,
        RoleAssignment.organisation_id == found.version.organisation_id,
    )
    if session.scalar(belongs.limit(1)) is not None:
        return "You belong to the publisher: somebody else decides."
    return ""


def approvals(session: Session, version: PluginVersion) -> list[PluginApproval]:
    """The approvals of a version that count: of admins who still are, the first one first."""
    rows = session.scalars(
        select(PluginApproval)
        .join(Person, Person.id == PluginApproval.person_id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            PluginApproval.version_id == version.id,
            Person.status == PersonStatus.ACTIVE,
            RoleAssignment.organisation_id.is_(None),
            RoleAssignment.role == Role.PLATFORM_ADMIN,
        )
        .order_by(PluginApproval.at, PluginApproval.person_id)
    )
    return list(rows)


def approve(
    session: Session, who: Principal, version_id: UUID, allowed: Allowed, until: datetime | None = None
) -> Decision:
    """Approve a version with these grants, up to a moment where one is given.

    The last approval that is needed makes it the version that runs. An approval of other grants, or for
    another time, takes the place of the earlier ones: all have to mean the same.

    :raises PermissionDenied: when this person may not decide it, saying why.
    :raises Invalid: when the grants are more than it asks for, or the contract does not hold with them.
    :raises NotChecked: when they are fewer, and nobody knows yet whether it holds.
    :raises Conflict: when it does not wait for a decision, or this person approved the same already.
    """
    found = _decidable(session, who, version_id)
    version = found.version
    granted = allowed.within(found.manifest).stored
    require_held(session, found, allowed)
    against = advised_against(session, version)
    if against is not None:
        raise Conflict(words(against))
    if until is not None and until <= datetime.now(UTC):
        raise Invalid("the time is over already", {"until": ["a day that is to come"]})
    before = approvals(session, version)
    same = [one for one in before if one.granted == granted and one.until == until]
    if any(one.person_id == who.person_id for one in same):
        raise Conflict("you approved exactly this already: another platform admin has to, too")
    mine = {"version_id": version.id, "person_id": who.person_id, "person_name": who.person_name}
    session.execute(delete(PluginApproval).where(PluginApproval.version_id == version.id))
    kept: list[dict[str, Any]] = [
        {**mine, "person_id": one.person_id, "person_name": one.person_name, "at": one.at} for one in same
    ]
    for row in (*kept, {**mine, "at": datetime.now(UTC)}):
        session.execute(insert(PluginApproval).values(**row, granted=granted, until=until))
    missing = max(0, allowed.approvals_needed - len(same) - 1)
    note(session, who, found, AuditTag.PLUGIN_APPROVE, {**granted, "missing": missing})
    if not missing:
        version.granted, version.approved_until = granted, until
        version.approved_at, version.problem, version.stop = datetime.now(UTC), "", {}
        make_current(session, found)
    return Decision(version, missing)


def refuse(session: Session, who: Principal, version_id: UUID, reason: str) -> PluginVersion:
    """Refuse a version; its publisher reads the reason.

    :raises PermissionDenied: when this person may not decide it, saying why.
    :raises Conflict: when it does not wait for a decision.
    """
    found = _decidable(session, who, version_id)
    found.version.state, found.version.problem = VersionState.REFUSED, reason
    session.execute(delete(PluginApproval).where(PluginApproval.version_id == found.version.id))
    note(session, who, found, AuditTag.PLUGIN_REFUSE, {}, why=reason)
    return found.version


def suspend(session: Session, who: Principal, version_id: UUID, reason: str) -> tuple[PluginVersion, UUID]:
    """Stop a version at once, for every member that uses it. Workers report under the id that is given, too.

    :raises Conflict: when it is not approved.
    """
    who.require(Permission.PLUGINS_APPROVE)
    found = find_version(session, who, version_id, lock=True)
    version = found.version
    if version.state != VersionState.APPROVED:
        raise Conflict(f"only an approved version can be suspended, this one is {version.state}")
    stop = {"code": "suspended", "about": f"{version.name} {version.version}"}
    version.state, version.problem, version.stop = VersionState.SUSPENDED, reason, stop
    stop_id = ask_to_stop(session, version.name)
    stop_running(session, version, reason, stop)
    note(session, who, found, AuditTag.PLUGIN_SUSPEND, {}, why=reason)
    return version, stop_id


def resume(session: Session, who: Principal, version_id: UUID, reason: str) -> PluginVersion:
    """Let a suspended version run again, as it was approved. One that never was is checked anew, and waits.

    One that is older than the version that runs does not take its place: members may go back to it.

    :raises Conflict: when it is not suspended, or an advisory on it stands.
    """
    found = _decidable(session, who, version_id, frozenset({VersionState.SUSPENDED}))
    version = found.version
    against = advised_against(session, version)
    if against is not None:
        raise Conflict(f"{words(against)}. Withdraw that first")
    version.problem, version.stop = "", {}
    now = running(session, version.name)
    if version.approved_at is None:
        request_checks(session, version)
    elif now is not None and now.approved_at is not None and now.approved_at > version.approved_at:
        version.state = VersionState.APPROVED
    else:
        make_current(session, found)
    note(session, who, found, AuditTag.PLUGIN_RESUME, {}, why=reason)
    return version


def plugin_named(session: Session, name: str) -> Plugin:
    """The plugin of this name.

    :raises NotFound: when there is none.
    """
    found = session.scalar(select(Plugin).where(Plugin.name == name))
    if found is None:
        raise NotFound(f"there is no plugin {name!r}")
    return found


def _decidable(
    session: Session,
    who: Principal,
    version_id: UUID,
    states: frozenset[VersionState] = DECIDABLE,
) -> Published:
    who.require(Permission.PLUGINS_APPROVE)
    found = find_version(session, who, version_id, lock=True)
    why = exclusion(session, who, found)
    if why:
        raise PermissionDenied(why)
    if found.version.state not in states:
        raise Conflict(f"this version is {found.version.state}: there is nothing to decide")
    return found
