"""`accord keys`: the keys that sign id_tokens, and those under which secrets lie sealed."""

from __future__ import annotations

import sys

import click

from accord.cli.home import opened
from accord.resealing import seal_again
from accord_auth.oauth.signing_keys import KEY_FILE, SigningKeys
from accord_config.database import NOBODY, Role


@click.group()
def keys() -> None:
    """The keys that sign id_tokens for OpenID clients, and those that seal secrets."""


@keys.command("list")
def list_keys() -> None:
    """The published keys by name; the first one signs."""
    with opened() as home:
        for key in SigningKeys(home.path / KEY_FILE, home.settings.oauth_keys).all():
            state = f"retired {key.retired_at:%Y-%m-%d %H:%M} UTC" if key.retired_at else "signs"
            click.echo(f"{key.kid} {state}")


@keys.command()
def rotate() -> None:
    """Have a new key sign from now on. The old ones stay published for a day."""
    with opened() as home:
        made = SigningKeys(home.path / KEY_FILE, home.settings.oauth_keys).rotate()
    click.echo(f"{made.kid} signs from now on")


@keys.command()
def reseal() -> None:
    """Seal every secret in the database anew, under the first key of `seal_key`; the others can go then.

    Ends with 1 where something was sealed under a key that is not there any more.
    """
    with opened() as home:
        owner = home.database(Role.OWNER, pool_size=1)
        try:
            with owner.transaction(NOBODY) as session:
                kinds = seal_again(session, home.seals())
        finally:
            owner.close()
    for kind in kinds:
        broken = f", {kind.broken} open with no key: they have to be entered again" if kind.broken else ""
        click.echo(f"{kind.words}: {kind.done} sealed anew{broken}")
    if any(kind.broken for kind in kinds):
        sys.exit(1)
