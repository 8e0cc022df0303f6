"""Hosts and their sandboxes: a worker that may not run plugins leaves word of why, for everybody to read."""

from __future__ import annotations

import socket
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.host.choice import isolation_of, without_sandbox
from accord.host.reasons import Stop, reason_of
from accord.registry.models import Plugin, PluginHost
from accord.registry.stops import stop_of_plugin
from accord_config.database import NOBODY, Database
from accord_config.settings import Settings
from accord_sdk.host.delegation import NotDelegated, divide
from accord_sdk.host.launch import Launcher
from accord_sdk.host.probe import probe
from accord_sdk.host.sandbox import SandboxLauncher, SandboxUnavailableError

CGROUP = "cgroup"
"""Name of that among the limits which says whether plugins have control groups."""


def tried_launcher(database: Database, settings: Settings) -> Launcher:
    """The launcher for a worker's plugins; what came of trying the sandbox is kept for everybody to see.

    Where there must be one, each of its limits is tried.

    :raises SandboxUnavailableError: when there must be a sandbox and cannot be one; with what to do.
    """
    limits: list[dict[str, Any]] = []
    try:
        isolation = isolation_of(settings)
        if settings.sandbox_required and isinstance(isolation.launcher, SandboxLauncher):
            limits = [asdict(one) for one in probe(isolation.launcher)]
            _require(limits)
    except SandboxUnavailableError as error:
        _keep(database, settings, holds=False, words=str(error), about=error.about, limits=limits)
        raise
    if isolation.missing:
        without_sandbox(isolation.missing)
    launcher, told = _grouped(isolation.launcher)
    _keep(database, settings, holds=True, words=isolation.words, about="", limits=[*limits, told])
    return launcher


def _grouped(launcher: Launcher) -> tuple[Launcher, dict[str, Any]]:
    """The launcher with a control group for each process, where there can be, and what is so in words."""
    if not isinstance(launcher, SandboxLauncher):
        return launcher, {
            "name": CGROUP,
            "holds": False,
            "words": "only sandboxed plugins have any",
        }
    try:
        groups = divide()
    except NotDelegated as error:
        words = f"{error}; until then each plugin's own memory limit (RLIMIT_AS) holds alone"
        return launcher, {"name": CGROUP, "holds": False, "words": words}
    return replace(launcher, groups=groups), {"name": CGROUP, "holds": True, "words": groups.words}


def limits_here(session: Session) -> list[dict[str, Any]]:
    """What the last worker that started on this host found of its limits."""
    found = session.get(PluginHost, socket.gethostname())
    return list(found.limits) if found is not None else []


def _require(limits: list[dict[str, Any]]) -> None:
    broken = [one for one in limits if not one["holds"]]
    if broken:
        told = "; ".join(f"{one['name']}: {one['words']}" for one in broken)
        words = f"the sandbox does not hold {told}. Look for what this machine's bubblewrap or kernel lacks"
        raise SandboxUnavailableError(words, broken[0]["name"])


def _keep(
    database: Database,
    settings: Settings,
    *,
    holds: bool,
    words: str,
    about: str,
    limits: list[dict[str, Any]],
) -> None:
    row = {"holds": holds, "words": words, "about": about, "limits": limits}
    row |= {"at": func.now(), "until": func.now() + timedelta(seconds=settings.job_stalled)}
    made = insert(PluginHost).values(host=socket.gethostname(), **row)
    with database.transaction(NOBODY) as session:
        session.execute(made.on_conflict_do_update(index_elements=[PluginHost.host], set_=row))


def still_holds(session: Session, settings: Settings) -> None:
    """A sign of life of a worker whose plugins run; where another was refused on this host that stands."""
    here = update(PluginHost).where(PluginHost.host == socket.gethostname(), PluginHost.holds)
    session.execute(here.values(at=func.now(), until=func.now() + timedelta(seconds=settings.job_stalled)))


def stop_of_hosts(session: Session) -> Stop | None:
    """Why no worker runs plugins, where the last one that tried was refused and no other has run since."""
    refused = session.scalar(
        select(PluginHost).where(~PluginHost.holds).order_by(PluginHost.at.desc()).limit(1)
    )
    if refused is None:
        return None
    runs = or_(PluginHost.until > func.now(), PluginHost.at > refused.at)
    if session.scalar(select(PluginHost.host).where(PluginHost.holds, runs).limit(1)) is not None:
        return None
    return Stop(reason_of("no_sandbox"), refused.about, refused.words)


def why_for_nobody(session: Session, plugin: Plugin) -> Stop | None:
    """Why a plugin runs for nobody: what is in the way of itself, or of every plugin."""
    return stop_of_plugin(plugin) or stop_of_hosts(session)
