"""What an advisory is about: a wheel or a plugin by its digest, or versions of a distribution."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from sqlalchemy import select
from sqlalchemy.orm import Session

from accord.registry.models import Plugin, PluginAdvisory
from accord_auth.audit.service import AuditTag, record
from accord_auth.joining.acting import THE_CLOCK

CODE = "advised"
"""Reason code of what an advisory stopped."""


def about(advisory: PluginAdvisory) -> str:
    """What an advisory is about, as people write it."""
    return advisory.digest or f"{advisory.distribution}{advisory.versions}"


def words(advisory: PluginAdvisory) -> str:
    """Why what it is about does not run."""
    return f"an advisory on {about(advisory)}: {advisory.reason}"


def stop_of(advisory: PluginAdvisory) -> dict[str, str]:
    """The reason code, and what is responsible."""
    return {"code": CODE, "about": about(advisory)}


def is_about(advisory: PluginAdvisory, digests: Collection[str], pins: Mapping[str, str]) -> bool:
    """Whether it is about something with these digests, or that may load these versions, by name."""
    if advisory.digest is not None:
        return advisory.digest in digests
    wanted = canonicalize_name(advisory.distribution or "")
    number = next((pins[name] for name in pins if canonicalize_name(name) == wanted), None)
    return number is not None and SpecifierSet(advisory.versions).contains(number, prereleases=True)


def is_about_installed(advisory: PluginAdvisory, plugin: Plugin) -> bool:
    """Whether it is about a plugin that is installed beside Accord, as that is now."""
    if plugin.publisher_id is not None:
        return False
    own = {f"accord-plugin-{plugin.name}": plugin.version}
    return is_about(advisory, {plugin.digest}, {**own, **plugin.pins})


def against_installed(session: Session, plugin: Plugin) -> PluginAdvisory | None:
    """The first advisory that forbids such a plugin as it is now."""
    return next((one for one in standing(session) if is_about_installed(one, plugin)), None)


def standing(session: Session) -> Iterable[PluginAdvisory]:
    """The advisories that were not withdrawn, the first one first."""
    stands = select(PluginAdvisory).where(PluginAdvisory.withdrawn_at.is_(None))
    return session.scalars(stands.order_by(PluginAdvisory.id))


def note_installed(advisory: PluginAdvisory, plugin: Plugin) -> None:
    """Keep that it is about this plugin: an upgrade changes what is installed, not what that found."""
    row = {"name": plugin.name, "version": plugin.version, "digest": plugin.digest}
    if row not in advisory.installed:
        advisory.installed = [*advisory.installed, row]


def note_suspended(log: Session, plugin: Plugin, advisory: PluginAdvisory) -> None:
    """Write down that an upgrade made a plugin one that an advisory is about, and so suspended it."""
    detail = {"advisory": about(advisory), "upgraded_to": plugin.version}
    subject = f"plugin {plugin.name} {plugin.version}"
    record(log, THE_CLOCK, AuditTag.PLUGIN_SUSPEND, subject, detail, why=advisory.reason)
