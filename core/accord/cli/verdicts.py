"""`accord verdicts`: what leads were found to be, for those who keep verdicts elsewhere."""

from __future__ import annotations

from contextlib import closing
from typing import Any
from uuid import UUID

import click

from accord.caseload import verdicts as service
from accord.caseload.leads import find_lead
from accord.caseload.verdict_models import LeadVerdict, VerdictWord
from accord.cli.home import acting_for, opened
from accord.cli.platform import write
from accord_config.database import Role

member = click.option(
    "--organisation", metavar="SLUG", default="local", show_default=True, help="The member."
)
lead_argument = click.argument("lead", type=click.UUID)


@click.group()
def verdicts() -> None:
    """What leads were found to be: given, taken back, listed."""


@verdicts.command("list")
@member
def list_(organisation: str) -> None:
    """The verdicts that stand, the newest first, one JSON object a line."""
    with opened() as home:
        who = acting_for(home, organisation)
        with closing(home.database(Role.WORKER)) as database, database.transaction(who.scope) as session:
            for one in service.standing_verdicts(session, who):
                write(_line(one))


@verdicts.command()
@lead_argument
@click.argument("verdict", type=click.Choice([word.value for word in VerdictWord]))
@member
@click.option("--reason", default="", help="Why; kept with the verdict.")
def give(lead: UUID, verdict: str, organisation: str, reason: str) -> None:
    """Say what LEAD is: VERDICT replaces what was said before."""
    with opened() as home:
        who = acting_for(home, organisation)
        with closing(home.database(Role.WORKER)) as database, database.transaction(who.scope) as session:
            made = service.give(session, who, find_lead(session, who, lead), verdict, reason)
            session.refresh(made)
            write(_line(made))


@verdicts.command()
@lead_argument
@member
def withdraw(lead: UUID, organisation: str) -> None:
    """Let no verdict stand on LEAD."""
    with opened() as home:
        who = acting_for(home, organisation)
        with closing(home.database(Role.WORKER)) as database, database.transaction(who.scope) as session:
            service.take_back(session, who, find_lead(session, who, lead))
    click.echo(f"no verdict stands on {lead}")


def _line(one: LeadVerdict) -> dict[str, Any]:
    return {
        "lead_id": one.lead_id,
        "verdict": one.word,
        "reason": one.reason,
        "by": one.person_name,
        "made_at": one.made_at,
        "records": one.records,
        "score": one.score,
    }
