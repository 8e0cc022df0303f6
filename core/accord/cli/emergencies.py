"""`accord emergencies`: emergency readings, in the name of platform admins. To read takes a session."""

from __future__ import annotations

from uuid import UUID

import click

from accord.cli.platform import decided_by, platform, write
from accord_auth.emergencies import service
from accord_auth.emergencies.service import Emergency

an_id = click.argument("emergency", type=click.UUID)


@click.group()
def emergencies() -> None:
    """Emergency readings: when a platform admin reads a member's case data."""


@emergencies.command("list")
def list_() -> None:
    """Every emergency reading, one JSON object a line, the newest first."""
    with platform() as opened, opened.acting() as (session, who):
        for one in service.readings_seen(session, who):
            _show(one)


@emergencies.command()
@click.argument("organisation", metavar="SLUG")
@click.option("--hours", required=True, type=click.IntRange(1, service.MOST_HOURS), help="Ends after.")
@click.option("--reason", required=True, help="Why; the member reads it.")
@decided_by
def ask(organisation: str, hours: int, reason: str, admin: str) -> None:
    """Ask to read the case data of the member SLUG; another platform admin has to approve it."""
    with platform(admin) as opened, opened.acting() as (session, who):
        _show(service.ask(session, who, organisation, reason, hours))


@emergencies.command()
@an_id
@decided_by
def approve(emergency: UUID, admin: str) -> None:
    """Approve the EMERGENCY reading that another platform admin asked for."""
    with platform(admin) as opened, opened.acting() as (session, who):
        _show(service.approve(session, who, emergency))


@emergencies.command()
@an_id
@decided_by
def end(emergency: UUID, admin: str) -> None:
    """End an EMERGENCY reading before its time, or refuse one that is asked for."""
    with platform(admin) as opened, opened.acting() as (session, who):
        _show(service.end(session, who, emergency))


def _show(one: Emergency) -> None:
    found = one.reading
    write(
        {
            "id": found.id,
            "organisation": one.organisation.slug,
            "state": one.state,
            "reader": found.asked_name,
            "reason": found.reason,
            "asked_at": found.asked_at,
            "ends_at": found.ends_at,
            "approved_by": found.approved_name or None,
            "ended_by": found.ended_name or None,
            "ended_at": found.ended_at,
        }
    )
