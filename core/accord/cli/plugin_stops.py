"""`accord plugins suspend`, `resume`, `roll-back`, `advise`: stopping what runs, and going back."""

from __future__ import annotations

import click

from accord.cli.platform import decided_by, in_the_name_of, platform
from accord.publishing import advisories, changing, deciding, versions
from accord.publishing.stopping import wait_for_stop

why = click.option("--reason", required=True, help="Why; it stands in the audit log.")
number = click.option("--version", "number", default="", help="Which version; the newest if left out.")


@click.command()
@click.argument("name")
@number
@why
@in_the_name_of
def suspend(name: str, number: str, reason: str, admin: str | None) -> None:
    """Stop a version of the plugin NAME at once, for every member; says how many processes died."""
    with platform(admin) as opened:
        with opened.acting() as (session, who):
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
        found = versions.version_named(session, who, name, number)
        done = deciding.resume(session, who, found.version.id, reason)
        click.echo(f"{name} {done.version} runs again")


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
    """Suspend every version that uses ABOUT: a wheel's sha256, or a distribution such as 'requests<2.32'."""
    with platform(admin) as opened:
        with opened.acting() as (session, who):
            done = advisories.advise(session, who, about, reason)
            names = [f"{one.version.name} {one.version.version}" for one in done.suspended]
        for words in names:
            click.echo(f"{words} is suspended; list what it found with `accord export findings`")
        for stop_id in done.stops:
            click.echo(wait_for_stop(opened.gate, stop_id).words)
        if not names:
            click.echo("noted; nothing uses it")


STOPS = (suspend, resume, roll_back, advise)
