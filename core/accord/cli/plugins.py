"""`accord plugins`: what there is, and the life of what members publish. Authors' commands are the SDK's."""

from __future__ import annotations

import click
import msgspec

from accord.cli import plugin_health
from accord.cli.home import opened
from accord.cli.plugin_network import NETWORK
from accord.cli.plugin_rebuild import REBUILD
from accord.cli.plugin_stops import STOPS
from accord.cli.plugin_trials import TRIALS
from accord.cli.plugin_use import USE
from accord.cli.plugin_versions import VERSIONS
from accord.cli.trying import try_plugin
from accord.registry.hosts import why_for_nobody
from accord.registry.service import plugins as registered
from accord_config.database import NOBODY, Role
from accord_sdk import Manifest
from accord_sdk.cli.making import build, check, new
from accord_sdk.cli.trying import test


@click.group()
def plugins() -> None:
    """Plugins: detectors, data sources and case-sharing hooks."""


AUTHORS = (new, test, build, check, try_plugin)

for _command in (
    *AUTHORS,
    *VERSIONS,
    *TRIALS,
    *STOPS,
    *USE,
    *NETWORK,
    *REBUILD,
    *plugin_health.COMMANDS,
):
    plugins.add_command(_command)


@plugins.command("list")
def list_plugins() -> None:
    """The plugins of this installation: what they read, what they provide."""
    with opened() as home:
        database = home.database(Role.WORKER)
        with database.transaction(NOBODY) as session:
            for plugin in registered(session):
                manifest = msgspec.convert(plugin.manifest, Manifest)
                provides = msgspec.to_builtins(manifest.provides)
                offered = ", ".join(f"{kind} {', '.join(names)}" for kind, names in provides.items() if names)
                reads = ", ".join(manifest.reads) or "nothing"
                click.echo(f"{plugin.name} {plugin.version} ({plugin.status}): {offered}; reads {reads}")
                stop = why_for_nobody(session, plugin)
                if stop is not None:
                    click.echo(
                        f"  {stop.reason.code}: {stop.about}: {stop.message}\n  {stop.reason.next_step}"
                    )
        database.close()
