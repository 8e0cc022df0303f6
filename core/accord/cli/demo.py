"""`accord demo`: a sample world with three members, ingested, ranked and served."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from accord.cli.home import opened
from accord.cli.ingesting import run_ingest
from accord.cli.processes import worker_running
from accord.cli.serve import run_server
from accord.demo import cast
from accord.demo.world import WorldSettings, write
from accord.registry.service import activate_all
from accord.web.assets import AssetsError, build
from accord.web.rendering import Assets
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.service import operator_of
from accord_config.database import NOBODY, Role, Scope
from accord_config.home import Home


@click.command()
@click.option(
    "--records",
    default=5_000,
    show_default=True,
    type=click.IntRange(100, 5_000_000),
    help="Size of the world.",
)
@click.option(
    "--seed", default="1", show_default=True, metavar="TEXT", help="The same seed makes the same world."
)
@click.option(
    "--serve/--no-serve", default=True, help="Go on as web server and worker, or stop when all is ranked."
)
def demo(records: int, seed: str, serve: bool) -> None:
    """Make a synthetic world, run it through the pipeline, and serve it.

    Three members (a police unit, a technology company, an NGO) each receive the records of one site.
    The truth about the world lies apart in ACCORD_HOME/demo; nothing of Accord reads it. Everything
    is made up: reserved telephone numbers, example domains, random bits for image hashes.
    """
    with opened() as home:
        if serve:
            _assets()
        organisations, sign_ins = _enrol(home)
        world = WorldSettings(records=records, seed=seed)
        directory = home.path / "demo" / f"world-{records}-{hashlib.sha256(seed.encode()).hexdigest()[:12]}"
        if not (directory / "world.json").exists():
            click.echo(f"making a world of {records:,} records (seed {seed})")
            write(world, directory)
        with worker_running(home):
            for site, member in zip(world.sites, cast.MEMBERS, strict=True):
                _ingest(
                    home, directory / "records" / f"{site.slug}.jsonl", organisations[member.slug], site.slug
                )
            _print(home, sign_ins, directory, serve=serve)
            if serve:
                run_server(home)


def _assets() -> None:
    try:
        build()
    except AssetsError as error:
        raise click.ClickException(str(error)) from error
    Assets()


def _enrol(home: Home) -> tuple[dict[str, Organisation], list[cast.SignIn]]:
    gate, worker = home.database(Role.GATE, pool_size=1), home.database(Role.WORKER, pool_size=1)
    with gate.transaction(NOBODY) as session, home.locked():
        organisations, sign_ins = cast.enrol(session, home.secrets)
    for organisation in organisations.values():
        with worker.transaction(Scope(organisation_id=organisation.id)) as session:
            activate_all(session, organisation.id)
    gate.close()
    worker.close()
    return organisations, sign_ins


def _ingest(home: Home, file: Path, organisation: Organisation, source: str) -> None:
    click.echo(f"{organisation.name} receives the records of {source}")
    run_ingest(home, operator_of(organisation), file, source, wait=True)


def _print(home: Home, sign_ins: list[cast.SignIn], directory: Path, *, serve: bool) -> None:
    click.echo("")
    for entry in sign_ins:
        click.echo(f"  {entry.organisation:28} {entry.role:20} {entry.email:28} {entry.password}")
    click.echo(f"\nthe truth about the world, kept apart: {directory}")
    if serve:
        click.echo(f"\nAccord is at http://{home.settings.host}:{home.settings.port} (stop it with Ctrl-C)")
