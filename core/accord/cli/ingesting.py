"""What `accord ingest` does: a file through the whole pipeline."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from accord.cli.early import EarlyWorker
from accord.cli.home import acting_for, console, opened
from accord.cli.processes import worker_running
from accord.ingestion.files import Counts, can_hold, ingest_file, reject_path
from accord.ingestion.service import ensure_source
from accord.markings import Marking
from accord.pipeline import Backlog, backlog, lead_count
from accord_auth.principal import Principal
from accord_config.database import Database, Role
from accord_config.home import Home

POLL_S = 0.25
LINE_EVERY_S = 2.0
"""Where there is no terminal, progress is a line every so many seconds."""


def ingest(
    file: Path,
    source_slug: str,
    organisation: str,
    marking: str | None,
    rejects: Path | None,
    *,
    wait: bool,
    early: EarlyWorker,
) -> None:
    """Ingest a file as the command line says; `early` is let go where no other worker runs.

    :raises click.BadParameter: when no file can be made where rejects should go.
    """
    if rejects is not None and not can_hold(rejects):
        raise click.BadParameter(f"no file can be made at {rejects}: name another", param_hint="--rejects")
    with opened() as home:
        principal = acting_for(home, organisation)
        label = Marking(marking) if marking else None
        run_ingest(home, principal, file, source_slug, marking=label, rejects=rejects, wait=wait, early=early)


def run_ingest(
    home: Home,
    principal: Principal,
    file: Path,
    source_slug: str,
    *,
    marking: Marking | None = None,
    rejects: Path | None = None,
    wait: bool,
    early: EarlyWorker | None = None,
) -> None:
    """Ingest one file for a member and say what became of it."""
    rejected = rejects or _place_for_rejects(home, file)
    database = home.database(Role.WORKER)
    with database.transaction(principal.scope) as session:
        source = ensure_source(session, principal, source_slug, marking=marking or Marking.AMBER)
    with worker_running(home, early) if wait else nullcontext() as keeper, _display(file) as show:
        started = time.monotonic()
        counts = ingest_file(
            database,
            principal,
            source,
            file,
            batch_records=home.settings.batch_records,
            marking=marking,
            rejected=rejected,
            on_progress=lambda counts: show(counts, None),
        )
        if keeper is not None:
            follow(database, principal, counts, show, keeper.ensure)
    seconds = time.monotonic() - started
    with database.transaction(principal.scope) as session:
        leads = lead_count(session, principal.organisation) if wait else None
    database.close()
    _report(file, rejected, counts, leads, seconds)


def _place_for_rejects(home: Home, file: Path) -> Path:
    beside = reject_path(file)
    if can_hold(beside):
        return beside
    folder = home.path / "rejects"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / beside.name


def follow(
    database: Database,
    principal: Principal,
    counts: Counts,
    show: Callable[[Counts, Backlog | None], None],
    keep_going: Callable[[], None] = lambda: None,
) -> None:
    """Wait until nothing of the organisation waits for the pipeline any more.

    `keep_going` is called again and again, to start a worker when the last one has died.

    :raises click.ClickException: when jobs failed for good.
    """
    while True:
        with database.transaction(principal.scope) as session:
            rest = backlog(session, principal.organisation)
        show(counts, rest)
        if rest.done:
            return
        if rest.failed_jobs and not rest.live_jobs:
            raise click.ClickException(
                f"{rest.failed_jobs} jobs failed for good: `accord doctor` shows why,"
                " `accord doctor --retry` runs them again"
            )
        keep_going()
        time.sleep(POLL_S)


@contextmanager
def _display(file: Path) -> Iterator[Callable[[Counts, Backlog | None], None]]:
    if not console.is_terminal:
        yield _plain()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[what]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        total = max(1, os.stat(file).st_size)  # noqa: PTH116 - the size alone
        gzipped = file.suffix == ".gz"
        reading = progress.add_task("store", total=None if gzipped else total, what="")
        working = progress.add_task("find, link, rank", total=None, what="")

        def show(counts: Counts, rest: Backlog | None) -> None:
            progress.update(reading, completed=counts.offset, what=f"{counts.stored:,} stored")
            if rest is not None:
                if gzipped:
                    progress.update(reading, total=1, completed=1)
                waiting = _waiting(rest)
                todo = rest.to_detect + rest.to_link
                progress.update(
                    working, total=max(1, counts.stored), completed=counts.stored - todo, what=waiting
                )

        yield show


def _waiting(rest: Backlog) -> str:
    return f"{rest.to_detect:,} to look at, {rest.to_link:,} to link, {rest.to_assess:,} leads to rank"


def _plain() -> Callable[[Counts, Backlog | None], None]:
    last = time.monotonic()

    def show(counts: Counts, rest: Backlog | None) -> None:
        nonlocal last
        if time.monotonic() - last < LINE_EVERY_S:
            return
        last = time.monotonic()
        line = f"read {counts.read}, stored {counts.stored}, unchanged {counts.unchanged}"
        line += f", rejected {counts.rejected}"
        if rest is not None:
            line += f"; waiting: {_waiting(rest)}"
        click.echo(line)

    return show


def _report(file: Path, rejected: Path, counts: Counts, leads: int | None, seconds: float) -> None:
    click.echo(
        f"{file.name}: {counts.read} lines read, {counts.stored} stored, "
        f"{counts.unchanged} unchanged, {counts.rejected} rejected"
    )
    if counts.rejected:
        click.echo(f"the rejected lines, with reasons: {rejected}")
    if leads is not None:
        rate = counts.stored / seconds if counts.stored and seconds > 0 else 0.0
        click.echo(f"{leads} leads ranked; {seconds:.1f} s, {rate:.0f} records/s")
