"""`accord access`: who can reach what, and why."""

from __future__ import annotations

import sys
from typing import Any
from uuid import UUID

import click
import msgspec

from accord.cli.home import acting_for, opened
from accord.reach.service import Explained, Kind, PersonReach, explain_person, explain_thing
from accord_config.database import Role

KINDS = (*(kind.value for kind in Kind), "person")


@click.group()
def access() -> None:
    """Who can reach what, and why."""


@access.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("number", type=click.UUID)
@click.option("--organisation", required=True, metavar="SLUG", help="The member that has it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def explain(kind: str, number: UUID, organisation: str, as_json: bool) -> None:
    """Say who can reach the KIND with this NUMBER, or what a person can reach, and why."""
    with opened() as home:
        web = home.database(Role.WEB, pool_size=1)
        try:
            who = acting_for(home, organisation)
            with web.transaction(who.scope) as session:
                found: Explained | PersonReach
                if kind == "person":
                    found = explain_person(session, who, number)
                else:
                    found = explain_thing(session, who, Kind(kind), number)
        finally:
            web.close()
    if as_json:
        sys.stdout.write(msgspec.json.encode(_object(found)).decode() + "\n")
        return
    for line in _lines(found):
        click.echo(line)


def _object(found: Explained | PersonReach) -> Any:
    if isinstance(found, Explained):
        return found
    person = {"id": found.person.id, "name": found.person.name, "roles": found.person.roles}
    return {"kind": "person", **person, "permissions": found.permissions, "amounts": found.amounts}


def _lines(found: Explained | PersonReach) -> list[str]:
    if isinstance(found, PersonReach):
        return [_line(one.may_read, f"{one.what} ({one.number:,})", one.why) for one in found.amounts]
    everybody = (*found.people, *found.members, *found.platform)
    return [
        _line(one.may_read, f"{one.who} ({', '.join(one.roles)})" if one.roles else one.who, one.why)
        for one in everybody
    ]


def _line(may: bool, name: str, why: str) -> str:
    return f"{'yes' if may else 'no':3}  {name}: {why}"
