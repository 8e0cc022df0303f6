"""`accord clients`: an organisation's OAuth clients, by the installation's operator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from accord.cli.home import acting_for, opened
from accord_auth.clients import service
from accord_auth.clients.drafts import ClientKind, Draft, kind_of
from accord_auth.errors import NotFound
from accord_auth.oauth.models import OAuthClient
from accord_auth.oauth.scopes import SCOPES
from accord_auth.permissions import Role as PersonRole
from accord_auth.permissions import permissions_of
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Role, ScopedSession

KINDS = [kind.value for kind in ClientKind]
of_organisation = click.option("--organisation", required=True, metavar="SLUG", help="Whose client.")


@click.group()
def clients() -> None:
    """OAuth clients: programs of an organisation, their secrets and their tokens."""


@clients.command("list")
@of_organisation
def list_clients(organisation: str) -> None:
    """The organisation's clients: identifier, kind, name, scopes, last use."""
    with _acting(organisation) as (session, who):
        for client in service.clients_of(session, who):
            used = f"{client.last_used_at:%Y-%m-%d %H:%M}" if client.last_used_at else "never used"
            click.echo(
                f"{client.client_id} {kind_of(client)} {client.name!r} {' '.join(client.scopes)} ({used})"
            )


@clients.command()
@click.argument("name")
@of_organisation
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in ClientKind]),
    required=True,
    help="What kind of program it is.",
)
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="What it may do."
)
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where people come back to.")
@click.option(
    "--keys",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with its public keys as a JWK set.",
)
@click.option("--keys-address", help="Where its public keys are read, instead of a file.")
@click.option(
    "--network", "networks", multiple=True, help="From where it may be used, such as 198.51.100.0/24."
)
@click.option("--pushed", is_flag=True, help="It has to push its authorization requests.")
@click.option(
    "--shared-secret", is_flag=True, help="It uses a shared secret, once a platform admin allows it."
)
def register(
    name: str,
    organisation: str,
    kind: str,
    scopes: tuple[str, ...],
    redirect_uris: tuple[str, ...],
    keys: Path | None,
    keys_address: str | None,
    networks: tuple[str, ...],
    pushed: bool,
    shared_secret: bool,
) -> None:
    """Register a client called NAME and print its identifier."""
    draft = Draft(
        name=name,
        kind=ClientKind(kind),
        scopes=scopes,
        redirect_uris=redirect_uris,
        jwks=_keys(keys),
        jwks_uri=keys_address,
        networks=networks,
        require_par=pushed,
        shared_secret=shared_secret,
    )
    with _acting(organisation) as (session, who):
        click.echo(service.register(session, who, draft).client_id)


@clients.command()
@click.argument("client")
@of_organisation
def remove(client: str, organisation: str) -> None:
    """Remove CLIENT: it and its tokens end at once."""
    with _acting(organisation) as (session, who):
        service.remove(session, who, _find(session, who, client).id)
    click.echo("removed; its tokens have ended")


@clients.command()
@click.argument("client")
@of_organisation
def secret(client: str, organisation: str) -> None:
    """Make a shared secret for CLIENT and print it, this once; the one before counts a week longer."""
    with _acting(organisation) as (session, who):
        made, until = service.new_secret(session, who, _find(session, who, client).id)
    click.echo(made)
    click.echo(f"it counts until {until:%Y-%m-%d %H:%M} UTC", err=True)


@clients.command("allow-secret")
@click.argument("client")
@of_organisation
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Last day, as 2026-12-31.")
@click.option("--reason", required=True, help="Why it cannot use keys.")
def allow_secret(client: str, organisation: str, until: datetime, reason: str) -> None:
    """Let CLIENT use a shared secret until a day, as a platform admin does."""
    with _acting(organisation) as (session, who):
        found = _find(session, who, client)
        admin = replace(who, permissions=permissions_of(frozenset({PersonRole.PLATFORM_ADMIN})))
        service.exempt(session, admin, found.id, until=until.replace(tzinfo=UTC), reason=reason)
    click.echo("allowed; make one with `accord clients secret`")


@clients.command()
@click.argument("client")
@of_organisation
def tokens(client: str, organisation: str) -> None:
    """What CLIENT holds right now, and from whom."""
    with _acting(organisation) as (session, who):
        for one in service.grants_of(session, who, _find(session, who, client).id):
            giver = one.person.email if one.person else "its own right"
            click.echo(
                f"{one.grant.id} {giver} {' '.join(one.grant.scope)} since {one.grant.created_at:%Y-%m-%d}"
            )


@clients.command("end-token")
@click.argument("client")
@click.argument("grant")
@of_organisation
def end_token(client: str, grant: str, organisation: str) -> None:
    """End one GRANT of CLIENT, as `accord clients tokens` lists it, with all of its tokens."""
    try:
        grant_id = UUID(grant)
    except ValueError as error:
        raise NotFound("there is no such grant: see `accord clients tokens`") from error
    with _acting(organisation) as (session, who):
        service.end_one(session, who, _find(session, who, client).id, grant_id)
    click.echo("ended")


@contextmanager
def _acting(organisation: str) -> Iterator[tuple[ScopedSession, Principal]]:
    with opened() as home:
        who = acting_for(home, organisation)
        gate = home.database(Role.GATE, pool_size=1)
        try:
            with gate.transaction(NOBODY) as session:
                yield session, who
        finally:
            gate.close()


def _find(session: ScopedSession, who: Principal, client_id: str) -> OAuthClient:
    known = service.clients_of(session, who)
    found = next((client for client in known if client.client_id == client_id), None)
    if found is None:
        raise NotFound(f"{who.organisation_slug} has no client {client_id!r}: see `accord clients list`")
    return found


def _keys(path: Path | None) -> dict[str, object] | None:
    if path is None:
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise click.BadParameter(f"{path.name} is no JSON: {error}", param_hint="--keys") from error
    if not isinstance(found, dict):
        raise click.BadParameter(f"{path.name} is no JWK set", param_hint="--keys")
    return found
