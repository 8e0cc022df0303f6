"""`accord plugins review`, `try-out`, `compare`, `promote`: looking at a version, and what it would say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import click

from accord.api.plugin_use import trial_values
from accord.api.plugin_version_schemas import review_values
from accord.cli.home import acting_for, opened
from accord.cli.platform import in_the_name_of, platform, write
from accord.cli.processes import WorkerKeeper, worker_running
from accord.host.choice import launcher_for
from accord.publishing import activating, changing, grant_checks, trials, versions
from accord.publishing.review import review as gathered
from accord.registry.environments import Environments
from accord.registry.models import PluginTrial, TrialKind
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role
from accord_config.home import Home

of_member = click.option("--organisation", required=True, metavar="SLUG", help="The member that does it.")
number = click.option("--version", "number", default="", help="Which version; the newest if left out.")
PATIENCE_S = 300.0
LOOK_EVERY_S = 0.25


@dataclass(frozen=True)
class _Member:
    """A member at the command line: its own view of the database, and the gate's."""

    home: Home
    web: Database
    gate: Database
    who: Principal


@click.command()
@click.argument("name")
@number
@in_the_name_of
def review(name: str, number: str, admin: str | None) -> None:
    """Everything that the review page says of a version of the plugin NAME, as one JSON object."""
    with platform(admin) as opened, opened.acting() as (session, who):
        write(review_values(gathered(session, who, versions.version_named(session, who, name, number))))


@click.command("try-out")
@click.argument("name")
@click.option(
    "--connection", is_flag=True, help="Start it with the member's settings, and say how that went."
)
@of_member
def try_out(name: str, connection: bool, organisation: str) -> None:
    """What the plugin NAME would find in a member's last 100 records; nothing of it is kept as a finding.

    Prints one JSON object. Uses a running `accord worker`, or one of its own.
    """
    kind = TrialKind.CONNECTION if connection else TrialKind.DRAFT
    with _member(organisation) as member:
        with member.web.transaction(member.who.scope) as session:
            activating.find_offered(session, member.who, name)
            asked = trials.ask_for_trial(session, member.who, name, kind).id
        _write_done(member, name, kind, asked)


@click.command()
@click.argument("name")
@number
@of_member
def compare(name: str, number: str, organisation: str) -> None:
    """What a version of the plugin NAME says otherwise than the one that runs, on its owner's last records.

    Prints one JSON object. Uses a running `accord worker`, or one of its own.
    """
    with _member(organisation) as member:
        with member.gate.transaction(NOBODY) as session:
            found = versions.version_named(session, member.who, name, number)
            changing.prepare_comparison(session, member.who, found)
            version_id = found.version.id
        with member.web.transaction(member.who.scope) as session:
            asked = trials.ask_for_trial(session, member.who, name, TrialKind.SHADOW, version_id).id
        _check_grants(member, version_id)
        _write_done(member, name, TrialKind.SHADOW, asked)


@click.command()
@click.argument("name")
@number
@of_member
def promote(name: str, number: str, organisation: str) -> None:
    """Let a version of the plugin NAME that asks for no more run, once it was compared."""
    with _member(organisation) as member, member.gate.transaction(NOBODY) as session:
        found = versions.version_named(session, member.who, name, number)
        with member.web.transaction(member.who.scope) as own:
            compared = trials.compared(own, member.who, found.version)
            configured = trials.configured(own, member.who, name)
        done = changing.promote(session, member.who, found.version.id, compared, configured)
        click.echo(f"{name} {done.version} runs; what the version before found is looked at again")


@contextmanager
def _member(organisation: str) -> Iterator[_Member]:
    with opened() as home:
        who = acting_for(home, organisation)
        web, gate = home.database(Role.WEB, pool_size=1), home.database(Role.GATE, pool_size=1)
        try:
            yield _Member(home, web, gate, who)
        finally:
            web.close()
            gate.close()


def _check_grants(member: _Member, version_id: UUID) -> None:
    """Check it here and now with the grants of the version that runs, unless that was done."""
    with member.gate.transaction(NOBODY) as session:
        found = versions.find_version(session, member.who, version_id)
        known = grant_checks.grant_check(session, version_id, changing.kept_grants(session, found))
    if known is None or known.done_at is not None:
        return
    worker = member.home.database(Role.WORKER, pool_size=2)
    try:
        settings = member.home.settings
        environments, launcher = Environments.of(worker, settings), launcher_for(settings)
        grant_checks.run_grant_check(worker, environments, launcher, known.id)
    finally:
        worker.close()


def _write_done(member: _Member, name: str, kind: TrialKind, asked: UUID) -> None:
    """Wait for a worker to do it, and write what came of it.

    :raises click.ClickException: when none does, or the plugin failed.
    """
    with worker_running(member.home) as keeper:
        found = _done(member, keeper, name, kind, asked)
    write(trial_values(found))
    if "error" in found.result:
        raise click.ClickException(f"{found.result.get('code', 'failed')}: {found.result['error']}")


def _done(member: _Member, keeper: WorkerKeeper, name: str, kind: TrialKind, asked: UUID) -> PluginTrial:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        keeper.ensure()
        with member.web.transaction(member.who.scope) as session:
            found = trials.trial_of(session, member.who, name, kind)
        if found is None or found.id != asked:
            raise click.ClickException("somebody else asked for another one meanwhile; ask again")
        if found.done_at is not None:
            return found
        time.sleep(LOOK_EVERY_S)
    raise click.ClickException("no worker came to it; `accord doctor` says why")


TRIALS = (review, try_out, compare, promote)
