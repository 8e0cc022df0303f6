"""`accord export`: what Accord holds, as JSON lines."""

from __future__ import annotations

import heapq
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

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


_decode = msgspec.json.Decoder(dict[str, Any]).decode


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
    if what == "queue" and len(principals) > 1:
        _write_together(database, principals, file)
        return
    for principal in principals:
        _write_lines(database, what, principal, file)


def _write_lines(database: Database, what: str, principal: Principal, file: IO[bytes]) -> None:
    with database.transaction(principal.scope) as session:
        for line in EXPORTS[what](session, principal):
            file.write(msgspec.json.encode(line) + b"\n")


def _write_together(database: Database, principals: list[Principal], file: IO[bytes]) -> None:
    """Several members' queues as one. Each waits in a file, so that one transaction is open at a time."""
    with ExitStack() as stack:
        parts: list[Iterator[Line]] = []
        for principal in principals:
            part = stack.enter_context(tempfile.TemporaryFile())
            _write_lines(database, "queue", principal, part)
            part.seek(0)
            parts.append(map(_decode, part))
        for line in _ranked_together(parts):
            file.write(msgspec.json.encode(line) + b"\n")


def _ranked_together(parts: list[Iterator[Line]]) -> Iterator[Line]:
    """Several members' queues as one, ranked anew by score."""
    merged = heapq.merge(*parts, key=lambda line: -line["score"])
    for rank, line in enumerate(merged, start=1):
        yield {**line, "rank": rank}
