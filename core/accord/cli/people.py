"""`accord people`: who belongs to a member or to the platform, for the installation's operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import click

from accord.cli.home import acting_for, opened
from accord.cli.platform import write
from accord.inviting import hand_over
from accord.telling import RESET, tell
from accord_auth.errors import NotFound
from accord_auth.invitations import service as invitations
from accord_auth.invitations.service import Invited
from accord_auth.joining.acting import PLATFORM_OPERATOR
from accord_auth.memberships import factors, service
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role, ScopedSession
from accord_config.home import Home
from accord_config.mail import mailer_of

of = click.option(
    "--organisation", metavar="SLUG", default="platform", show_default=True, help="Whose people."
)
ROLE_WORDS = click.Choice([role.value for role in PersonRole])
because = click.option("--reason", help="Why; it stands in the audit log.")
role_option = click.option(
    "--role",
    "roles",
    type=ROLE_WORDS,
    multiple=True,
    required=True,
    help="The role.",
)


@dataclass(frozen=True)
class Acting:
    """The home, its gate, and the operator acting for a member or for the platform."""

    home: Home
    gate: Database
    who: Principal

    @contextmanager
    def unit(self) -> Iterator[ScopedSession]:
        """A transaction."""
        with self.gate.transaction(NOBODY) as session:
            yield session

    def tell(self, made: Invited) -> None:
        """Hand an invitation over, and say what became of it."""
        settings = self.home.settings
        handed = hand_over(self.gate, mailer_of(settings), settings.issuer, made)
        click.echo(handed.words(), err=True)
        if handed.link is not None:
            click.echo(handed.link)


@contextmanager
def _acting(slug: str) -> Iterator[Acting]:
    with opened() as home:
        gate = home.database(Role.GATE, pool_size=1)
        try:
            platform = slug == PLATFORM_OPERATOR.organisation_slug
            yield Acting(home, gate, PLATFORM_OPERATOR if platform else acting_for(home, slug))
        finally:
            gate.close()


@click.group()
def people() -> None:
    """People: who may act for a member, or for the platform, and in which roles."""


@people.command("list")
@of
def list_(organisation: str) -> None:
    """Everybody who belongs, and the invitations that wait, one JSON object a line."""
    now = datetime.now(UTC)
    with _acting(organisation) as acting, acting.unit() as session:
        for person in service.people_here(session, acting.who):
            write(vars(person) | {"roles": sorted(person.roles), "idle": person.idle(now)})
        for found in invitations.waiting(session, acting.who):
            write({"invitation": found.id} | {k: v for k, v in vars(found).items() if k != "id"})


@people.command()
@click.argument("email")
@of
@click.option("--role", type=ROLE_WORDS, required=True, help="The role.")
def invite(email: str, organisation: str, role: str) -> None:
    """Invite EMAIL to a role. Without a mail server the link is printed, once."""
    with _acting(organisation) as acting:
        with acting.unit() as session:
            made = invitations.invite(
                session,
                acting.who,
                email=email,
                role=PersonRole(role),
                organisation_id=acting.who.organisation_id,
            )
        acting.tell(made)


@people.command()
@click.argument("email")
@of
def resend(email: str, organisation: str) -> None:
    """Send the invitation of EMAIL again, with a new link; the older one leads to nothing."""
    with _acting(organisation) as acting:
        with acting.unit() as session:
            made = invitations.resend(session, acting.who, _invitation(session, acting.who, email).id)
        acting.tell(made)


@people.command()
@click.argument("email")
@of
def withdraw(email: str, organisation: str) -> None:
    """Take the invitation of EMAIL back."""
    with _acting(organisation) as acting, acting.unit() as session:
        invitations.withdraw(session, acting.who, _invitation(session, acting.who, email).id)
    click.echo("withdrawn")


def _invitation(session: ScopedSession, who: Principal, email: str) -> invitations.Waiting:
    for found in invitations.waiting(session, who):
        if found.email == email.strip().lower():
            return found
    raise NotFound(f"no invitation of {email} waits in {who.organisation_name}")


@people.command()
@click.argument("email")
@of
@role_option
@because
def role(email: str, organisation: str, roles: tuple[str, ...], reason: str | None) -> None:
    """Give EMAIL exactly the roles that are named; repeat `--role` for several."""
    with _acting(organisation) as acting, acting.unit() as session:
        person = service.find_by_email(session, acting.who, email)
        wanted = [PersonRole(word) for word in roles]
        ended = service.change_roles(session, acting.who, person.id, wanted, reason)
    click.echo(f"changed; ended: {ended.words()}" if ended is not None else "changed; nothing ended")


@people.command()
@click.argument("email")
@of
@because
@click.option("--yes", is_flag=True, help="Do it without asking.")
def remove(email: str, organisation: str, reason: str | None, yes: bool) -> None:
    """Take all roles of EMAIL there; says first what ends with them."""
    with _acting(organisation) as acting:
        with acting.unit() as session:
            person = service.find_by_email(session, acting.who, email)
            ends = service.preview_removal(session, acting.who, person)
        if not yes:
            click.confirm(
                f"remove {person.name} from {acting.who.organisation_name}, which ends {ends.words()}?",
                abort=True,
            )
        with acting.unit() as session:
            ended = service.remove_person(session, acting.who, person.id, reason)
    click.echo(f"removed; ended: {ended.words()}")


@people.command()
@click.argument("email")
@because
def disable(email: str, reason: str | None) -> None:
    """Let nobody use the account of EMAIL any more, wherever it belongs; its roles stay."""
    with _acting(PLATFORM_OPERATOR.organisation_slug) as acting, acting.unit() as session:
        ended = service.set_disabled(session, acting.who, email, disabled=True, reason=reason)
    click.echo(f"disabled; ended: {ended.words()}" if ended is not None else "it was disabled already")


@people.command("reset-factors")
@click.argument("email")
@because
@click.option("--yes", is_flag=True, help="Do it without asking.")
def reset_factors(email: str, reason: str | None, yes: bool) -> None:
    """Take all second factors of EMAIL, who is locked out; ends everything by which the person acts."""
    if not yes:
        click.confirm(
            f"take all second factors of {email}, after which the password alone signs in?", abort=True
        )
    with _acting(PLATFORM_OPERATOR.organisation_slug) as acting:
        with acting.unit() as session:
            done = factors.reset_by_operator(session, acting.who, email, reason)
        told = tell(mailer_of(acting.home.settings), done.email, RESET, by_oneself=False)
    click.echo(f"reset; ended: {done.ended.words()}{'' if told else '; no mail was sent: tell the person'}")


@people.command()
@click.argument("email")
@because
def enable(email: str, reason: str | None) -> None:
    """Let the account of EMAIL be used again; the person signs in anew."""
    with _acting(PLATFORM_OPERATOR.organisation_slug) as acting, acting.unit() as session:
        service.set_disabled(session, acting.who, email, disabled=False, reason=reason)
    click.echo("enabled")
