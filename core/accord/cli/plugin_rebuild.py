"""`accord plugins rebuild`: after an upgrade of Python or the SDK, before workers start with it."""

from __future__ import annotations

import sys

import click
from sqlalchemy import select

from accord.cli.home import opened
from accord.host.choice import launcher_for
from accord.publishing.rebuilding import rebuild_all
from accord.registry.environments import Environments
from accord.registry.installing import host_kind
from accord.registry.models import Plugin
from accord_auth.errors import NotFound
from accord_config.database import NOBODY, Role


@click.command()
@click.argument("name", required=False)
def rebuild(name: str | None) -> None:
    """Build the environments of all approved versions anew, or of the plugin NAME, and check their contracts.

    They lie beside those of another Python or SDK, which workers go on using until they are started again.
    Says what would break, and ends with 1 where something would.
    """
    with opened() as home:
        worker = home.database(Role.WORKER, pool_size=2)
        try:
            with worker.transaction(NOBODY) as session:
                known = session.scalars(select(Plugin.name)).all()
            if name is not None and name not in known:
                raise NotFound(f"there is no plugin {name!r}; there are: {', '.join(sorted(known))}")
            click.echo(f"for {host_kind()}")
            broken = 0
            environments = Environments.of(worker, home.settings)
            for one in rebuild_all(worker, environments, launcher_for(home.settings), name):
                broken += bool(one.problem)
                sign = "WOULD BREAK" if one.problem else "ok"
                click.echo(f"{sign:12}{one.name} {one.version}{': ' if one.problem else ''}{one.problem}")
        finally:
            worker.close()
    if broken:
        sys.exit(1)


REBUILD = (rebuild,)
