"""`accord plugins publish`, `approve` and what else becomes of a version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from accord.api.plugin_health import stop_reply
from accord.cli.home import acting_for
from accord.cli.made_up import world_records
from accord.cli.platform import Platform, decided_by, platform, write
from accord.cli.plugin_server import publish_at
from accord.host.choice import launcher_for
from accord.markings import Marking
from accord.publishing import deciding, grant_checks, versions
from accord.publishing.checking import check_version
from accord.publishing.stopping import wait_for_stop
from accord.publishing.versions import Published
from accord.registry.environments import Environments
from accord.registry.grants import Allowed
from accord.registry.models import PluginVersion, VersionState
from accord.registry.stops import stop_of_version
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_sdk.words import allowance

of_member = click.option("--organisation", required=True, metavar="SLUG", help="The member that publishes.")
why = click.option("--reason", required=True, help="Why; it stands in the audit log.")
number = click.option("--version", "number", default="", help="Which version; the newest if left out.")


@click.command()
@click.argument("wheel", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organisation", metavar="SLUG", help="The member that publishes, in this home.")
@click.option("--server", metavar="URL", help="Publish there, as whoever signed in with `accord login`.")
@click.option(
    "--with",
    "others",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="The wheel of something that it requires; may be given several times.",
)
def publish(wheel: Path, organisation: str | None, server: str | None, others: Sequence[Path]) -> None:
    """Publish WHEEL for a member: it is kept, read, installed and checked, then admins decide about it."""
    if (organisation is None) == (server is None):
        raise click.UsageError("say --organisation SLUG, or --server URL after `accord login --server URL`")
    if server is not None:
        if not publish_at(server, wheel, others):
            raise SystemExit(1)
        return
    _publish_here(wheel, organisation or "", others)


def _publish_here(wheel: Path, organisation: str, others: Sequence[Path]) -> None:
    wheelhouse = {path.name: path.read_bytes() for path in others}
    with platform() as opened:
        who = acting_for(opened.home, organisation)
        with opened.gate.transaction(NOBODY) as session:
            made = versions.publish(session, who, wheel.name, wheel.read_bytes(), wheelhouse)
            version_id, digest = made.id, made.digest
        click.echo(f"received {made.name} {made.version} sha256:{digest}")
        _checked(opened.home, version_id)
        with opened.gate.transaction(NOBODY) as session:
            found = versions.find_version(session, who, version_id)
            _say(opened.home, found.version)
            if found.version.state == VersionState.FAILED:
                raise SystemExit(1)


def _checked(home: Home, version_id: UUID) -> None:
    """Check it here and now; a worker that was faster did the same."""
    worker = home.database(Role.WORKER, pool_size=2)
    try:
        environments, launcher = Environments.of(worker, home.settings), launcher_for(home.settings)
        check_version(worker, environments, launcher, version_id, made_up=world_records)
    finally:
        worker.close()


def _grants_checked(opened: Platform, version_id: UUID, allowed: Allowed) -> None:
    """Check it with fewer grants here and now, unless that was done."""
    with opened.acting() as (session, who):
        found = versions.find_version(session, who, version_id)
        if not grant_checks.is_less(found.manifest, allowed):
            return
        check_id = grant_checks.ask_for_check(session, who, version_id, allowed).id
    worker = opened.home.database(Role.WORKER, pool_size=2)
    try:
        settings = opened.home.settings
        environments, launcher = Environments.of(worker, settings), launcher_for(settings)
        grant_checks.run_grant_check(worker, environments, launcher, check_id)
    finally:
        worker.close()


def _say(home: Home, version: PluginVersion) -> None:
    checks = version.checks.get("steps", [])
    passed = sum(one["holds"] for one in checks)
    words = {
        VersionState.FAILED: f"it failed: {stop_words(version)}",
        VersionState.WAITING: f"waiting for approval: {home.settings.issuer}/plugin-versions/{version.id}",
    }
    said = f"checks {passed} of {len(checks)} passed · " if checks else ""
    click.echo(said + words.get(VersionState(version.state), f"it is {version.state}"))


def stop_words(version: PluginVersion) -> str:
    """Why it does not run: message, reason code, what is responsible, and the next step."""
    stop = stop_of_version(version)
    if stop is None:
        return version.problem
    return f"{stop.message}\n  {stop.reason.code}: {stop.about}\n  {stop.reason.next_step}"


@click.command("versions")
@click.option("--organisation", metavar="SLUG", help="Only those of this member.")
def list_versions(organisation: str | None) -> None:
    """The versions that members published, one JSON object a line, the newest first."""
    with _acting(organisation) as (_, session, who):
        for one in versions.versions_seen(session, who):
            write(line_of(one))


def line_of(one: Published) -> dict[str, Any]:
    """A version as a line."""
    version, stop = one.version, stop_of_version(one.version)
    return {
        "id": version.id,
        "name": version.name,
        "version": version.version,
        "publisher": one.organisation.slug,
        "state": version.state,
        "current": version.is_current,
        "problem": version.problem,
        "stop": stop_reply(stop) if stop else None,
        "sha256": version.digest,
        "asks": allowance(one.manifest, "a member"),
        "granted": version.granted,
        "approved_until": version.approved_until,
        "published_at": version.published_at,
    }


@click.command()
@click.argument("name")
@number
@click.option("--without", multiple=True, metavar="GRANT", help="A field or host that it is not to get.")
@click.option(
    "--ceiling",
    type=click.Choice([one.value for one in Marking], case_sensitive=False),
    help="Highest marking of records that it may see; as it asks for if left out.",
)
@click.option("--days", type=click.IntRange(1, 3_650), help="For so many days; without an end if left out.")
@decided_by
def approve(
    name: str, number: str, without: Sequence[str], ceiling: str | None, days: int | None, admin: str
) -> None:
    """Approve a version of the plugin NAME; two admins have to for the network or TLP:RED."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days) if days else None
    with _acting(admin=admin) as (_, session, who):
        found = versions.version_named(session, who, name, number)
        manifest = found.manifest
        unknown = sorted(set(without) - {*manifest.reads, *manifest.calls})
        if unknown:
            raise click.BadParameter(f"it does not ask for {', '.join(unknown)}", param_hint="--without")
        allowed = Allowed(
            tuple(one for one in manifest.reads if one not in without),
            tuple(one for one in manifest.calls if one not in without),
            Marking(ceiling or manifest.ceiling),
        )
        version_id = found.version.id
    with platform(admin) as opened:
        _grants_checked(opened, version_id, allowed)
    with _acting(admin=admin) as (_, session, who):
        done = deciding.approve(session, who, version_id, allowed, until)
        if done.missing:
            click.echo(f"{done.missing} more admin has to approve the same")
            return
        words = allowance(allowed.of(manifest), "a member")
        click.echo(f"{name} {done.version.version} is approved: {words}")


@click.command()
@click.argument("name")
@number
@why
@decided_by
def refuse(name: str, number: str, reason: str, admin: str) -> None:
    """Refuse a version of the plugin NAME; its publisher reads the reason."""
    with _acting(admin=admin) as (_, session, who):
        found = versions.version_named(session, who, name, number)
        done = deciding.refuse(session, who, found.version.id, reason)
        click.echo(f"{name} {done.version} is refused")


@click.command()
@click.argument("name")
@number
@why
@of_member
def withdraw(name: str, number: str, reason: str, organisation: str) -> None:
    """Take a version of the plugin NAME back, in its publisher's name; one that runs stops at once.

    Says how many processes died.
    """
    with platform() as opened:
        who = acting_for(opened.home, organisation)
        with opened.acting() as (session, _):
            found = versions.version_named(session, who, name, number)
            done, stop_id = versions.withdraw(session, who, found.version.id, reason)
            told = f"{name} {done.version} is withdrawn."
        if stop_id is not None:
            told = f"{told} {wait_for_stop(opened.gate, stop_id).words}"
        click.echo(told)


@contextmanager
def _acting(organisation: str | None = None, admin: str | None = None) -> Iterator[tuple[Platform, Any, Any]]:
    with platform(admin) as opened, opened.acting() as (session, who):
        yield opened, session, acting_for(opened.home, organisation) if organisation else who


VERSIONS = (publish, list_versions, approve, refuse, withdraw)
