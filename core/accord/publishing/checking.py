"""Checking a version: its requirements locked, its environment built, its contract held to in the sandbox."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from accord.publishing.advisories import advised_against
from accord.publishing.versions import subject
from accord.registry.advised import stop_of, words
from accord.registry.environments import Environments, own_wheel, wheels_of
from accord.registry.installing import CannotInstall, host_kind
from accord.registry.models import PluginVersion, VersionState
from accord.services import MadeUp, sdk_samples
from accord_auth.audit.service import AuditTag, record
from accord_auth.joining.acting import THE_CLOCK
from accord_config.database import Database, Scope
from accord_sdk import Finding, Found, Manifest, Record, Selector
from accord_sdk.checks import Report, answers, granted, run_checks
from accord_sdk.checks import made_up as settings_made_up
from accord_sdk.host.errors import NoSandbox, PluginFailed
from accord_sdk.host.launch import Launcher
from accord_sdk.host.process import PluginProcess
from accord_sdk.wheel import read_wheel

LONGEST_PROBLEM = 2_000
EXAMPLES = 20
"""So many findings in made-up records are shown to whoever decides."""
AROUND = 40
"""Characters that are shown on either side of the evidence."""

logger = logging.getLogger(__name__)


def check_version(
    database: Database,
    environments: Environments,
    launcher: Launcher,
    version_id: UUID,
    *,
    made_up: MadeUp = sdk_samples,
) -> VersionState | None:
    """Lock, build and check a version that was received; says what it is now, None where nothing was to do.

    `made_up` gives the records of the trial that admins see.

    Runs any number of times: what was done is done again.
    """
    with database.transaction(Scope()) as session:
        version = session.get(PluginVersion, version_id)
        if version is None or version.state != VersionState.RECEIVED:
            return None
        owner, manifest = version.organisation_id, msgspec.convert(version.manifest, Manifest)
        wheels, own = wheels_of(session, version), own_wheel(session, version)
        requires = read_wheel(own.filename, own.content).requires
    report, trial, stop = None, {}, {}
    try:
        lock = environments.installer.lock(own.filename, requires, wheels)
        with database.transaction(Scope()) as session:
            session.get_one(PluginVersion, version_id).lock = lock
        site = environments.build(version_id)
        report = run_checks(manifest, launcher, site=site)
        if report.passed:
            trial = on_made_up(manifest, launcher, site, made_up())
        problem = "" if report.passed else "; ".join(f"{one.name}: {one.words}" for one in report.broken)
        stop = _stop_of(report)
    except CannotInstall as error:
        problem = f"what it requires cannot be installed: {error}"
        stop = {"code": "requirements", "about": error.about}
    except NoSandbox:
        # Says nothing of the version: it is checked again later.
        raise
    except PluginFailed as error:
        problem, stop = str(error), {"code": error.code, "about": error.about}
    with database.transaction(Scope(organisation_id=owner)) as session:
        return _keep(session, version_id, told(report) | trial | ({"stop": stop} if stop else {}), problem)


def _stop_of(report: Report) -> dict[str, str]:
    """The first check that does not hold, and what is responsible."""
    if not report.broken:
        return {}
    first = report.broken[0]
    return {"code": "contract", "about": first.about or first.name}


def on_made_up(
    manifest: Manifest, launcher: Launcher, site: Path, records: Sequence[Record]
) -> dict[str, Any]:
    """What it finds in made-up records, for whoever decides: how much of each kind, and some with their text.

    :raises PluginFailed: when it fails.
    """
    shown = granted(manifest, records)
    process = PluginProcess(manifest, settings_made_up(manifest), launcher, site=site)
    kinds: Counter[str] = Counter()
    findings: list[dict[str, Any]] = []
    try:
        for name in manifest.provides.detectors:
            for start in range(0, len(shown), manifest.limits.batch_records):
                part = shown[start : start + manifest.limits.batch_records]
                for answer in answers(process, name, part):
                    for finding in answer.findings if isinstance(answer, Found) else ():
                        kinds[finding.kind] += 1
                        if len(findings) < EXAMPLES:
                            findings.append(_example(finding, part[answer.ref]))
    finally:
        process.close()
    return {"trial": {"records": len(records), "kinds": dict(kinds), "findings": findings}}


def _example(finding: Finding, record: Record) -> dict[str, Any]:
    text = getattr(record, finding.field or "", None)
    value = finding.value if isinstance(finding, Selector) else finding.note
    evidence = ""
    if isinstance(text, str) and finding.start is not None and finding.end is not None:
        evidence = text[max(0, finding.start - AROUND) : finding.end + AROUND]
    told = {"kind": finding.kind, "value": value, "field": finding.field or "", "evidence": evidence}
    return {name: _plain(word) for name, word in told.items()}


def _keep(session: Session, version_id: UUID, checks: dict[str, Any], problem: str) -> VersionState:
    version = session.get_one(PluginVersion, version_id, with_for_update=True)
    against = advised_against(session, version) if not problem else None
    if against is not None:
        problem, version.stop = words(against), stop_of(against)
    state = VersionState.FAILED if problem else VersionState.WAITING
    if version.state == VersionState.RECEIVED:
        version.state = state
        version.problem = _plain(problem)
        version.checks = checks
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
        "without": {name: msgspec.to_builtins(lack) for name, lack in report.without.items()},
        "host": host_kind(),
    }


def _plain(words: str) -> str:
    return words.replace("\x00", "").encode("utf-8", "backslashreplace").decode()[:LONGEST_PROBLEM]
