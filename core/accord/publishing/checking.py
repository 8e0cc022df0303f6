"""Checking a version: its requirements locked, its environment built, its contract held to in the sandbox."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from accord.publishing.versions import subject
from accord.registry.environments import EnvironmentChanged, Environments, own_wheel, wheels_of
from accord.registry.installing import CannotInstall, host_kind
from accord.registry.models import PluginVersion, VersionState
from accord_auth.audit.service import AuditTag, record
from accord_auth.joining.acting import THE_CLOCK
from accord_config.database import Database, Scope
from accord_sdk import Manifest
from accord_sdk.checks import Report, run_checks
from accord_sdk.host.errors import PluginFailed
from accord_sdk.host.launch import Launcher
from accord_sdk.wheel import read_wheel

LONGEST_PROBLEM = 2_000

logger = logging.getLogger(__name__)


def check_version(
    database: Database, environments: Environments, launcher: Launcher, version_id: UUID
) -> VersionState | None:
    """Lock, build and check a version that was received; says what it is now, None where nothing was to do.

    Runs any number of times: what was done is done again.
    """
    with database.transaction(Scope()) as session:
        version = session.get(PluginVersion, version_id)
        if version is None or version.state != VersionState.RECEIVED:
            return None
        owner, manifest = version.organisation_id, msgspec.convert(version.manifest, Manifest)
        wheels, own = wheels_of(session, version), own_wheel(session, version)
        requires = read_wheel(own.filename, own.content).requires
    report = None
    try:
        lock = environments.installer.lock(own.filename, requires, wheels)
        with database.transaction(Scope()) as session:
            session.get_one(PluginVersion, version_id).lock = lock
        site = environments.build(version_id)
        report = run_checks(manifest, launcher, site=site)
        problem = "" if report.passed else "; ".join(f"{one.name}: {one.words}" for one in report.broken)
    except (CannotInstall, EnvironmentChanged) as error:
        problem = f"what it requires cannot be installed: {error}"
    except PluginFailed as error:
        problem = str(error)
    with database.transaction(Scope(organisation_id=owner)) as session:
        return _keep(session, version_id, report, problem)


def _keep(session: Session, version_id: UUID, report: Report | None, problem: str) -> VersionState:
    version = session.get_one(PluginVersion, version_id, with_for_update=True)
    state = VersionState.FAILED if problem else VersionState.WAITING
    if version.state == VersionState.RECEIVED:
        version.state = state
        version.problem = _plain(problem)
        version.checks = told(report)
        who = replace(THE_CLOCK, organisation_id=version.organisation_id)
        record(session, who, AuditTag.PLUGIN_CHECK, subject(version), {"state": state}, why=version.problem)
        logger.info("%s is %s %s", subject(version), state, version.problem)
    return state


def told(report: Report | None) -> dict[str, Any]:
    """What came of the checks, as it is kept."""
    if report is None:
        return {}
    return {
        "steps": [msgspec.to_builtins(one) for one in report.checks],
        "records_per_s": report.records_per_s,
        "peak_mb": report.peak_mb,
        "unread": list(report.unread),
        "host": host_kind(),
    }


def _plain(words: str) -> str:
    return words.replace("\x00", "").encode("utf-8", "backslashreplace").decode()[:LONGEST_PROBLEM]
