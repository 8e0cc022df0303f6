"""Advisories: what nothing may run with. One suspends every version that uses it, now and later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from sqlalchemy import select
from sqlalchemy.orm import Session

from accord.publishing.comparing import pins, uses
from accord.publishing.stopping import ask_to_stop
from accord.publishing.versions import Published, note, stop_running
from accord.registry.models import PluginAdvisory, PluginVersion, VersionState
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Invalid, NotFound
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

DIGEST = re.compile(r"[0-9a-f]{64}")
OPEN = frozenset({VersionState.APPROVED, VersionState.WAITING, VersionState.RECEIVED})


@dataclass(frozen=True)
class Advised:
    """An advisory, the versions that it suspended, and the stops that workers were asked for."""

    advisory: PluginAdvisory
    suspended: tuple[Published, ...]
    stops: tuple[UUID, ...]


def advise(session: Session, who: Principal, named: str, reason: str) -> Advised:
    """Suspend every version that uses a wheel (`named` is its sha256) or a distribution (`name` or `name<2`).

    :raises Invalid: when it is neither.
    """
    who.require(Permission.PLUGINS_APPROVE)
    advisory = _read(named)
    advisory.reason, advisory.person_name = reason, who.person_name
    session.add(advisory)
    session.flush()
    hit = []
    stops = []
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
        if version.is_current:
            stops.append(ask_to_stop(session, version.name))
        stop_running(session, version, f"an advisory: {reason}")
        version.state, version.problem = VersionState.SUSPENDED, f"an advisory on {named}: {reason}"
        note(session, who, found, AuditTag.PLUGIN_SUSPEND, {"advisory": named}, reason)
        hit.append(found)
    detail = {"about": named, "suspended": [f"{one.version.name} {one.version.version}" for one in hit]}
    record(session, who, AuditTag.PLUGIN_ADVISE, f"advisory {advisory.id}", detail, why=reason)
    return Advised(advisory, tuple(hit), tuple(stops))


def advised_against(session: Session, version: PluginVersion) -> str:
    """Why an advisory forbids a version; empty where none does."""
    for advisory in session.scalars(select(PluginAdvisory).order_by(PluginAdvisory.id)):
        if concerns(advisory, version):
            return f"an advisory on {about(advisory)}: {advisory.reason}"
    return ""


def about(advisory: PluginAdvisory) -> str:
    """What an advisory is about, as people write it."""
    return advisory.digest or f"{advisory.distribution}{advisory.versions}"


def advisories(session: Session, who: Principal) -> list[PluginAdvisory]:
    """Every advisory, the newest first."""
    who.require(Permission.PLUGINS_READ)
    return list(session.scalars(select(PluginAdvisory).order_by(PluginAdvisory.id.desc())))


def find_advisory(session: Session, who: Principal, advisory_id: UUID) -> PluginAdvisory:
    """One advisory.

    :raises NotFound: when there is none of this id.
    """
    who.require(Permission.PLUGINS_READ)
    found = session.get(PluginAdvisory, advisory_id)
    if found is None:
        raise NotFound
    return found


def concerned(session: Session, advisory: PluginAdvisory) -> list[PluginVersion]:
    """Every version that an advisory is about, whatever became of it, by name and age."""
    every = session.scalars(select(PluginVersion).order_by(PluginVersion.name, PluginVersion.id))
    return [version for version in every if concerns(advisory, version)]


def concerns(advisory: PluginAdvisory, version: PluginVersion) -> bool:
    """Whether a version uses what an advisory is about."""
    if advisory.digest is not None:
        return advisory.digest in uses(version)
    known = {canonicalize_name(name): number for name, number in pins(version).items()}
    number = known.get(canonicalize_name(advisory.distribution or ""))
    return number is not None and SpecifierSet(advisory.versions).contains(number, prereleases=True)


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
