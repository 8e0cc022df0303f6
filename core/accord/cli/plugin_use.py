"""`accord plugins activate` and `deactivate`: a member's use of a plugin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from accord.cli.home import acting_for, opened
from accord.cli.platform import platform
from accord.publishing import activating
from accord.publishing.stopping import wait_for_stop
from accord_auth.principal import Principal
from accord_config.database import Role, ScopedSession
from accord_config.sealing import Seals

of_member = click.option("--organisation", required=True, metavar="SLUG", help="The member that uses it.")


@click.command()
@click.argument("name")
@of_member
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the plugin.")
def activate(name: str, organisation: str, settings: Sequence[str]) -> None:
    """Have the plugin NAME run for a member, with these settings in place of those it had."""
    given: dict[str, list[str]] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise click.BadParameter(f"{setting!r} is not KEY=VALUE", param_hint="--set")
        given.setdefault(key, []).append(value)
    with _acting(organisation) as (session, who, seals):
        config = activating.find_offered(session, who, name).manifest.config
        values = {
            key: texts if key in config and config[key].type == "strings" else texts[-1]
            for key, texts in given.items()
        }
        found = activating.activate(session, who, seals, name, values)
        click.echo(f"{name} {found.plugin.version} runs for {organisation}")


@click.command()
@click.argument("name")
@of_member
def deactivate(name: str, organisation: str) -> None:
    """Have the plugin NAME run no more for a member, at once; what it found stays."""
    with _acting(organisation) as (session, who, _):
        _, stop_id = activating.deactivate(session, who, name)
    with platform() as told:
        words = wait_for_stop(told.gate, stop_id).words
    click.echo(f"{name} does not run for {organisation} any more. {words}")


@contextmanager
def _acting(organisation: str) -> Iterator[tuple[ScopedSession, Principal, Seals]]:
    with opened() as home:
        who = acting_for(home, organisation)
        database = home.database(Role.WEB, pool_size=1)
        try:
            with database.transaction(who.scope) as session:
                yield session, who, home.seals()
        finally:
            database.close()


USE = (activate, deactivate)
