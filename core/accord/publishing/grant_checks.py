"""The contract with fewer grants than a version asks for: checked in the sandbox before anybody approves so.

A worker does it; what came of it is kept for the version and exactly these fields and hosts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord.host.reasons import Stop, reason_of
from accord.publishing.versions import Published, find_version
from accord.registry.environments import Environments
from accord.registry.grants import Allowed
from accord.registry.models import PluginGrantCheck, PluginVersion
from accord_auth.errors import Conflict, Invalid
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database
from accord_config.queue import enqueue
from accord_sdk import Manifest
from accord_sdk.checks import Report, run_checks
from accord_sdk.host.errors import PluginFailed
from accord_sdk.host.launch import Launcher

CHECK_GRANTS = "publishing:check_grants"
"""Name of the job that checks a version with fewer grants."""
AGAIN_AFTER = timedelta(minutes=2)
"""A check that has not come to its end by then is asked for again."""
LONGEST = 2_000


class NotChecked(Conflict):
    """The contract has not been checked with these grants yet: a worker does it now; then approve again."""

    def __init__(self) -> None:
        super().__init__((type(self).__doc__ or "").strip())


def is_less(manifest: Manifest, allowed: Allowed) -> bool:
    """Whether fields or hosts are left out, so that the plugin runs otherwise than it was checked."""
    return set(allowed.reads) != set(manifest.reads) or set(allowed.calls) != set(manifest.calls)


def left_out(manifest: Manifest, allowed: Allowed) -> str:
    """What is left out, in words."""
    reads = [f"reads {name}" for name in manifest.reads if name not in allowed.reads]
    return ", ".join([*reads, *(f"calls {host}" for host in manifest.calls if host not in allowed.calls)])


def grant_check(session: Session, version_id: UUID, allowed: Allowed) -> PluginGrantCheck | None:
    """What is known of a version with these grants."""
    return session.scalar(
        select(PluginGrantCheck).where(
            PluginGrantCheck.version_id == version_id, PluginGrantCheck.key == _key(allowed)
        )
    )


def ask_for_check(session: Session, who: Principal, version_id: UUID, allowed: Allowed) -> PluginGrantCheck:
    """Have a worker check a version with these grants, unless that was done; what is known of it.

    :raises Invalid: when the grants are more than it asks for.
    """
    who.require(Permission.PLUGINS_APPROVE)
    return request_check(session, find_version(session, who, version_id), allowed)


def request_check(session: Session, found: Published, allowed: Allowed) -> PluginGrantCheck:
    """Likewise, for whoever was found to be somebody who may.

    :raises Invalid: when the grants are more than it asks for.
    """
    version = found.version
    granted = allowed.within(found.manifest).stored
    row = {"version_id": version.id, "key": _key(allowed), "granted": granted}
    made = session.scalar(
        insert(PluginGrantCheck).values(row).on_conflict_do_nothing().returning(PluginGrantCheck.id)
    )
    known = session.scalar(
        select(PluginGrantCheck)
        .where(PluginGrantCheck.version_id == version.id, PluginGrantCheck.key == _key(allowed))
        .with_for_update()
    )
    if known is None:
        raise NotChecked
    late = known.done_at is None and known.asked_at < datetime.now(UTC) - AGAIN_AFTER
    if made is not None or late:
        known.asked_at = datetime.now(UTC)
        enqueue(session, CHECK_GRANTS, organisation_id=version.organisation_id, check_id=str(known.id))
    session.flush()
    return known


def require_held(session: Session, found: Published, allowed: Allowed) -> None:
    """Go on only when the version's contract holds with these grants.

    :raises NotChecked: when nobody knows yet.
    :raises Invalid: when it does not, with its reason code, what is responsible and the next step.
    """
    manifest = found.manifest
    if not is_less(manifest, allowed):
        return
    known = grant_check(session, found.version.id, allowed)
    if known is None or known.done_at is None:
        raise NotChecked
    stop = stop_of(known)
    if stop is not None:
        which = "reads" if set(allowed.reads) != set(manifest.reads) else "calls"
        words = f"{stop.reason.code} ({stop.about}): {stop.message} {stop.reason.next_step}"
        raise Invalid("the contract does not hold with these grants", {which: [words]})


def stop_of(known: PluginGrantCheck) -> Stop | None:
    """Why the contract does not hold with the grants; None where it does, or is not known yet."""
    if known.done_at is None or known.result.get("holds"):
        return None
    told = known.result
    return Stop(reason_of(told.get("code", "")), told.get("about", ""), told.get("message", ""))


def run_grant_check(
    database: Database, environments: Environments, launcher: Launcher, check_id: UUID
) -> None:
    """Check a version with fewer grants in the sandbox, and keep what came of it; any number of times."""
    with database.transaction(NOBODY) as session:
        known = session.get(PluginGrantCheck, check_id)
        if known is None or known.done_at is not None:
            return
        version = session.get_one(PluginVersion, known.version_id)
        manifest = msgspec.convert(version.manifest, Manifest)
        allowed = Allowed.kept(known.granted)
        version_id, name = version.id, version.name
    try:
        site = environments.checked(version_id, name)
        result = _result(
            manifest, allowed, run_checks(allowed.of(manifest), launcher, site=site, try_without=False)
        )
    except PluginFailed as error:
        result = {"holds": False, "code": error.code, "about": error.about, "message": str(error)[:LONGEST]}
    with database.transaction(NOBODY) as session:
        kept = session.get_one(PluginGrantCheck, check_id, with_for_update=True)
        kept.result, kept.done_at = result, session.scalar(select(func.now()))


def _result(manifest: Manifest, allowed: Allowed, report: Report) -> dict[str, Any]:
    told: dict[str, Any] = {
        "holds": report.passed,
        "steps": [msgspec.to_builtins(one) for one in report.checks],
    }
    if report.broken:
        first = report.broken[0]
        about = f"without {left_out(manifest, allowed)}"
        told |= {"code": first.code, "about": about, "message": f"{first.name}: {first.words}"[:LONGEST]}
    return told


def _key(allowed: Allowed) -> str:
    """The same for the same fields and hosts; the ceiling changes nothing of what the checks see."""
    return f"{','.join(sorted(allowed.reads))}|{','.join(sorted(allowed.calls))}"
