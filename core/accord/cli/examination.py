"""What `accord doctor` looks at: each check says what it found and, where something is wrong, what to do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from uuid import uuid4

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accord import migrations
from accord.host.choice import isolation_of
from accord.host.pool import ActivePlugin, ProcessPool
from accord.ingestion.models import Batch, Stage
from accord.pipeline import workers_alive
from accord.registry.environments import Environments
from accord.registry.hosts import CGROUP, limits_here, stop_of_hosts
from accord.registry.models import PluginHost, PluginStatus
from accord.registry.service import current_versions, plugins
from accord.web.rendering import Assets, AssetsNotBuiltError
from accord_auth.organisations.models import Organisation
from accord_config.database import NOBODY, Role, Scope
from accord_config.home import Home
from accord_config.queue import failed_jobs
from accord_sdk import Manifest
from accord_sdk.host.cgroups import Held, held
from accord_sdk.host.errors import PluginFailed
from accord_sdk.host.isolation import Isolation
from accord_sdk.host.probe import probe
from accord_sdk.host.sandbox import SandboxLauncher, SandboxUnavailableError

LEAST_FREE_GB = 5
"""Less free space than this is a problem: PostgreSQL stops when it has none."""


class Finding(StrEnum):
    """How a check ended."""

    GOOD = "good"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Check:
    """What a check looked at, how it ended, and in words."""

    name: str
    finding: Finding
    words: str


def examine(home: Home) -> Iterator[Check]:
    """Every check, in the order in which later ones depend on earlier ones."""
    yield _database(home)
    yield _roles(home)
    yield from _hosts(home)
    yield from _isolated_plugins(home)
    yield from _queue(home)
    yield _disk(home)
    yield _pages()
    yield from _sign_in(home)


def _database(home: Home) -> Check:
    owner = home.database(Role.OWNER, pool_size=1)
    try:
        with owner.transaction(NOBODY) as session:
            version = session.scalar(text("SHOW server_version"))
        known = migrations.current(owner.engine)
    finally:
        owner.close()
    kind = "embedded" if home.settings.embedded else "external"
    if known != migrations.head():
        words = f"schema {known}, this version wants {migrations.head()}: run `accord migrate`"
        return Check("database", Finding.PROBLEM, words)
    return Check("database", Finding.GOOD, f"{kind} PostgreSQL {version}, schema {known}")


_POWERS = text(
    """
    SELECT rolname, rolsuper OR rolbypassrls,
           (SELECT count(*) FROM pg_class
            WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace)
    FROM pg_roles WHERE rolname = ANY(:names)
    """
)


def _roles(home: Home) -> Check:
    names = [role.value for role in Role if role is not Role.OWNER]
    worker = home.database(Role.WORKER, pool_size=1)
    try:
        with worker.transaction(NOBODY) as session:
            found = session.execute(_POWERS, {"names": names}).all()
    finally:
        worker.close()
    wrong = [name for name, bypasses, owns in found if bypasses or owns]
    missing = sorted(set(names) - {row[0] for row in found})
    if wrong or missing:
        words = f"may bypass row security or own tables: {wrong}; missing: {missing}"
        return Check("roles", Finding.PROBLEM, words)
    return Check("roles", Finding.GOOD, "none may bypass row security")


def _isolated_plugins(home: Home) -> Iterator[Check]:
    try:
        isolation = isolation_of(home.settings)
        yield _sandbox(isolation)
        yield _cgroup(held(), _of_worker(home))
    except SandboxUnavailableError as error:
        yield Check("sandbox", Finding.PROBLEM, str(error))
        return
    yield from _plugins(home, isolation)


def _sandbox(isolation: Isolation) -> Check:
    """How plugins are kept apart: each limit is tried from within."""
    if not isinstance(isolation.launcher, SandboxLauncher):
        words = f"none, plugins can read this user's files and reach the network: {isolation.missing}"
        return Check("sandbox", Finding.NOTE, words)
    limits = probe(isolation.launcher)
    held = "; ".join(f"{limit.name}: {limit.words}" for limit in limits if limit.holds)
    broken = "; ".join(f"{limit.name}: {limit.words}" for limit in limits if not limit.holds)
    if broken:
        words = f"{isolation.words}. DOES NOT HOLD {broken}. Suspend plugins that you would not run yourself"
        return Check("sandbox", Finding.PROBLEM, words)
    if isolation.weaker:
        return Check("sandbox", Finding.NOTE, f"{isolation.words}: {isolation.weaker}. Holds {held}")
    return Check("sandbox", Finding.GOOD, f"{isolation.words}. Holds {held}")


def _hosts(home: Home) -> Iterator[Check]:
    """The hosts whose last worker would not run plugins: a problem where no other host runs any."""
    worker = home.database(Role.WORKER, pool_size=1)
    try:
        with worker.transaction(NOBODY) as session:
            nowhere = stop_of_hosts(session) is not None
            refused = session.scalars(select(PluginHost).where(~PluginHost.holds).order_by(PluginHost.host))
            for one in refused.all():
                words = f"its last worker would not run plugins, {one.at:%Y-%m-%d %H:%M} UTC: {one.words}"
                yield Check(f"host {one.host}", Finding.PROBLEM if nowhere else Finding.NOTE, words)
    finally:
        worker.close()


def _of_worker(home: Home) -> dict[str, Any] | None:
    """What the last worker of this host said of its plugins' control groups."""
    worker = home.database(Role.WORKER, pool_size=1)
    try:
        with worker.transaction(NOBODY) as session:
            return next((one for one in limits_here(session) if one["name"] == CGROUP), None)
    finally:
        worker.close()


def _cgroup(found: Held, worker: dict[str, Any] | None) -> Check:
    """Whether plugins have groups of their own, as the last worker said; else what bounds this process.

    A worker's group is its unit's, and this command is not in it.
    """
    if worker is not None and worker["holds"]:
        return Check("cgroup", Finding.GOOD, worker["words"])
    if worker is not None:
        return Check("cgroup", Finding.NOTE, f"not held for each plugin: {worker['words']}")
    if found.complete:
        return Check("cgroup", Finding.GOOD, found.words)
    fix = "set MemoryMax= and TasksMax= in the worker's unit; else each plugin's own memory limit holds alone"
    return Check("cgroup", Finding.NOTE, f"{found.words}: {fix}")


def _plugins(home: Home, isolation: Isolation) -> Iterator[Check]:
    worker = home.database(Role.WORKER, pool_size=1)
    pool = ProcessPool(isolation.launcher, site_of=Environments.of(worker, home.settings).site_of)
    try:
        with worker.transaction(NOBODY) as session:
            known = plugins(session)
            running = current_versions(session)
        for plugin in known:
            name = f"plugin {plugin.name}"
            if plugin.status != PluginStatus.APPROVED:
                yield Check(name, Finding.NOTE, plugin.status)
                continue
            manifest = msgspec.convert(plugin.manifest, Manifest)
            version_id = running.get(plugin.name)
            one = ActivePlugin(uuid4(), manifest, plugin.version, {}, version_id=version_id)
            yield _starts(pool, name, one)
    finally:
        pool.close()
        worker.close()


def _starts(pool: ProcessPool, name: str, plugin: ActivePlugin) -> Check:
    if any(setting.required for setting in plugin.manifest.config.values()):
        return Check(name, Finding.NOTE, f"{plugin.version}, not started: it needs a configuration")
    try:
        with pool.lend(plugin):
            return Check(name, Finding.GOOD, f"{plugin.version} starts")
    except PluginFailed as error:
        return Check(name, Finding.PROBLEM, f"{plugin.version} does not start ({error.code}): {error}")


def _queue(home: Home) -> Iterator[Check]:
    gate, worker = home.database(Role.GATE, pool_size=1), home.database(Role.WORKER, pool_size=1)
    try:
        with gate.transaction(NOBODY) as session:
            slugs = dict(session.execute(select(Organisation.id, Organisation.slug)).all())
        waiting = 0
        for organisation_id in slugs:
            with worker.transaction(Scope(organisation_id=organisation_id)) as session:
                waiting += _unlinked(session)
        with worker.transaction(NOBODY) as session:
            alive = workers_alive(session, home.settings.job_stalled)
            failed = failed_jobs(session)
    finally:
        gate.close()
        worker.close()
    words = f"{alive} at work; {waiting} records wait"
    if not alive:
        words = f"none runs; {waiting} records wait: start `accord worker`"
    yield Check("worker", Finding.GOOD if alive else Finding.PROBLEM if waiting else Finding.NOTE, words)
    owners = {str(found): slug for found, slug in slugs.items()}
    for job in failed:
        whose = owners.get(job.organisation_id, "nobody")
        words = f"{job.task} for {whose} failed after {job.attempts} attempts: {job.error}"
        yield Check(f"job {job.id}", Finding.PROBLEM, words)
    if not failed:
        yield Check("jobs", Finding.GOOD, "none failed")


def _unlinked(session: Session) -> int:
    return (
        session.scalar(select(func.coalesce(func.sum(Batch.records), 0)).where(Batch.stage != Stage.LINKED))
        or 0
    )


def _disk(home: Home) -> Check:
    free = shutil.disk_usage(home.path).free / 1e9
    if free < LEAST_FREE_GB:
        words = f"{free:.1f} GB free where {home.path} lies: make room, PostgreSQL stops without"
        return Check("disk", Finding.PROBLEM, words)
    return Check("disk", Finding.GOOD, f"{free:.0f} GB free")


def _sign_in(home: Home) -> Iterator[Check]:
    """Whether those who run the platform need a second factor, and where passkeys work."""
    if home.settings.second_factor_of_platform:
        words = "whoever acts for the platform needs a second factor"
        yield Check("second factor", Finding.GOOD, words)
    else:
        words = (
            "a password alone lets platform admins in, which is for trying out only:"
            " set platform_second_factor (production has it on)"
        )
        yield Check("second factor", Finding.NOTE, words)
    domain, origin = home.settings.passkeys_of
    yield _passkeys(domain, origin)


def _passkeys(domain: str, origin: str) -> Check:
    try:
        ip_address(domain)
    except ValueError:
        secure = origin.startswith("https://") or domain == "localhost"
        if secure:
            return Check("passkeys", Finding.GOOD, f"made for {domain}, used at {origin}")
        return Check("passkeys", Finding.NOTE, f"none: browsers make them for https only, not for {origin}")
    words = f"none: browsers make them for a name, not for {domain}; set public_url"
    return Check("passkeys", Finding.NOTE, words)


def _pages() -> Check:
    try:
        Assets()
    except AssetsNotBuiltError as error:
        return Check("pages", Finding.NOTE, str(error))
    return Check("pages", Finding.GOOD, "built")
