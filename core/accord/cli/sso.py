"""`accord sso`: the directories of organisations, by the installation's operator."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from accord.cli.home import acting_for, opened
from accord_auth.errors import Invalid, NotFound
from accord_auth.joining.domains import Dns, record_name
from accord_auth.memberships.service import find_by_email
from accord_auth.oauth.signing_keys import KEY_FILE, SigningKeys
from accord_auth.organisations.domains import proved_domains
from accord_auth.organisations.local_sign_in import only_by_directory
from accord_auth.principal import Principal
from accord_auth.sso import domains, enforcing, service
from accord_auth.sso.discovery import fetch
from accord_auth.sso.drafts import Draft
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import ProofMethod
from accord_auth.sso.outside import Outside
from accord_config.database import NOBODY, Database, Role, ScopedSession
from accord_config.fetching import fetcher_of
from accord_config.home import Home

of_organisation = click.option("--organisation", required=True, metavar="SLUG", help="Whose directory.")


@click.group()
def sso() -> None:
    """Single sign-on: the directories with which organisations' people sign in."""


@sso.command()
@of_organisation
def show(organisation: str) -> None:
    """The organisation's directory, its domains, and what to enter at the directory."""
    with _acting(organisation) as (session, who, outside):
        found = service.directory_of(session, who)
        if found is None:
            click.echo("no directory")
        else:
            click.echo(f"issuer {found.issuer}\nclient {found.client_id} ({found.method})")
            for value, role in found.role_map.items():
                click.echo(f"role {found.role_claim}={value} -> {role}")
        for domain in sorted(proved_domains(session, who.organisation)):
            click.echo(f"domain {domain}")
        for further in domains.further_domains(session, who):
            if further.proved_at is None:
                record = f"{record_name(further.domain)} TXT {further.challenge}"
                click.echo(f"domain {further.domain} not proved: {record}")
        click.echo(f"passwords {'no' if only_by_directory(session, who.organisation) else 'yes'}")
        for one in enforcing.candidates(session, who):
            if one.named:
                click.echo(f"emergency {one.email}")
        for one in enforcing.no_candidates_any_more(session, who):
            click.echo(f"emergency {one.email} is no admin with a passkey any more: name another one")
        click.echo(f"redirect {outside.callback(organisation)}\nlogout {outside.back_channel(organisation)}")


@sso.command("set")
@of_organisation
@click.option("--issuer", required=True, help="Exactly as the discovery document says it.")
@click.option("--client-id", required=True, help="Accord's identifier at the directory.")
@click.option(
    "--secret-stdin", is_flag=True, help="Read a client secret; without it Accord signs with its key."
)
@click.option("--scope", "scopes", multiple=True, help="Asked for besides openid, email and profile.")
@click.option("--role-claim", default="groups", show_default=True, help="Claim with the roles.")
@click.option(
    "--role", "roles", multiple=True, required=True, metavar="VALUE=ROLE", help="What gives which role."
)
def set_up(
    organisation: str,
    issuer: str,
    client_id: str,
    secret_stdin: bool,
    scopes: tuple[str, ...],
    role_claim: str,
    roles: tuple[str, ...],
) -> None:
    """Set the directory up, or change it."""
    draft = Draft(
        issuer=issuer,
        client_id=client_id,
        method=ProofMethod.CLIENT_SECRET if secret_stdin else ProofMethod.PRIVATE_KEY_JWT,
        secret=sys.stdin.readline().strip() if secret_stdin else "",
        scopes=scopes,
        role_claim=role_claim,
        role_map=_mapping(roles),
    )
    with _acting(organisation) as (session, who, outside):
        service.configure(session, who, draft, outside.seals)
    click.echo("set up; try it with `accord sso check`")


@sso.command()
@of_organisation
def check(organisation: str) -> None:
    """Ask the directory for its metadata and say whether they will do."""
    with _acting(organisation) as (session, who, outside):
        found = service.directory_of(session, who)
        if found is None:
            raise NotFound(f"{organisation} has no directory: see `accord sso set`")
        try:
            metadata = fetch(outside, found.issuer)
        except SsoFailed as error:
            raise click.ClickException(error.reason) from error
    click.echo(f"ok: people sign in at {metadata.authorization_endpoint}")


@sso.command()
@of_organisation
def remove(organisation: str) -> None:
    """Take the directory away; sessions that it started end."""
    with _acting(organisation) as (session, who, _):
        service.remove(session, who)
    click.echo("removed")


@sso.command("add-domain")
@of_organisation
@click.argument("domain")
def add_domain(organisation: str, domain: str) -> None:
    """Name DOMAIN as a further one of the organisation's; prints the TXT record that proves it."""
    with _acting(organisation) as (session, who, _):
        made = domains.add_domain(session, who, domain)
        click.echo(f"{record_name(made.domain)} TXT {made.challenge}")


@sso.command("check-domain")
@of_organisation
@click.argument("domain")
def check_domain(organisation: str, domain: str) -> None:
    """Look for the TXT record of DOMAIN."""
    with _opened(organisation) as (home, gate, who), gate.transaction(NOBODY) as session:
        problem = domains.check_domain(session, who, domain, Dns(home.settings.dns_server)).problem
    if problem:
        raise click.ClickException(problem)
    click.echo("proved")


@sso.command("remove-domain")
@of_organisation
@click.argument("domain")
def remove_domain(organisation: str, domain: str) -> None:
    """Take DOMAIN away: nobody with an address there signs in by the directory from now on."""
    with _acting(organisation) as (session, who, _):
        domains.remove_domain(session, who, domain)
    click.echo("removed")


@sso.command()
@of_organisation
@click.argument("first")
@click.argument("second")
def emergency(organisation: str, first: str, second: str) -> None:
    """Name the emergency accounts: the admins with the addresses FIRST and SECOND."""
    with _acting(organisation) as (session, who, _):
        people = [find_by_email(session, who, email).id for email in (first, second)]
        enforcing.name_emergency_accounts(session, who, people)
    click.echo("named")


@sso.command()
@of_organisation
def enforce(organisation: str) -> None:
    """Make the directory the only way to sign in, once an admin has just signed in with it."""
    with _acting(organisation) as (session, who, _):
        ended = enforcing.enforce(session, who)
    click.echo(f"the only way from now on; sessions and grants to programs that ended: {ended}")


@sso.command()
@of_organisation
def relax(organisation: str) -> None:
    """Let people sign in with passwords again."""
    with _acting(organisation) as (session, who, _):
        enforcing.relax(session, who)
    click.echo("passwords count again")


@contextmanager
def _opened(organisation: str) -> Iterator[tuple[Home, Database, Principal]]:
    with opened() as home:
        gate = home.database(Role.GATE, pool_size=2)
        try:
            yield home, gate, acting_for(home, organisation)
        finally:
            gate.close()


@contextmanager
def _acting(organisation: str) -> Iterator[tuple[ScopedSession, Principal, Outside]]:
    with _opened(organisation) as (home, gate, who):
        settings = home.settings
        keys = SigningKeys(home.path / KEY_FILE, settings.oauth_keys)
        outside = Outside(gate, fetcher_of(settings), home.seals(), keys, settings.issuer)
        with gate.transaction(NOBODY) as session:
            yield session, who, outside


def _mapping(roles: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for given in roles:
        value, equals, role = given.rpartition("=")
        if not equals:
            raise Invalid("some options cannot be used", {"--role": [f"{given}: write VALUE=ROLE"]})
        found[value] = role
    return found
