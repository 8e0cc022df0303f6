"""`accord plugins requests` and `accord plugins network`: what a plugin sends out, and closed records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import click

from accord.cli.home import admin_of, opened
from accord.cli.platform import write
from accord.detection import operating
from accord.grants import allowances
from accord.grants.models import NetworkAllowance
from accord.grants.requests import requests_of
from accord.markings import Marking
from accord_auth.principal import Principal
from accord_config.database import Role, ScopedSession

of_member = click.option("--organisation", required=True, metavar="SLUG", help="The member that uses it.")
decided_by = click.option(
    "--admin", required=True, metavar="EMAIL", help="The member's admin who decides, by e-mail address."
)
REQUEST = ("at", "version", "method", "host", "path", "sent", "received", "milliseconds", "status", "outcome")
ALLOWANCE = (
    "id",
    "plugin",
    "marking",
    "reason",
    "asked_name",
    "asked_at",
    "allowed_name",
    "allowed_at",
    "ended_name",
    "ended_at",
)


@click.command()
@click.argument("name")
@of_member
def requests(name: str, organisation: str) -> None:
    """What the plugin NAME sent out for a member, the newest first; one JSON object a line."""
    with _acting(organisation) as (session, who):
        operating.plugin_state(session, who, name)
        for one in requests_of(session, who, name):
            write({key: getattr(one, key) for key in REQUEST})


@click.group()
def network() -> None:
    """Closed records and the network: one admin asks for a marking, another one allows it."""


@network.command("list")
@click.argument("name")
@of_member
def list_allowances(name: str, organisation: str) -> None:
    """What was asked for and allowed of the plugin NAME, one JSON object a line."""
    with _acting(organisation) as (session, who):
        operating.plugin_state(session, who, name)
        for one in allowances.allowances(session, who, name):
            write(_line(one))


@network.command()
@click.argument("name")
@click.option(
    "--marking",
    required=True,
    type=click.Choice(sorted(one.value for one in allowances.CLOSED)),
    help="Which closed records it is to see.",
)
@click.option("--reason", required=True, help="Why; another admin reads it.")
@of_member
@decided_by
def ask(name: str, marking: str, reason: str, organisation: str, admin: str) -> None:
    """Ask to let the plugin NAME reach the network while it sees closed records."""
    with _acting(organisation, admin) as (session, who):
        operating.plugin_state(session, who, name)
        write(_line(allowances.ask(session, who, name, Marking(marking), reason)))


@network.command()
@click.argument("name")
@click.argument("allowance", type=click.UUID)
@of_member
@decided_by
def allow(name: str, allowance: UUID, organisation: str, admin: str) -> None:
    """Allow what another admin asked for, by the id of it."""
    with _acting(organisation, admin) as (session, who):
        write(_line(allowances.allow(session, who, name, allowance)))


@network.command()
@click.argument("name")
@click.argument("allowance", type=click.UUID)
@of_member
@decided_by
def end(name: str, allowance: UUID, organisation: str, admin: str) -> None:
    """End it at once, by the id of it; the plugin's next request is refused."""
    with _acting(organisation, admin) as (session, who):
        write(_line(allowances.end(session, who, name, allowance)))


@contextmanager
def _acting(organisation: str, admin: str | None = None) -> Iterator[tuple[ScopedSession, Principal]]:
    with opened() as home:
        who = admin_of(home, organisation, admin)
        database = home.database(Role.WEB, pool_size=1)
        try:
            with database.transaction(who.scope) as session:
                yield session, who
        finally:
            database.close()


def _line(one: NetworkAllowance) -> dict[str, Any]:
    return {key: getattr(one, key) for key in ALLOWANCE}


NETWORK = (requests, network)
