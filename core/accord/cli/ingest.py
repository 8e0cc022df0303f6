"""`accord ingest`: what may be said on the command line; `accord.cli.ingesting` does it."""

from __future__ import annotations

from pathlib import Path

import click

from accord.cli.early import early_worker
from accord.cli.loading import load
from accord.markings import Marking


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--source", "source_slug", required=True, metavar="SLUG", help="The source that the records come from."
)
@click.option(
    "--organisation", default="local", show_default=True, metavar="SLUG", help="The member that owns them."
)
@click.option(
    "--marking",
    type=click.Choice([one.value for one in Marking]),
    default=None,
    help="TLP 2.0 label; the source's if left out.",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Where the bad lines go; FILE.rejected.jsonl if left out.",
)
@click.option(
    "--wait/--no-wait",
    default=True,
    help="Follow the records to the end of the pipeline (the default), or not.",
)
def ingest(
    file: Path,
    source_slug: str,
    organisation: str,
    marking: str | None,
    rejects: Path | None,
    wait: bool,
) -> None:
    """Store the records of FILE (JSONL or CSV, also gzipped) and run the pipeline over them.

    Bad lines go to FILE.rejected.jsonl with their reasons (where FILE's folder is read-only, to the folder
    rejects in ACCORD_HOME); everything good is kept. Running it again
    changes nothing, and goes on where an earlier run was cut off. Uses a running `accord worker`, or
    one of its own for as long as it takes.
    """
    with early_worker(wanted=wait) as early:
        # Loaded while the worker loads.
        ingesting = load("accord.cli.ingesting")
        ingesting.ingest(file, source_slug, organisation, marking, rejects, wait=wait, early=early)
