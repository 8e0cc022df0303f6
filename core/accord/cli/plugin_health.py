"""`accord plugins status|parked|retry|start|rerun`: how plugins are doing for a member."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import click
import msgspec

from accord.api.plugin_health import progress_values, stop_reply
from accord.caseload.plugin_precision import Precision, precisions
from accord.cli.home import acting_for, opened
from accord.detection import operating
from accord.detection.measuring import Health, health_of
from accord.detection.progress import progress
from accord_auth.principal import Principal
from accord_config.database import Role, ScopedSession

member = click.option(
    "--organisation", default="local", show_default=True, metavar="SLUG", help="The member that uses it."
)

SHOWN = ("record_id", "source", "external_id", "plugin", "version", "digest", "tries", "parked_at")


@click.command()
@member
def status(organisation: str) -> None:
    """How each plugin is doing for the member, one JSON object a line."""
    with _acting(organisation) as (session, who):
        health = health_of(session, who.organisation_id)
        said = precisions(session, who)
        for state in operating.plugin_states(session, who):
            far = [progress_values(one) for one in progress(session, who, plugin=state.plugin.name)]
            verdicts = said.get(state.plugin.name, Precision())
            _write(
                {
                    "name": state.plugin.name,
                    "version": state.plugin.version,
                    "publisher": state.publisher.slug if state.publisher else None,
                    "sha256": state.plugin.digest,
                    "state": state.state,
                    "slow": state.circuit.slow,
                    "stop": stop_reply(state.stop) if state.stop else None,
                    "tried_again_at": state.circuit.until,
                    "waiting": state.waiting,
                    "parked": state.parked,
                    "progress": far[0] if far else None,
                    "health": asdict(health.get(state.plugin.name, Health())),
                    "verdicts": asdict(verdicts) | {"precision": verdicts.share},
                }
            )


@click.command()
@click.argument("name", required=False)
@member
def parked(name: str | None, organisation: str) -> None:
    """The records that the plugin NAME, or any, could not look at, and why; one JSON object a line."""
    with _acting(organisation) as (session, who):
        for one in operating.parked_records(session, who, name):
            _write({key: getattr(one, key) for key in SHOWN} | {"stop": stop_reply(one.stop)})


@click.command()
@click.argument("name")
@click.option("--record", "record_id", type=int, metavar="ID", help="This record only, by its record_id.")
@member
def retry(name: str, record_id: int | None, organisation: str) -> None:
    """Have the plugin NAME look again at what it could not look at."""
    with _acting(organisation) as (session, who):
        count = operating.retry_parked(session, who, name, record_id)
    click.echo(f"{name}: {count} records are looked at again; a worker does it")


@click.command()
@click.argument("name")
@member
def start(name: str, organisation: str) -> None:
    """Call the plugin NAME again at once, which rests because it failed."""
    with _acting(organisation) as (session, who):
        operating.start_again(session, who, name)
    click.echo(f"{name}: it is called again")


@click.command()
@click.argument("name")
@member
def rerun(name: str, organisation: str) -> None:
    """Have the plugin NAME look at everything again; what it finds replaces what it found."""
    with _acting(organisation) as (session, who):
        count = operating.run_over_all(session, who, name)
    click.echo(f"{name}: {count} records are looked at again; a worker does it")


COMMANDS = (status, parked, retry, start, rerun)


@contextmanager
def _acting(organisation: str) -> Iterator[tuple[ScopedSession, Principal]]:
    with opened() as home:
        who = acting_for(home, organisation)
        database = home.database(Role.WORKER, pool_size=1)
        try:
            with database.transaction(who.scope) as session:
                yield session, who
        finally:
            database.close()


def _write(line: dict[str, Any]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()
