"""Publishing a version, and seeing how far versions are. Nothing of a wheel is run here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.publishing.stopping import ask_to_stop
from accord.registry.models import Plugin, PluginStatus, PluginVersion, PluginWheel, VersionState
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound
from accord_auth.joining.acting import for_member
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.queue import enqueue
from accord_sdk import Manifest
from accord_sdk.wheel import PluginWheel as ReadPlugin
from accord_sdk.wheel import Wheel, WheelRefused, read_plugin, read_wheel

CHECK = "publishing:check"
"""Name of the job that checks what was received."""
MOST_WHEELS = 100
"""Wheels of dependencies that may be uploaded with a version."""
ENDED = frozenset({VersionState.FAILED, VersionState.REFUSED, VersionState.WITHDRAWN})


@dataclass(frozen=True)
class Published:
    """A version and who published it."""

    version: PluginVersion
    organisation: Organisation

    @property
    def manifest(self) -> Manifest:
        """What its manifest says."""
        return msgspec.convert(self.version.manifest, Manifest)


def publish(
    session: Session,
    who: Principal,
    filename: str,
    data: bytes,
    wheelhouse: Mapping[str, bytes] | None = None,
) -> PluginVersion:
    """Keep a plugin's wheel and have it checked; the same wheel again is the version that it is already.

    `wheelhouse` are wheels of what it requires, by filename.

    :raises Invalid: when a wheel will not do, naming the entry at fault.
    :raises Conflict: when the name is somebody else's, or the version is another wheel's.
    """
    who.require(Permission.PLUGINS_PUBLISH)
    owner = who.organisation
    found, others = _read(filename, data, wheelhouse or {})
    known = _known(session, owner, found)
    if known is not None:
        return known
    _keep(session, found.wheel, data)
    for wheel, content in others:
        _keep(session, wheel, content)
    version = PluginVersion(
        organisation_id=owner,
        name=found.manifest.name,
        version=found.wheel.version,
        digest=found.wheel.digest,
        manifest=msgspec.to_builtins(found.manifest),
        wheelhouse=[wheel.digest for wheel, _ in others],
        state=VersionState.RECEIVED,
        published_by=who.person_id,
        published_name=who.person_name,
    )
    session.add(version)
    session.flush()
    detail = {"name": version.name, "version": version.version, "sha256": version.digest}
    record(session, who, AuditTag.PLUGIN_PUBLISH, subject(version), detail)
    request_checks(session, version)
    return version


def request_checks(session: Session, version: PluginVersion) -> None:
    """Have a worker lock, build and check a version."""
    version.state = VersionState.RECEIVED
    enqueue(session, CHECK, organisation_id=version.organisation_id, version_id=str(version.id))


def subject(version: PluginVersion) -> str:
    """A version as the audit log names it."""
    return f"plugin {version.name} {version.version}"


def versions_seen(session: Session, who: Principal) -> list[Published]:
    """The versions of the own organisation, or of all where the platform asks; the newest first."""
    who.require(Permission.PLUGINS_READ)
    query = _published().order_by(PluginVersion.id.desc())
    if who.organisation_id is not None:
        query = query.where(PluginVersion.organisation_id == who.organisation_id)
    return [Published(version, organisation) for version, organisation in session.execute(query)]


def find_version(session: Session, who: Principal, version_id: UUID, *, lock: bool = False) -> Published:
    """One of the versions that somebody sees.

    :raises NotFound: when there is none of this id that they may see.
    """
    if not {Permission.PLUGINS_READ, Permission.PLUGINS_PUBLISH} & who.permissions:
        who.require(Permission.PLUGINS_READ)
    query = _published().where(PluginVersion.id == version_id)
    if who.organisation_id is not None:
        query = query.where(PluginVersion.organisation_id == who.organisation_id)
    if lock:
        query = query.with_for_update(of=PluginVersion)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound
    return Published(*found)


def version_named(session: Session, who: Principal, name: str, number: str = "") -> Published:
    """A version by the plugin's name and its number, the newest without one; for the command line.

    :raises NotFound: naming those there are.
    """
    every = [one for one in versions_seen(session, who) if one.version.name == name]
    for one in every:
        if number in ("", one.version.version):
            return one
    there = ", ".join(one.version.version for one in every) or "none"
    raise NotFound(f"there is no version {number} of {name}; there are: {there}")


def withdraw(
    session: Session, who: Principal, version_id: UUID, reason: str
) -> tuple[PluginVersion, UUID | None]:
    """Take a version back; one that runs stops at once, and workers report under the id that is given, too.

    :raises Conflict: when it has ended already.
    """
    who.require(Permission.PLUGINS_PUBLISH)
    version = find_version(session, who, version_id, lock=True).version
    if version.state in ENDED:
        raise Conflict(f"it is {version.state} already")
    # Also one that does not run for everybody: a member may have gone back to it.
    approved = version.state == VersionState.APPROVED
    stop_id = ask_to_stop(session, version.name) if approved else None
    stop = {"code": "withdrawn", "about": f"{version.name} {version.version}"}
    version.state, version.problem, version.stop = VersionState.WITHDRAWN, reason, stop
    stop_running(session, version, f"its publisher took {version.version} back: {reason}", stop)
    record(session, who, AuditTag.PLUGIN_WITHDRAW, subject(version), why=reason)
    return version, stop_id


def stop_running(session: Session, version: PluginVersion, reason: str, stop: dict[str, str]) -> None:
    """Where the version is the one that runs, the plugin runs no more until an admin says otherwise."""
    plugin = session.scalar(select(Plugin).where(Plugin.name == version.name).with_for_update())
    if version.is_current and plugin is not None:
        plugin.status, plugin.reason, plugin.stop = PluginStatus.SUSPENDED, reason, stop
        version.is_current = False


def note(
    session: Session,
    who: Principal,
    found: Published,
    tag: AuditTag,
    detail: dict[str, Any],
    why: str = "",
) -> None:
    """Write down what somebody did: in the log of where they act, and in the publisher's."""
    logs = {whose.organisation_id: whose for whose in (who, for_member(who, found.organisation))}
    for whose in logs.values():
        record(session, whose, tag, subject(found.version), detail, why=why or None)


def _published() -> Select[PluginVersion, Organisation]:
    return select(PluginVersion, Organisation).join(
        Organisation, Organisation.id == PluginVersion.organisation_id
    )


def _read(
    filename: str, data: bytes, wheelhouse: Mapping[str, bytes]
) -> tuple[ReadPlugin, Sequence[tuple[Wheel, bytes]]]:
    if len(wheelhouse) > MOST_WHEELS:
        raise Invalid("too many wheels", {"wheelhouse": [f"at most {MOST_WHEELS} wheels of dependencies"]})
    try:
        found = read_plugin(filename, data)
    except WheelRefused as error:
        raise Invalid("the wheel cannot be taken", {"wheel": [str(error)]}) from error
    others = []
    for name, content in wheelhouse.items():
        try:
            others.append((read_wheel(name, content), content))
        except WheelRefused as error:
            raise Invalid("a wheel cannot be taken", {"wheelhouse": [f"{name}: {error}"]}) from error
    return found, others


def _known(session: Session, owner: UUID, found: ReadPlugin) -> PluginVersion | None:
    """The version that this wheel is already, if it is one; a name belongs to who published it first.

    :raises Conflict: when name or version are taken.
    """
    name, number = found.manifest.name, found.wheel.version
    # Two members may come with the same new name at once.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"plugin {name}", 0))))
    taken = Conflict(f"a plugin named {name!r} is another publisher's: choose another name")
    plugin = session.scalar(select(Plugin).where(Plugin.name == name))
    if plugin is not None and plugin.publisher_id != owner:
        raise taken
    every = session.scalars(select(PluginVersion).where(PluginVersion.name == name)).all()
    if any(one.organisation_id != owner for one in every):
        raise taken
    same = next((one for one in every if one.version == number), None)
    if same is not None and same.digest != found.wheel.digest:
        raise Conflict(f"version {number} of {name} is another wheel already: raise the version's number")
    return same


def _keep(session: Session, wheel: Wheel, content: bytes) -> None:
    row = {"digest": wheel.digest, "filename": wheel.filename, "content": content}
    session.execute(insert(PluginWheel).values(row).on_conflict_do_nothing())
