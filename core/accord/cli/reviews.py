"""`accord reviews`: access reviews, by the installation's operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import click

from accord.cli.home import acting_for
from accord.cli.platform import in_the_name_of, platform, write
from accord.reviews.evidence import rows
from accord_auth.principal import Principal
from accord_auth.reviews import service
from accord_auth.reviews.models import Decision
from accord_config.database import ScopedSession

whose = click.option("--organisation", metavar="SLUG", help="The member; the platform's own if left out.")


@click.group()
def reviews() -> None:
    """Access reviews: who and what still needs the access that they have."""


@reviews.command("list")
@whose
def list_(organisation: str | None) -> None:
    """The reviews of a member, or those that the platform sees, one JSON object a line."""
    with _acting(organisation) as (session, who):
        for one in service.reviews_seen(session, who):
            write(_line(one))


@reviews.command()
@click.argument("review", type=click.UUID)
@whose
def show(review: UUID, organisation: str | None) -> None:
    """The items of REVIEW, one JSON object a line: what has access, and what was decided."""
    with _acting(organisation) as (session, who):
        for row in rows(service.find_review(session, who, review)):
            write(row)


@reviews.command()
@whose
@click.option("--reason", required=True, help="Why now.")
@in_the_name_of
def start(organisation: str | None, reason: str, admin: str | None) -> None:
    """Start a review before the quarter is over, and print it."""
    with _acting(organisation, admin) as (session, who):
        review = service.start_review(session, who, reason)
        write(_line(service.find_review(session, who, review.id).progress))


@reviews.command()
@click.argument("review", type=click.UUID)
@click.argument("item", type=click.UUID)
@click.argument("decision", type=click.Choice([one.value for one in service.BY_PEOPLE]))
@whose
@click.option("--reason", default="", help="Why; needed to end an access.")
@in_the_name_of
def decide(
    review: UUID, item: UUID, decision: str, organisation: str | None, reason: str, admin: str | None
) -> None:
    """Decide about an ITEM of REVIEW: DECISION is confirmed, or ended, which ends the access at once."""
    with _acting(organisation, admin) as (session, who):
        done = service.decide(session, who, review, item, Decision(decision), reason)
        click.echo(f"{done.label}: {done.decision}{f'; ended: {done.ended}' if done.ended else ''}")


@contextmanager
def _acting(organisation: str | None, admin: str | None = None) -> Iterator[tuple[ScopedSession, Principal]]:
    if organisation and admin:
        raise click.UsageError("--admin names an admin of the platform: leave --organisation out")
    with platform(admin) as opened, opened.acting() as (session, who):
        yield session, acting_for(opened.home, organisation) if organisation else who


def _line(one: service.Progress) -> dict[str, Any]:
    found = one.review
    return {
        "id": found.id,
        "organisation": one.organisation,
        "reason": found.reason,
        "started_at": found.started_at,
        "due_at": found.due_at,
        "lapses_at": found.lapses_at,
        "closed_at": found.closed_at,
        "items": one.items,
        "decided": one.decided,
    }
