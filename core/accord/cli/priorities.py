"""`accord priorities`: what each indicator weighs, fitting that to verdicts, and what is in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module

import click
from rich.table import Table

from accord.caseload import priority_versions as service
from accord.caseload.decided_leads import Figures, TooFewVerdicts
from accord.caseload.priority_versions import PUBLISHED, Version
from accord.cli.home import acting_for, console, opened
from accord.cli.platform import write
from accord_auth.principal import Principal
from accord_config.database import Role, ScopedSession

MOST_MOVED = 20
FITTING = "accord.caseload.refitting"
"""Loaded where something is fitted: it takes a second and 100 MB."""

member = click.option(
    "--organisation", metavar="SLUG", default="local", show_default=True, help="The member."
)
as_json = click.option("--json", "form", is_flag=True, help="JSON instead of a table.")


@click.group()
def priorities() -> None:
    """What each indicator weighs in the order of the queue."""


@priorities.command()
@click.argument("version", required=False)
@member
@as_json
def show(version: str | None, organisation: str, form: bool) -> None:
    """The weights of VERSION with their sources, or of the version in use."""
    with _acting(organisation) as (session, who):
        known = service.versions(session, who)
        chosen = service.find_version(session, who, version) if version else _used(known)
        if form:
            write(_line(chosen))
            return
        click.echo(
            "versions: " + ", ".join(f"{one.name}{' (in use)' if one.in_use else ''}" for one in known)
        )
        console.print(_weights(chosen, known[0]))
        for step in chosen.steps:
            click.echo(
                f"of {step.leads} decided leads with sums of {step.low:.2f} to {step.high:.2f}"
                f" {step.confirmed} were confirmed ({step.least:.0%} to {step.most:.0%})"
            )


@priorities.command()
@member
def fit(organisation: str) -> None:
    """Fit a version to the verdicts. It is kept, and used only when somebody says so."""
    refitting = import_module(FITTING)
    with _acting(organisation) as (session, who):
        made = refitting.refit(session, who)
        console.print(_compared({"published": made.published_figures, made.name: made.figures}))
    click.echo(f"kept as {made.name}; `accord priorities use {made.name}` ranks by it")


@priorities.command()
@click.argument("before")
@click.argument("after")
@member
@as_json
def compare(before: str, after: str, organisation: str, form: bool) -> None:
    """Two versions on the same leads: figures on the verdicts there are by now, and who moves."""
    refitting = import_module(FITTING)
    with _acting(organisation) as (session, who):
        ends = [service.find_version(session, who, name) for name in (before, after)]
        moved = service.moved(session, who, *ends)
        figures: dict[str, Figures | None] = {}
        try:
            figures = {one.name: refitting.figures_now(session, who, one) for one in ends}
        except TooFewVerdicts as error:
            click.echo(f"no figures: {error}", err=True)
    if form:
        write({"before": before, "after": after, "figures": figures, "moved": moved})
        return
    if figures:
        console.print(_compared(figures))
    table = Table("lead", "", f"rank by {before}", f"by {after}")
    for one in moved[:MOST_MOVED]:
        table.add_row(str(one.lead_id), one.title, f"{one.before:,}", f"{one.after:,}")
    console.print(table)
    click.echo(f"{len(moved)} of the {service.COMPARED:,} highest leads would stand elsewhere")


@priorities.command()
@click.argument("version")
@member
def use(version: str, organisation: str) -> None:
    """Rank by VERSION from now on; a worker ranks the leads there are anew."""
    with _acting(organisation) as (session, who):
        service.use(session, who, version)
    click.echo(f"{version} is in use; the leads are ranked anew by a worker")


@contextmanager
def _acting(organisation: str) -> Iterator[tuple[ScopedSession, Principal]]:
    with opened() as home:
        who = acting_for(home, organisation)
        with closing(home.database(Role.WORKER)) as database, database.transaction(who.scope) as session:
            yield session, who


def _used(known: list[Version]) -> Version:
    return next(one for one in known if one.in_use)


def _weights(chosen: Version, published: Version) -> Table:
    table = Table("indicator", "weight", *(["published"] if chosen.name != PUBLISHED else []), "source")
    rows = [
        (kind, weight, published.weights.weights.get(kind)) for kind, weight in chosen.weights.weights.items()
    ]
    rows.append(("(any other)", chosen.weights.unlisted, published.weights.unlisted))
    rows.append(("(every lead)", chosen.weights.bias, published.weights.bias))
    for kind, weight, before in rows:
        beside = [] if chosen.name == PUBLISHED else [f"{before:.2f}" if before is not None else ""]
        table.add_row(kind, f"{weight:.2f}", *beside, published.weights.sources.get(kind, ""))
    return table


def _compared(figures: dict[str, Figures | None]) -> Table:
    table = Table("version", "decided", "confirmed", "P@20", "nDCG@50", "false flags", "log loss")
    for name, one in figures.items():
        if one is not None:
            flags = f"{one.false_flags} of {one.first}"
            shares = f"{one.precision_at_20:.2f}", f"{one.ndcg_at_50:.2f}"
            table.add_row(name, str(one.leads), str(one.confirmed), *shares, flags, f"{one.log_loss:.3f}")
    return table


def _line(one: Version) -> dict[str, object]:
    return {
        "version": one.name,
        "in_use": one.in_use,
        "published_version": one.anchor,
        "fitted_at": one.fitted_at,
        "fitted_by": one.fitted_by,
        "weights": one.weights,
        "figures": one.figures,
        "published_figures": one.published_figures,
        "steps": one.steps,
    }
