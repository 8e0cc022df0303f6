"""Running Accord: the worker, migrations and the doctor."""

from __future__ import annotations

import click

from accord.cli.home import opened
from accord.worker import run_worker


@click.command()
@click.option("--until-orphaned", is_flag=True, hidden=True, help="End when the parent process is gone.")
def worker(until_orphaned: bool) -> None:
    """Run jobs until stopped. Start as many as there are cores, on any number of hosts."""
    with opened() as home:
        run_worker(home, until_orphaned=until_orphaned)


@click.command()
def migrate() -> None:
    """Bring the database's schema up to this version."""
    with opened(migrate=True):
        click.echo("the schema is up to date")


@click.command()
def doctor() -> None:
    """Say what works and what does not, and how to mend it."""
    with opened() as home:
        click.echo(f"home: {home.path}")
        click.echo(f"database: {'embedded' if home.settings.embedded else 'external'}, schema up to date")
