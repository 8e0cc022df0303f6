"""`accord plugins rebuild`: after an upgrade of Python or the SDK, before workers start with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
@click.option(
    "--python",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The Python of another installation of Accord, such as of a newer one; this one's if left out.",
)
def rebuild(name: str | None, python: Path | None) -> None:
    """Build the environments of all approved versions anew, or of the plugin NAME, and check their contracts.

    They lie beside those of another Python or SDK, which workers go on using until they are started again.
    Says what would break, and ends with 1 where something would.
    """
    if python is not None:
        sys.exit(_rebuild_with(python, name))
    with opened() as home:
        worker = home.database(Role.WORKER, pool_size=2)
        try:
            with worker.transaction(NOBODY) as session:
                known = session.scalars(select(Plugin.name)).all()
            if name is not None and name not in known:
                raise NotFound(f"there is no plugin {name!r}; there are: {', '.join(sorted(known))}")
            click.echo(f"for {host_kind()}")
            broken = count = 0
            environments = Environments.of(worker, home.settings)
            for one in rebuild_all(worker, environments, launcher_for(home.settings), name):
                count += 1
                broken += bool(one.problem)
                sign = "WOULD BREAK" if one.problem else "ok"
                click.echo(f"{sign:12}{one.name} {one.version}{': ' if one.problem else ''}{one.problem}")
        finally:
            worker.close()
    click.echo(f"{broken} of {count} would break; workers go on as they are until they are started again")
    if broken:
        sys.exit(1)


def _rebuild_with(python: Path, name: str | None) -> int:
    """Have another installation do it, in the same home; what it ends with.

    :raises click.BadParameter: when there is no Accord with that Python.
    """
    program = [str(python), "-m", "accord"]
    asked = subprocess.run(  # noqa: S603 - the operator's own Python
        [*program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if asked.returncode != 0:
        last = (asked.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise click.BadParameter(
            f"{python} does not run Accord ({last}): install Accord with it first, then ask again",
            param_hint="--python",
        )
    words = [name] if name is not None else []
    return subprocess.run([*program, "plugins", "rebuild", *words], check=False).returncode  # noqa: S603 - likewise


REBUILD = (rebuild,)
