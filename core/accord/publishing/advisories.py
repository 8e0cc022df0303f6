"""Advisories: what nothing may run with. One suspends every version that uses it, now and later."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord.publishing.comparing import pins, uses
from accord.publishing.installed import stop_installed
from accord.publishing.stopping import ask_to_stop
from accord.publishing.versions import Published, note, stop_running
from accord.registry.advised import (
    about,
    is_about,
    is_about_installed,
    note_installed,
    standing,
    stop_of,
    words,
)
from accord.registry.installing import host_wheels
from accord.registry.models import Plugin, PluginAdvisory, PluginStatus, PluginVersion, VersionState
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

DIGEST = re.compile(r"[0-9a-f]{64}")
OPEN = frozenset({VersionState.APPROVED, VersionState.WAITING, VersionState.RECEIVED})


@dataclass(frozen=True)
class Advised:
    """An advisory, what it suspended, and the stops that workers were asked for.

    `suspended` are versions that members published, `installed` plugins beside Accord.
    """

    advisory: PluginAdvisory
    suspended: tuple[Published, ...]
    installed: tuple[Plugin, ...]
    stops: tuple[UUID, ...]

    @property
    def names(self) -> list[str]:
        """What it suspended: name and version of each."""
        versions = [f"{one.version.name} {one.version.version}" for one in self.suspended]
        return versions + [f"{one.name} {one.version}" for one in self.installed]


@dataclass(frozen=True)
class Concerned:
    """A version that an advisory is about, published or beside Accord, and what became of it.

    `held`: it is suspended because of this advisory. `version_id` is that of a published one.
    """

    name: str
    version: str
    state: str
    held: bool = False
    version_id: UUID | None = None


def advise(session: Session, who: Principal, named: str, reason: str) -> Advised:
    """Suspend everything that uses a wheel (`named` is its sha256) or a distribution (`name` or `name<2`).

    Of a plugin beside Accord the sha256 is that of its files, as its page says it.

    :raises Invalid: when it is neither.
    """
    who.require(Permission.PLUGINS_APPROVE)
    advisory = _read(named)
    advisory.reason, advisory.person_name = reason, who.person_name
    session.add(advisory)
    session.flush()
    hit, stops = _suspend_versions(session, who, advisory)
    installed = []
    beside = select(Plugin).where(Plugin.publisher_id.is_(None)).order_by(Plugin.name).with_for_update()
    for plugin in session.scalars(beside):
        if not is_about_installed(advisory, plugin):
            continue
        note_installed(advisory, plugin)
        if plugin.status != PluginStatus.SUSPENDED:
            stops.append(stop_installed(session, plugin, words(advisory), stop_of(advisory)))
            installed.append(plugin)
    done = Advised(advisory, tuple(hit), tuple(installed), tuple(stops))
    detail = {"about": about(advisory), "suspended": done.names}
    record(session, who, AuditTag.PLUGIN_ADVISE, f"advisory {advisory.id}", detail, why=reason)
    return done


def _suspend_versions(
    session: Session, who: Principal, advisory: PluginAdvisory
) -> tuple[list[Published], list[UUID]]:
    hit, stops = [], []
    rows = session.execute(
        select(PluginVersion, Organisation)
        .join(Organisation, Organisation.id == PluginVersion.organisation_id)
        .where(PluginVersion.state.in_(OPEN))
        .order_by(PluginVersion.id)
        .with_for_update(of=PluginVersion)
    )
    for version, organisation in rows:
        if not concerns(advisory, version):
            continue
        found = Published(version, organisation)
        if version.state == VersionState.APPROVED:
            # Also one that does not run for everybody: a member may have gone back to it.
            stops.append(ask_to_stop(session, version.name))
        stop_running(session, version, words(advisory), stop_of(advisory))
        version.state, version.problem = VersionState.SUSPENDED, words(advisory)
        version.stop = stop_of(advisory)
        note(session, who, found, AuditTag.PLUGIN_SUSPEND, {"advisory": about(advisory)}, advisory.reason)
        hit.append(found)
    return hit, stops


def advised_against(session: Session, version: PluginVersion) -> PluginAdvisory | None:
    """The first advisory that forbids a version."""
    return next((one for one in standing(session) if concerns(one, version)), None)


def withdraw_advisory(session: Session, who: Principal, advisory_id: UUID, reason: str) -> PluginAdvisory:
    """Take an advisory back: it forbids nothing from now on. What it suspended stays suspended.

    :raises NotFound: when there is none of this id.
    :raises Conflict: when it is withdrawn already.
    """
    who.require(Permission.PLUGINS_APPROVE)
    found = find_advisory(session, who, advisory_id, lock=True)
    if found.withdrawn_at is not None:
        raise Conflict(f"it is withdrawn already, by {found.withdrawn_name}")
    found.withdrawn_at, found.withdrawn_name = func.now(), who.person_name
    found.withdrawn_reason = reason
    session.flush()
    held = [f"{one.name} {one.version}" for one in concerned(session, found) if one.held]
    detail = {"about": about(found), "still_suspended": held}
    record(session, who, AuditTag.PLUGIN_UNADVISE, f"advisory {found.id}", detail, why=reason)
    return found


def advisories(session: Session, who: Principal) -> list[PluginAdvisory]:
    """Every advisory, the newest first."""
    who.require(Permission.PLUGINS_READ)
    return list(session.scalars(select(PluginAdvisory).order_by(PluginAdvisory.id.desc())))


def find_advisory(
    session: Session, who: Principal, advisory_id: UUID, *, lock: bool = False
) -> PluginAdvisory:
    """One advisory.

    :raises NotFound: when there is none of this id.
    """
    who.require(Permission.PLUGINS_READ)
    found = session.get(PluginAdvisory, advisory_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound
    return found


def concerned(session: Session, advisory: PluginAdvisory) -> list[Concerned]:
    """Everything that an advisory is about, whatever became of it: by name and age, published ones first."""
    every = session.scalars(select(PluginVersion).order_by(PluginVersion.name, PluginVersion.id))
    why = stop_of(advisory)
    found = [
        Concerned(one.name, one.version, one.state, _held(one.state, one.stop, why), one.id)
        for one in every
        if concerns(advisory, one)
    ]
    now = {one.name: one for one in session.scalars(select(Plugin).where(Plugin.publisher_id.is_(None)))}
    for row in advisory.installed:
        plugin = now.get(row["name"])
        same = plugin is not None and plugin.digest == row["digest"]
        if plugin is None or not same:
            found.append(Concerned(row["name"], row["version"], "replaced"))
            continue
        held = _held(plugin.status, plugin.stop, why)
        found.append(Concerned(row["name"], row["version"], plugin.status, held))
    return found


def _held(state: str, stop: Mapping[str, str], why: Mapping[str, str]) -> bool:
    return state == VersionState.SUSPENDED and stop == why


def concerns(advisory: PluginAdvisory, version: PluginVersion) -> bool:
    """Whether a version uses what an advisory is about; what its environment has of Accord's own counts."""
    ours = {name: one.version for name, one in host_wheels().items()}
    return is_about(advisory, uses(version), {**ours, **pins(version)})


def _read(named: str) -> PluginAdvisory:
    words = named.strip().removeprefix("sha256:")
    if DIGEST.fullmatch(words):
        return PluginAdvisory(digest=words, distribution=None)
    found = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(.*)", words)
    try:
        versions = str(SpecifierSet(found[2])) if found else None
    except InvalidSpecifier:
        versions = None
    if found is None or versions is None:
        why = "a wheel's sha256, or a distribution with a range such as requests<2.32"
        raise Invalid("nothing is named that an advisory can be about", {"about": [why]})
    return PluginAdvisory(digest=None, distribution=canonicalize_name(found[1]), versions=versions)
