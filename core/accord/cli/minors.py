"""`accord minors`: leads that may be about a minor, for the installation's operator."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from uuid import UUID

import click
from sqlalchemy.orm import Session

from accord.caseload import minors as service
from accord.caseload.leads import find_lead
from accord.cli.home import acting_for, opened
from accord.cli.platform import write
from accord.linking.models import Lead
from accord_auth.principal import Principal
from accord_config.database import Role

member = click.option(
    "--organisation", metavar="SLUG", default="local", show_default=True, help="The member."
)
why = click.option("--reason", required=True, help="Why; kept with it.")


@click.group()
def minors() -> None:
    """Leads that may be about a minor: who waits how long, and what was decided."""


@minors.command("list")
@member
def list_(organisation: str) -> None:
    """Those that wait or are confirmed, the overdue first, one JSON object a line. It is logged."""
    with opened() as home:
        who = acting_for(home, organisation)
        with closing(home.database(Role.WORKER)) as database, database.transaction(who.scope) as session:
            for one in service.waiting(session, who, home.settings.minors_due_hours):
                names = ("lead_id", "state", "why", "since", "taken_name")
                line = {name: getattr(one.row, name) for name in names}
                write(line | {"due_at": one.due_at, "overdue": one.overdue})


@minors.command()
@click.argument("lead", type=click.UUID)
@member
@why
def confirm(lead: UUID, organisation: str, reason: str) -> None:
    """Say that LEAD may well be about a minor: few see it from now on."""
    _decide(service.confirm, lead, organisation, reason)
    click.echo(f"{lead} is confirmed and restricted")


@minors.command()
@click.argument("lead", type=click.UUID)
@member
@why
def lift(lead: UUID, organisation: str, reason: str) -> None:
    """Say that LEAD is not about a minor: everybody who reads leads sees it."""
    _decide(service.lift, lead, organisation, reason)
    click.echo(f"{lead} is restricted no more")


def _decide(
    act: Callable[[Session, Principal, Lead, str], object], lead: UUID, organisation: str, reason: str
) -> None:
    with opened() as home:
        who = acting_for(home, organisation)
        with closing(home.database(Role.WORKER)) as database, database.transaction(who.scope) as session:
            act(session, who, find_lead(session, who, lead), reason)
