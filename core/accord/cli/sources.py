"""`accord sources`: records that plugins bring in."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click
import msgspec
from sqlalchemy import text

from accord.api.plugin_health import progress_values, stop_reply
from accord.cli.home import acting_for, opened
from accord.cli.ingesting import follow
from accord.cli.processes import worker_running
from accord.detection.progress import progress
from accord.ingestion.files import Counts
from accord.markings import Marking
from accord.pipeline import Backlog
from accord.sources.clock import seconds, words
from accord.sources.listing import list_sources, stop_of_source
from accord.sources.models import SourcePull
from accord.sources.rejects import rejects_of
from accord.sources.scheduling import set_schedule
from accord.sources.service import (
    add_source,
    remove_source,
    request_pull,
    source_by_slug,
    withdraw_records,
)
from accord_auth.principal import Principal
from accord_config.database import Database, Role
from accord_config.home import Home

POLL_S = 0.25
LINE_EVERY_S = 2.0
"""While a pull runs, a line of progress every so many seconds."""

_LIVE = text(
    "SELECT count(*) FROM procrastinate_jobs"
    " WHERE status IN ('todo', 'doing') AND task_name = 'sources:pull' AND args->>'source_id' = :source"
)

member = click.option(
    "--organisation",
    default="local",
    show_default=True,
    metavar="SLUG",
    help="The member that owns the source.",
)


@click.group()
def sources() -> None:
    """Data sources: plugins that bring records in."""


@sources.command()
@click.argument("slug")
@click.option("--plugin", required=True, metavar="NAME", help="The plugin that provides the source.")
@click.option(
    "--plugin-source", metavar="NAME", help="Which of the plugin's sources, where it provides several."
)
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting; give as many as needed."
)
@click.option(
    "--marking",
    type=click.Choice([one.value for one in Marking]),
    default=Marking.AMBER.value,
    show_default=True,
    help="TLP 2.0 label of the source's records.",
)
@member
def add(
    slug: str,
    plugin: str,
    plugin_source: str | None,
    settings: tuple[str, ...],
    marking: str,
    organisation: str,
) -> None:
    """Add the source SLUG. Its settings are those that the plugin's manifest names."""
    with (
        _acting(organisation) as (home, database, principal),
        database.transaction(principal.scope) as session,
    ):
        add_source(
            session,
            principal,
            home.seals(),
            slug,
            plugin=plugin,
            plugin_source=plugin_source,
            settings=_split(settings),
            marking=Marking(marking),
            folders=True,
        )
    click.echo(f"{slug}: added; `accord sources pull {slug}` brings its records in")


@sources.command("list")
@member
def list_(organisation: str) -> None:
    """The sources, one JSON object a line; secret settings are hidden."""
    with _acting(organisation) as (_, database, principal), database.transaction(principal.scope) as session:
        for source in list_sources(session, principal):
            stop = stop_of_source(source)
            line = msgspec.to_builtins(replace(source, held=None)) | {
                "stop": stop_reply(stop) if stop else None
            }
            del line["held"]
            _write(line)


@sources.command()
@click.argument("slug")
@click.option("--wait/--no-wait", default=True, help="Follow the records to the end of the pipeline, or not.")
@member
def pull(slug: str, wait: bool, organisation: str) -> None:
    """Bring in what is new in the source SLUG.

    Uses a running `accord worker`, or one of its own for as long as it takes.
    """
    with _acting(organisation) as (home, database, principal):
        with database.transaction(principal.scope) as session:
            requested = request_pull(session, principal, slug)
        if not wait:
            click.echo(f"{slug}: a worker will pull")
            return
        with worker_running(home):
            done = _finished(database, principal, requested.id)
            follow(database, principal, Counts(stored=done.stored), _quietly)
    _report(slug, done)


@sources.command()
@click.argument("slug")
@click.option("--every", metavar="TIME", help="An interval, such as 15m, 6h or 1d.")
@click.option("--cron", metavar="LINE", help='Five fields, UTC, such as "30 */6 * * *".')
@click.option("--off", is_flag=True, help="Pull only when asked.")
@member
def schedule(slug: str, every: str | None, cron: str | None, off: bool, organisation: str) -> None:
    """Have the source SLUG pulled by itself; a worker does it."""
    if sum((every is not None, cron is not None, off)) != 1:
        raise click.UsageError("give one of --every, --cron and --off")
    every_s = seconds(every) if every is not None else None
    with _acting(organisation) as (_, database, principal), database.transaction(principal.scope) as session:
        found = set_schedule(session, principal, slug, every_s=every_s, cron=cron)
        click.echo(
            f"{slug}: pulled {words(found)}" + (f"; next {found.next_at:%Y-%m-%d %H:%M} UTC" if found else "")
        )


@sources.command()
@click.argument("slug")
@member
def backfill(slug: str, organisation: str) -> None:
    """Ask for everything that the source SLUG has, from its start; a worker brings it in.

    What is known changes nothing, and where the source goes on stays as it is.
    """
    with _acting(organisation) as (_, database, principal), database.transaction(principal.scope) as session:
        request_pull(session, principal, slug, backfill=True)
    click.echo(f"{slug}: a worker will pull from the start")


@sources.command()
@click.argument("slug")
@click.argument("external_ids", nargs=-1, required=True)
@member
def withdraw(slug: str, external_ids: tuple[str, ...], organisation: str) -> None:
    """Take the records EXTERNAL_IDS of the source SLUG out, with all that was found in them."""
    with _acting(organisation) as (_, database, principal), database.transaction(principal.scope) as session:
        count = withdraw_records(session, principal, slug, external_ids)
    click.echo(f"{slug}: {count} records are taken out; a worker does it")


@sources.command("progress")
@click.argument("slug")
@member
def progress_(slug: str, organisation: str) -> None:
    """How far each detector is with the records of the source SLUG, one JSON object a line."""
    with _acting(organisation) as (_, database, principal), database.transaction(principal.scope) as session:
        source = source_by_slug(session, principal, slug)
        for one in progress(session, principal, source_id=source.id):
            _write(progress_values(one))


@sources.command()
@click.argument("slug")
@member
def rejects(slug: str, organisation: str) -> None:
    """What the source SLUG gave that is no record, one JSON object a line, the newest last."""
    with _acting(organisation) as (_, database, principal), database.transaction(principal.scope) as session:
        for reject in rejects_of(session, source_by_slug(session, principal, slug)):
            names = ("position", "external_id", "reason", "at")
            _write({name: getattr(reject, name) for name in names})


@sources.command()
@click.argument("slug")
@member
def remove(slug: str, organisation: str) -> None:
    """Remove the source SLUG, which must hold no records."""
    with _acting(organisation) as (_, database, principal), database.transaction(principal.scope) as session:
        remove_source(session, principal, slug)
    click.echo(f"{slug}: removed")


@contextmanager
def _acting(organisation: str) -> Iterator[tuple[Home, Database, Principal]]:
    with opened() as home:
        principal = acting_for(home, organisation)
        database = home.database(Role.WORKER, pool_size=1)
        try:
            yield home, database, principal
        finally:
            database.close()


def _split(settings: tuple[str, ...]) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise click.BadParameter(f"{setting!r} is not NAME=VALUE", param_hint="--set")
        given.setdefault(name.strip(), []).append(value)
    return given


def _write(line: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def _finished(database: Database, principal: Principal, pull_id: int) -> SourcePull:
    """Wait until a pull is over.

    :raises click.ClickException: when nobody works on it any more.
    """
    said = time.monotonic()
    while True:
        with database.transaction(principal.scope) as session:
            # Jobs first: the pull's last job ends it before it is gone.
            live = session.scalar(_LIVE, {"source": str(session.get_one(SourcePull, pull_id).source_id)})
            session.expire_all()
            found = session.get_one(SourcePull, pull_id)
        if found.finished_at is not None:
            return found
        if not live:
            raise click.ClickException("the pull's job failed for good; `accord doctor` says why")
        if time.monotonic() - said >= LINE_EVERY_S:
            said = time.monotonic()
            click.echo(_counts(found))
        time.sleep(POLL_S)


def _quietly(counts: Counts, rest: Backlog | None) -> None:
    """The pull has said its counts; the rest of the pipeline has none of its own."""


def _counts(pull: SourcePull) -> str:
    counts = f"{pull.read} read, {pull.stored} stored, {pull.unchanged} unchanged, {pull.rejected} rejected"
    return f"{counts}; the plugin says {pull.progress}" if pull.progress else counts


def _report(slug: str, pull: SourcePull) -> None:
    click.echo(f"{slug}: {_counts(pull)}")
    if pull.rejected:
        click.echo(f"the rejected ones, with reasons: accord sources rejects {slug}")
    if pull.removed:
        click.echo(f"the source withdrew {pull.removed}, which are taken out")
    if pull.error:
        raise click.ClickException(
            f"the source failed: {pull.error}; the next pull goes on behind the last page stored"
        )
