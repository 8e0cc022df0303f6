"""Changing which version runs: promoted by its owner, rolled back by an admin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord.markings import Marking
from accord.publishing.advisories import advised_against
from accord.publishing.grant_checks import is_less, request_check, require_held
from accord.publishing.switching import make_current, running
from accord.publishing.versions import Published, find_version, note, versions_seen
from accord.registry.advised import words
from accord.registry.grants import OPEN_ORDER, Allowed, asks_more
from accord.registry.models import PluginTrial, PluginVersion, VersionState
from accord_auth.audit.service import AuditTag
from accord_auth.errors import Conflict, NotFound
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_sdk import Manifest

FRESH = timedelta(days=7)
"""So long a comparison counts."""


def why_not_promoted(session: Session, found: Published) -> str:
    """Why its owner may not let a version take the place of the one that runs; empty when they may."""
    version = found.version
    if version.state != VersionState.WAITING:
        return f"it is {version.state}"
    before = running(session, version.name)
    if before is None:
        return "no version of it runs: an admin has to approve it"
    if before.approved_until is not None and before.approved_until <= datetime.now(UTC):
        return f"the time for which {before.version} was approved is over: an admin has to approve it"
    more = asks_more(found.manifest, msgspec.convert(before.manifest, Manifest))
    if more:
        return f"it asks for more than {before.version}, so an admin has to approve it: {'; '.join(more)}"
    if not found.manifest.provides.detectors:
        return "it has no detector, so no comparison shows what changes: an admin has to approve it"
    against = advised_against(session, version)
    return words(against) if against else ""


def require_promotable(session: Session, found: Published) -> None:
    """Go on only with a version that its owner may promote.

    :raises Conflict: saying what is in the way.
    """
    why = why_not_promoted(session, found)
    if why:
        raise Conflict(f"it cannot be promoted: {why}")


def prepare_comparison(session: Session, who: Principal, found: Published) -> None:
    """Before both look at the same records: whether its owner may promote it at all, and whether its contract
    holds with the grants of the one that runs, which a worker checks where those are fewer.

    :raises Conflict: saying what is in the way.
    """
    who.require(Permission.PLUGINS_PUBLISH)
    require_promotable(session, found)
    kept = kept_grants(session, found)
    if is_less(found.manifest, kept):
        request_check(session, found, kept)


def kept_grants(session: Session, found: Published) -> Allowed:
    """What a version would be granted in place of the one that runs: what that has, as far as it asks for it.

    :raises Conflict: when none runs.
    """
    granted = Allowed.kept(_running(session, found).granted or {})
    return Allowed(
        tuple(one for one in granted.reads if one in found.manifest.reads),
        tuple(one for one in granted.calls if one in found.manifest.calls),
        min(granted.ceiling, Marking(found.manifest.ceiling), key=OPEN_ORDER.index),
    )


def promote(
    session: Session, who: Principal, version_id: UUID, comparison: PluginTrial | None, configured: str
) -> PluginVersion:
    """Let a version that asks for no more take the place of the one that runs, with that one's grants.

    `comparison` is what came of having both look at the same records, `configured` what its owner has set
    now (`trials.compared` and `trials.configured`). It counts while the one that runs, what that was granted
    and what its owner has set are what they were.

    :raises Conflict: saying what is in the way.
    :raises NotChecked: when nobody knows whether its contract holds with that one's grants.
    :raises Invalid: when it does not.
    """
    who.require(Permission.PLUGINS_PUBLISH)
    found = find_version(session, who, version_id, lock=True)
    require_promotable(session, found)
    before = _running(session, found, lock=True)
    _require_fresh(comparison, before, configured)
    kept = kept_grants(session, found)
    require_held(session, found, kept)
    found.version.granted, found.version.approved_until = kept.stored, before.approved_until
    found.version.approved_at = session.scalar(select(func.now()))
    make_current(session, found)
    note(session, who, found, AuditTag.PLUGIN_PROMOTE, {"instead_of": before.version, **kept.stored})
    return found.version


def _running(session: Session, found: Published, *, lock: bool = False) -> PluginVersion:
    before = running(session, found.version.name, lock=lock)
    if before is None:
        raise Conflict("it cannot be promoted: no version of it runs, so an admin has to approve it")
    return before


def _require_fresh(comparison: PluginTrial | None, before: PluginVersion, configured: str) -> None:
    if comparison is None:
        raise Conflict("compare it with the version that runs first: have both look at the same records")
    told = comparison.result
    changed = [
        words
        for is_so, words in (
            (told["since_id"] != str(before.id), f"another version runs now, {before.version}"),
            (told["granted"] != before.granted, f"what {before.version} was granted is not what it was"),
            (told["configured"] != configured, "your settings are not what they were"),
            (not told["records"], "it looked at no record"),
            (comparison.asked_at < datetime.now(UTC) - FRESH, f"it is {FRESH.days} days old"),
        )
        if is_so
    ]
    if changed:
        raise Conflict(f"the comparison counts no more: {'; '.join(changed)}. Compare both again")


def previous(session: Session, name: str) -> PluginVersion | None:
    """The version to which a plugin can be rolled back: approved last of those that do not run."""
    now = running(session, name)
    query = select(PluginVersion).where(
        PluginVersion.name == name,
        PluginVersion.state == VersionState.APPROVED,
        PluginVersion.is_current.is_(False),
    )
    if now is not None and now.approved_at is not None:
        query = query.where(PluginVersion.approved_at < now.approved_at)
    return session.scalar(query.order_by(PluginVersion.approved_at.desc()).limit(1))


def to_roll_back(session: Session, who: Principal, name: str) -> Published:
    """The version of a plugin that can be rolled back: the one that runs, or did until it was suspended.

    :raises NotFound: when there is none that one sees.
    """
    for one in versions_seen(session, who):
        suspended = one.version.state == VersionState.SUSPENDED
        if one.version.name == name and (one.version.is_current or suspended):
            return one
    raise NotFound(f"no version of {name} runs")


def roll_back(session: Session, who: Principal, version_id: UUID, reason: str) -> PluginVersion:
    """Let the version that was approved before this one run in its place; what this one found is replaced.

    `version_id` is the version that runs, or that was suspended while it did.

    :raises Conflict: when there is none to go back to, or it does not run.
    """
    who.require(Permission.PLUGINS_APPROVE)
    found = find_version(session, who, version_id, lock=True)
    if not found.version.is_current and found.version.state != VersionState.SUSPENDED:
        raise Conflict(f"{found.version.version} does not run")
    before = previous(session, found.version.name)
    if before is None:
        raise Conflict(f"there is no approved version before {found.version.version}")
    make_current(session, Published(before, found.organisation))
    detail = {"from": found.version.version, "to": before.version}
    note(session, who, found, AuditTag.PLUGIN_ROLL_BACK, detail, reason)
    return before
