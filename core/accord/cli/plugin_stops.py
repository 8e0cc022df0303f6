"""`accord plugins suspend`, `resume`, `roll-back`, `advise`: stopping what runs, and going back."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

import click

from accord.api.plugin_version_schemas import advisory_values
from accord.cli.home import acting_for
from accord.cli.platform import decided_by, in_the_name_of, platform, write
from accord.publishing import advisories, changing, deciding, going_back, installed, versions
from accord.publishing.stopping import wait_for_stop, wait_for_stops
from accord.publishing.tainted import findings_of
from accord_config.database import NOBODY, Role

why = click.option("--reason", required=True, help="Why; it stands in the audit log.")
number = click.option("--version", "number", default="", help="Which version; the newest if left out.")


@click.command()
@click.argument("name")
@number
@why
@in_the_name_of
def suspend(name: str, number: str, reason: str, admin: str | None) -> None:
    """Stop a version of the plugin NAME at once, for every member; says how many processes died.

    A plugin that is installed beside Accord has one version: the one that is installed.
    """
    with platform(admin) as opened:
        with opened.acting() as (session, who):
            if installed.is_installed(session, name):
                plugin, stop_id = installed.suspend_installed(session, who, name, reason)
                words = f"{installed.named(plugin)} is suspended."
            else:
                found = versions.version_named(session, who, name, number)
                done, stop_id = deciding.suspend(session, who, found.version.id, reason)
                words = f"{name} {done.version} is suspended."
        click.echo(f"{words} {wait_for_stop(opened.gate, stop_id).words}")


@click.command()
@click.argument("name")
@number
@why
@decided_by
def resume(name: str, number: str, reason: str, admin: str) -> None:
    """Let a suspended version of the plugin NAME run again, as it was approved."""
    with platform(admin) as opened, opened.acting() as (session, who):
        if installed.is_installed(session, name):
            plugin = installed.resume_installed(session, who, name, reason)
            click.echo(f"{installed.named(plugin)} runs again")
            return
        found = versions.version_named(session, who, name, number)
        done = deciding.resume(session, who, found.version.id, reason)
        click.echo(f"{name} {done.version} runs again")


@click.command("use-version")
@click.argument("name")
@click.option("--before/--current", default=True, help="The version before, or again the one that runs.")
@click.option("--organisation", required=True, metavar="SLUG", help="The member that uses it.")
def use_version(name: str, before: bool, organisation: str) -> None:
    """Have the version before of the plugin NAME run for one member, or again the one of everybody."""
    with platform() as opened:
        who = acting_for(opened.home, organisation)
        web = opened.home.database(Role.WEB, pool_size=1)
        go = going_back.go_back if before else going_back.go_on
        try:
            with opened.gate.transaction(NOBODY) as gate, web.transaction(who.scope) as session:
                version, stop_id = go(session, gate, who, name)
                words = f"{name} {version.version} runs for {organisation}."
        finally:
            web.close()
        click.echo(f"{words} {wait_for_stop(opened.gate, stop_id).words}")


@click.command("roll-back")
@click.argument("name")
@why
@in_the_name_of
def roll_back(name: str, reason: str, admin: str | None) -> None:
    """Let the version of the plugin NAME before the one that runs run again; findings are replaced."""
    with platform(admin) as opened, opened.acting() as (session, who):
        now = changing.to_roll_back(session, who, name)
        before = changing.roll_back(session, who, now.version.id, reason)
        click.echo(f"{name} {before.version} runs again; what {now.version.version} found is replaced")


@click.command()
@click.argument("about")
@why
@in_the_name_of
def advise(about: str, reason: str, admin: str | None) -> None:
    """Suspend every version that uses ABOUT: a wheel's sha256, or a distribution such as 'requests<2.32'.

    Also plugins beside Accord, whose sha256 is that of their files: `accord plugins status`.
    """
    with platform(admin) as opened:
        with opened.acting() as (session, who):
            done = advisories.advise(session, who, about, reason)
            names = done.names
            advisory_id = done.advisory.id
        for words in names:
            click.echo(f"{words} is suspended")
        if done.stops:
            click.echo(wait_for_stops(opened.gate, done.stops).words)
        if not names:
            click.echo("noted; nothing uses it")
        click.echo(f"what it found for a member: accord plugins advisories {advisory_id} --organisation SLUG")


@click.command("withdraw-advisory")
@click.argument("advisory", type=click.UUID)
@why
@in_the_name_of
def withdraw_advisory(advisory: UUID, reason: str, admin: str | None) -> None:
    """Take back the advisory with the id ADVISORY: it forbids nothing any more.

    What it suspended stays suspended, and is said: `accord plugins resume` lets it run again.
    """
    with platform(admin) as opened, opened.acting() as (session, who):
        found = advisories.withdraw_advisory(session, who, advisory, reason)
        held = [one for one in advisories.concerned(session, found) if one.held]
        click.echo(f"withdrawn; {len(held)} still suspended because of it")
        for one in held:
            click.echo(f"  accord plugins resume {one.name} --version {one.version}")


@click.command("advisories")
@click.argument("advisory", type=click.UUID, required=False)
@click.option("--organisation", metavar="SLUG", help="Whose findings to list.")
def list_advisories(advisory: UUID | None, organisation: str | None) -> None:
    """Every advisory; or of the one with the id ADVISORY the versions it is about, and what they found.

    One JSON object a line. Findings are those of the member's own records.
    """
    if (advisory is None) != (organisation is None):
        raise click.UsageError("give the id of an advisory and --organisation SLUG, or neither")
    with platform() as opened:
        with opened.acting() as (session, who):
            if advisory is None:
                for one in advisories.advisories(session, who):
                    write(advisory_values(one))
                return
            hit = advisories.concerned(session, advisories.find_advisory(session, who, advisory))
        for version in hit:
            write(asdict(version))
        member = acting_for(opened.home, organisation or "")
        worker = opened.home.database(Role.WORKER, pool_size=1)
        try:
            with worker.transaction(member.scope) as session:
                for found in findings_of(session, member, hit).findings:
                    write(asdict(found))
        finally:
            worker.close()


STOPS = (suspend, resume, roll_back, use_version, advise, withdraw_advisory, list_advisories)
