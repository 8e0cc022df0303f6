"""`accord worker`: a process that runs jobs."""

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
