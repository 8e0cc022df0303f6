"""The part of `accord organisations` about those who want to join."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from accord.cli.platform import decided_by, in_the_name_of, platform, write
from accord.inviting import hand_over
from accord_auth.forms import read
from accord_auth.joining import applying, deciding, register, vetting
from accord_auth.joining.domains import Dns, record_name
from accord_auth.joining.models import Application, CheckState
from accord_auth.joining.progress import approvals_needed
from accord_auth.joining.schemas import (
    CHECKED_BY_PEOPLE,
    AgreementForm,
    CheckForm,
    Details,
    DetailsForm,
    InviteForm,
    ReasonForm,
    TermsForm,
)
from accord_auth.organisations.models import OrganisationKind
from accord_config.mail import mailer_of

kind = click.option(
    "--kind",
    required=True,
    type=click.Choice([one.value for one in OrganisationKind]),
    help="What the organisation is.",
)
name = click.option("--name", required=True, help="Its name.")
contact_email = click.option("--contact-email", required=True, help="E-mail address of its contact.")
an_id = click.argument("application", type=click.UUID)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command("apply")
@name
@kind
@click.option("--domain", required=True, help="Its domain, such as example.org.")
@click.option("--contact-name", required=True, help="Name of its contact.")
@contact_email
@click.option("--purpose", required=True, help="What it wants to take part for.")
@click.option("--legal-basis", required=True, help="On which legal basis it handles data.")
@click.option("--jurisdiction", required=True, help="Whose law it is under, such as US-OH.")
@click.option("--known-to", default="", help="Who of the members knows it.")
def apply(**given: Any) -> None:
    """Enter the application of an organisation that did not use the form itself."""
    details = Details(**read(DetailsForm(), given))
    with platform() as opened, opened.acting() as (session, _):
        applied = applying.apply(session, details)
        found = applied.application
        write(
            {
                "id": str(found.id),
                "status_page": f"/join/{applied.token}",
                "record": record_name(found.domain),
                "value": found.challenge,
            }
        )


@click.command()
@name
@kind
@contact_email
@in_the_name_of
def invite(admin: str | None, **given: Any) -> None:
    """Invite an organisation to apply; hand the printed address to its contact."""
    values = read(InviteForm(), given)
    with platform(admin) as opened, opened.acting() as (session, who):
        applied = applying.invite_organisation(session, who, **values)
        write({"id": str(applied.application.id), "status_page": f"/join/{applied.token}"})


@click.command()
@click.option("--decided", is_flag=True, help="Those that are decided, withdrawn or lapsed.")
def applications(decided: bool) -> None:
    """The applications that wait, one JSON object a line; those that wait for the platform first."""
    with platform() as opened, opened.acting() as (session, who):
        if decided:
            for found in register.decided_applications(session, who):
                write(_short(found) | {"reason": found.reason, "decided_at": found.decided_at})
            return
        for seen in register.open_applications(session, who):
            progress = seen.progress
            write(
                _short(seen.application)
                | {
                    "turn": progress.turn,
                    "waits_for": progress.waits_for,
                    "since": progress.since,
                    "due_at": progress.due_at,
                }
            )


@click.command()
@an_id
def application(application: UUID) -> None:
    """Everything of APPLICATION, as one JSON object."""
    with platform() as opened, opened.acting() as (session, who):
        seen = register.seen(session, register.application(session, who, application))
        found, progress = seen.application, seen.progress
        same = vetting.same_domain(session, found)
        said = {field: getattr(found, field) for field in Details.__dataclass_fields__}
        write(
            _short(found)
            | said
            | {
                "turn": progress.turn,
                "waits_for": progress.waits_for,
                "due_at": progress.due_at,
                "record": record_name(found.domain) if found.domain else None,
                "value": found.challenge,
                "slug": found.slug,
                "hash_lists": found.hash_lists,
                "agreement_ends_on": found.agreement_ends_on,
                "checklist": {
                    line.item: {"state": line.state, "note": line.note} for line in progress.checklist
                },
                "approved_by": [one.email for one in deciding.approvals(session, found)],
                "approvals_needed": approvals_needed(found),
                "same_domain": {"members": same.members, "applications": same.applications},
            }
        )


def _short(found: Application) -> dict[str, Any]:
    return {"id": str(found.id), "name": found.name, "kind": found.kind, "status": found.status}


@click.command()
@an_id
@click.argument("item", type=click.Choice([one.value for one in CHECKED_BY_PEOPLE]))
@click.option(
    "--state",
    type=click.Choice([*(one.value for one in CheckState), "open"]),
    default=CheckState.MET.value,
    show_default=True,
    help="Met, the applicant is asked for something, or open again.",
)
@click.option("--note", default="", help="What was seen, or what the applicant is asked for.")
@in_the_name_of
def check(application: UUID, item: str, state: str, note: str, admin: str | None) -> None:
    """Say what came of looking at ITEM of APPLICATION."""
    given = {"item": item, "state": None if state == "open" else state, "note": note}
    values = read(CheckForm(), given)
    with platform(admin) as opened, opened.acting() as (session, who):
        found = vetting.check(session, who, application, **values)
        _say_what_is_missing(register.seen(session, found))


@click.command()
@an_id
@click.option("--slug", required=True, help="The short name under which it takes part.")
@click.option("--sponsor", default="", metavar="SLUG", help="The member that vouches for it.")
@click.option("--hash-lists", is_flag=True, help="It is to receive hash lists, which takes two approvals.")
@in_the_name_of
def terms(application: UUID, admin: str | None, **given: Any) -> None:
    """Set short name, sponsor and what is granted of APPLICATION."""
    wanted = vetting.Terms(**read(TermsForm(), given))
    with platform(admin) as opened, opened.acting() as (session, who):
        found = vetting.set_terms(session, who, application, wanted)
        _say_what_is_missing(register.seen(session, found))


def agreement_options(command: Any) -> Any:
    """The options of a signed agreement."""
    for option in (
        click.option("--ends-on", required=True, type=DAY, help="The day on which access closes."),
        click.option("--starts-on", required=True, type=DAY, help="The first day of access."),
        click.option("--signed-on", required=True, type=DAY, help="The day on which it was signed."),
        click.option("--reference", required=True, help="Where the signed paper is kept."),
    ):
        command = option(command)
    return command


def signed(reference: str, **days: datetime) -> vetting.SignedAgreement:
    """The agreement of the options."""
    plain = {field: day.date().isoformat() for field, day in days.items()}
    return vetting.SignedAgreement(**read(AgreementForm(), {"reference": reference, **plain}))


@click.command()
@an_id
@agreement_options
@in_the_name_of
def agreement(application: UUID, admin: str | None, **given: Any) -> None:
    """Record the signed agreement of APPLICATION."""
    made = signed(**given)
    with platform(admin) as opened, opened.acting() as (session, who):
        found = vetting.set_agreement(session, who, application, made)
        _say_what_is_missing(register.seen(session, found))


@click.command()
@an_id
@in_the_name_of
def domain(application: UUID, admin: str | None) -> None:
    """Look in DNS whether the domain of APPLICATION is proved; ends with 1 where it is not."""
    with platform(admin) as opened:
        with opened.acting() as (session, who):
            found = register.application(session, who, application)
        problem = applying.prove_domain(opened.gate, who, found, Dns(opened.home.settings.dns_server))
    click.echo(problem or f"{found.domain} is proved")
    if problem:
        sys.exit(1)


@click.command()
@an_id
@decided_by
def approve(application: UUID, admin: str) -> None:
    """Approve APPLICATION in the name of a platform admin; the last approval makes the organisation."""
    with platform(admin) as opened:
        with opened.acting() as (session, who):
            decision = deciding.approve(session, who, application)
        if decision.organisation is None:
            click.echo(f"approved; {decision.missing} more platform admin has to approve")
            return
        click.echo(f"approved; {decision.organisation.slug} takes part")
        if decision.invited is not None:
            settings = opened.home.settings
            handed = hand_over(opened.gate, mailer_of(settings), settings.issuer, decision.invited)
            click.echo(handed.words())
            if handed.link is not None:
                click.echo(handed.link)


@click.command()
@an_id
@click.option("--reason", required=True, help="Why; the applicant reads it.")
@decided_by
def refuse(application: UUID, reason: str, admin: str) -> None:
    """Refuse APPLICATION in the name of a platform admin."""
    why = read(ReasonForm(), {"reason": reason})["reason"]
    with platform(admin) as opened, opened.acting() as (session, who):
        found = deciding.refuse(session, who, application, why)
        click.echo(f"refused: {found.name}")


def _say_what_is_missing(seen: register.Seen) -> None:
    missing = [line.item.value for line in seen.progress.checklist if line.state != "met"]
    click.echo(f"still to be met: {', '.join(missing)}" if missing else "the checklist is complete")


COMMANDS = (
    apply,
    invite,
    applications,
    application,
    check,
    terms,
    agreement,
    domain,
    approve,
    refuse,
)
