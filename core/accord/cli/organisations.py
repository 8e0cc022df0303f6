"""`accord organisations`: who takes part, for the installation's operator."""

from __future__ import annotations

from typing import Any

import click

from accord.cli.applications import COMMANDS, agreement_options, signed
from accord.cli.platform import Platform, in_the_name_of, platform, write
from accord_auth.access.causes import Cause
from accord_auth.errors import NotFound
from accord_auth.forms import read
from accord_auth.joining import membership
from accord_auth.joining.overview import Glance, at_a_glance
from accord_auth.joining.schemas import ReasonForm

SHOWN = (
    "domain",
    "purpose",
    "legal_basis",
    "jurisdiction",
    "contact_name",
    "contact_email",
    "hash_lists",
    "status_reason",
)
"""What `show` tells of a membership."""

why = click.option("--reason", required=True, help="Why; it stands in the organisation's own audit log.")
sure = click.option("--yes", is_flag=True, help="Do it without asking.")


@click.group()
def organisations() -> None:
    """The members: who applies, joins, stays and leaves."""


for _command in COMMANDS:
    organisations.add_command(_command)


@organisations.command("list")
def list_() -> None:
    """The members at a glance, one JSON object a line."""
    with platform() as opened, opened.acting() as (session, who):
        for one in at_a_glance(session, who):
            write(_line(one))


@organisations.command()
@click.argument("slug")
def show(slug: str) -> None:
    """Everything of the member SLUG that a platform admin sees, as one JSON object."""
    with platform() as opened, opened.acting() as (session, who):
        found = at_a_glance(session, who, slug)
        if not found:
            raise NotFound(f"there is no organisation {slug!r}")
        (one,) = found
        terms = membership.terms_of(session, one.organisation)
        agreements = [
            {
                "reference": each.reference,
                "signed_on": each.signed_on,
                "starts_on": each.starts_on,
                "ends_on": each.ends_on,
            }
            for each in membership.agreements_of(session, one.organisation)
        ]
        write(_line(one) | {name: getattr(terms, name) for name in SHOWN} | {"agreements": agreements})


def _line(one: Glance) -> dict[str, Any]:
    found = one.organisation
    return {
        "slug": found.slug,
        "name": found.name,
        "kind": found.kind,
        "status": found.status,
        "agreement_ends_on": one.ends_on,
        "people": one.people,
        "clients": one.clients,
        "plugins": one.plugins,
        "shares_made": one.shares_made,
        "shares_received": one.shares_received,
        "last_active_at": one.last_active_at,
    }


@organisations.command()
@click.argument("slug")
@why
@in_the_name_of
@sure
def suspend(slug: str, reason: str, admin: str | None, yes: bool) -> None:
    """Take the access of the member SLUG away until it is resumed."""
    words = _reason(reason)
    with platform(admin) as opened:
        _confirm(opened, slug, yes, Cause.ORGANISATION_SUSPENDED)
        with opened.acting() as (session, who):
            done = membership.suspend(session, who, slug, words)
            click.echo(f"{slug} is suspended; ended: {done.ended.words()}")


@organisations.command()
@click.argument("slug")
@why
@in_the_name_of
def resume(slug: str, reason: str, admin: str | None) -> None:
    """Let the suspended member SLUG act again; its people sign in anew."""
    words = _reason(reason)
    with platform(admin) as opened, opened.acting() as (session, who):
        back = membership.resume(session, who, slug, words)
        click.echo(f"{slug} takes part again; came back: {back.words()}")


@organisations.command()
@click.argument("slug")
@agreement_options
@in_the_name_of
def renew(slug: str, admin: str | None, **given: Any) -> None:
    """Record a further agreement of the member SLUG; an expired one acts again."""
    made = signed(**given)
    with platform(admin) as opened, opened.acting() as (session, who):
        found = membership.renew(session, who, slug, made)
        click.echo(f"{slug} is {found.status}; its agreement ends on {made.ends_on}")


@organisations.command()
@click.argument("slug")
@why
@in_the_name_of
@sure
def leave(slug: str, reason: str, admin: str | None, yes: bool) -> None:
    """End the membership of SLUG for good."""
    words = _reason(reason)
    with platform(admin) as opened:
        _confirm(opened, slug, yes, Cause.ORGANISATION_LEFT)
        with opened.acting() as (session, who):
            done = membership.leave(session, who, slug, words)
            click.echo(f"{slug} has left; ended: {done.ended.words()}")


def _reason(text: str) -> str:
    words: str = read(ReasonForm(), {"reason": text})["reason"]
    return words


def _confirm(opened: Platform, slug: str, yes: bool, cause: Cause) -> None:
    with opened.acting() as (session, who):
        found = membership.member(session, who, slug)
        ends = membership.what_would_end(session, found, cause).words()
    if not yes:
        click.confirm(f"This ends for {found.name}: {ends}. Go on?", abort=True)
