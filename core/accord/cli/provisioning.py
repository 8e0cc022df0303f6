"""`accord provisioning`: an organisation's own directory over SCIM, by the installation's operator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import click
from sqlalchemy.orm import Session

from accord.cli.home import acting_for, opened
from accord.inviting import hand_over
from accord_auth.errors import NotFound
from accord_auth.permissions import Role as PersonRole
from accord_auth.permissions import platform_role
from accord_auth.principal import Principal
from accord_auth.provisioning import configuring, tokens
from accord_auth.provisioning.placing import Acting
from accord_config.database import NOBODY, Database, Role
from accord_config.home import Home
from accord_config.mail import mailer_of

ROLES = [role.value for role in PersonRole if not platform_role(role)]
of_organisation = click.option("--organisation", required=True, metavar="SLUG", help="Whose directory.")


@click.group()
def provisioning() -> None:
    """An organisation's own directory, which says over SCIM who belongs: its tokens, and what groups give."""


@provisioning.command()
@of_organisation
def show(organisation: str) -> None:
    """How the organisation is provisioned: domains, defaults, mappings, tokens, numbers."""
    with _acting(organisation) as (_, gate, who), gate.transaction(NOBODY) as session:
        seen = configuring.overview(session, who)
        known = tokens.tokens_of(session, who)
    click.echo(f"domains: {' '.join(seen.domains) or 'none is proved'}")
    click.echo(f"user names without a domain get: {seen.default_domain or 'none, they are refused'}")
    click.echo(f"every active user is: {seen.default_role or 'what groups give'}")
    click.echo(f"users: {seen.users}, active {seen.active}, waiting {seen.waiting}; groups: {seen.groups}")
    click.echo(
        f"last heard of: {seen.last_used_at:%Y-%m-%d %H:%M}" if seen.last_used_at else "never heard of"
    )
    for one in seen.mappings:
        click.echo(f"mapping {one.id} {one.group_name!r} gives {one.role} to {one.users}")
    for token in (each.token for each in known):
        state = "revoked" if token.revoked_at else f"until {token.expires_at:%Y-%m-%d}"
        used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
        click.echo(f"token {token.id} {token.name!r} {state} ({used})")


@provisioning.command("map")
@click.argument("group")
@click.argument("role", type=click.Choice(ROLES))
@of_organisation
def map_group(group: str, role: str, organisation: str) -> None:
    """Have everybody in GROUP, as the directory names it, have ROLE."""
    _change(
        organisation,
        lambda session, who: configuring.map_group(session, who, group_name=group, role=PersonRole(role)),
    )


@provisioning.command("unmap")
@click.argument("mapping")
@of_organisation
def unmap_group(mapping: str, organisation: str) -> None:
    """Remove MAPPING, an id that `show` tells: who loses a role is signed out."""
    found = _id(mapping)
    _change(organisation, lambda session, who: configuring.unmap_group(session, who, found))


@provisioning.command()
@click.option("--domain", default="", help="Added to user names without a domain; none: those are refused.")
@click.option("--role", type=click.Choice(ROLES), help="Role of every active user; none: only groups give.")
@of_organisation
def defaults(domain: str, role: str | None, organisation: str) -> None:
    """Say what holds for every user; what is left out is taken away."""
    chosen = PersonRole(role) if role else None
    _change(
        organisation,
        lambda session, who: configuring.set_defaults(
            session, who, default_domain=domain, default_role=chosen
        ),
    )


@provisioning.command("make-token")
@click.argument("name")
@click.option("--days", default=180, show_default=True, help="How long it counts, a year at most.")
@of_organisation
def make_token(name: str, days: int, organisation: str) -> None:
    """Make a token called NAME and print it, this once."""
    with _acting(organisation) as (_, gate, who), gate.transaction(NOBODY) as session:
        click.echo(tokens.make_token(session, who, name=name, days=days).value)


@provisioning.command("replace-token")
@click.argument("token")
@of_organisation
def replace_token(token: str, organisation: str) -> None:
    """Make a token in the place of TOKEN, an id that `show` tells, and print it; that counts a week more."""
    with _acting(organisation) as (_, gate, who), gate.transaction(NOBODY) as session:
        click.echo(tokens.rotate_token(session, who, _id(token)).value)


@provisioning.command("revoke-token")
@click.argument("token")
@of_organisation
def revoke_token(token: str, organisation: str) -> None:
    """End TOKEN, an id that `show` tells: its next use is refused."""
    with _acting(organisation) as (_, gate, who), gate.transaction(NOBODY) as session:
        tokens.revoke_token(session, who, _id(token))
    click.echo("revoked")


def _change(organisation: str, act: Callable[[Session, Principal], Acting]) -> None:
    with _acting(organisation) as (home, gate, who):
        with gate.transaction(NOBODY) as session:
            acting = act(session, who)
        mailer = mailer_of(home.settings)
        for invited in acting.invited:
            handed = hand_over(gate, mailer, home.settings.issuer, invited)
            click.echo(handed.words())
            if handed.link is not None:
                click.echo(handed.link)
    click.echo("noted")


@contextmanager
def _acting(organisation: str) -> Iterator[tuple[Home, Database, Principal]]:
    with opened() as home:
        who = acting_for(home, organisation)
        gate = home.database(Role.GATE, pool_size=2)
        try:
            yield home, gate, who
        finally:
            gate.close()


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound("there is no such id: see `accord provisioning show`") from error
