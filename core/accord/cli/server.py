"""Looking after Accord: migrations and the doctor."""

from __future__ import annotations

import sys

import click

from accord.cli.examination import Finding, examine
from accord.cli.home import opened
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_config.queue import failed_jobs, run_again


@click.command()
def migrate() -> None:
    """Bring the database's schema up to this version."""
    with opened(migrate=True):
        click.echo("the schema is up to date")


@click.command()
@click.option("--retry", is_flag=True, help="Have the jobs that failed for good run again.")
def doctor(retry: bool) -> None:
    """Say what works and what does not, and how to mend it; ends with 1 where something does not."""
    with opened() as home:
        if retry:
            click.echo(f"{_retry(home)} failed jobs run again")
        click.echo(f"home: {home.path}")
        problems = 0
        for check in examine(home):
            sign = {Finding.GOOD: "ok", Finding.NOTE: "note", Finding.PROBLEM: "PROBLEM"}[check.finding]
            click.echo(f"{sign:8}{check.name}: {check.words}")
            problems += check.finding is Finding.PROBLEM
    if problems:
        sys.exit(1)


def _retry(home: Home) -> int:
    database = home.database(Role.WORKER, pool_size=1)
    try:
        with database.transaction(NOBODY) as session:
            failed = failed_jobs(session)
            for job in failed:
                run_again(session, job)
    finally:
        database.close()
    return len(failed)
