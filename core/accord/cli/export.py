"""`accord export`: what Accord holds, as JSON lines."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click
import msgspec
from sqlalchemy.orm import Session

from accord import exports
from accord.cli.home import acting_for, acting_for_all, opened
from accord.exports import Line
from accord_auth.principal import Principal
from accord_config.database import Database, Role

EXPORTS: dict[str, Callable[[Session, Principal], Iterator[Line]]] = {
    "records": exports.records,
    "findings": exports.findings,
    "clusters": exports.clusters,
    "queue": exports.queue,
}


@click.command()
@click.argument("what", type=click.Choice(list(EXPORTS)))
@click.option("--organisation", default=None, metavar="SLUG", help="One member; all members if left out.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl"]),
    default="jsonl",
    show_default=True,
    help="The form of the lines.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; standard output if left out."
)
def export(what: str, organisation: str | None, form: str, output: Path | None) -> None:
    """Write records, findings, clusters or the queue, one JSON object a line."""
    with opened() as home:
        principals = [acting_for(home, organisation)] if organisation else acting_for_all(home)
        database = home.database(Role.WORKER)
        if output is None:
            _write(database, what, principals, sys.stdout.buffer)
        else:
            with output.open("wb") as file:
                _write(database, what, principals, file)
        database.close()


def _write(database: Database, what: str, principals: list[Principal], file: IO[bytes]) -> None:
    with ExitStack() as stack:
        parts = [
            EXPORTS[what](stack.enter_context(database.transaction(principal.scope)), principal)
            for principal in principals
        ]
        for line in _ranked_together(parts) if what == "queue" else (line for part in parts for line in part):
            file.write(msgspec.json.encode(line) + b"\n")


def _ranked_together(parts: list[Iterator[Line]]) -> Iterator[Line]:
    """Several members' queues as one, ranked anew by score."""
    merged = heapq.merge(*parts, key=lambda line: -line["score"])
    for rank, line in enumerate(merged, start=1):
        yield {**line, "rank": rank}
