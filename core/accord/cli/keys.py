"""`accord keys`: the keys that sign id_tokens."""

from __future__ import annotations

import click

from accord.cli.home import opened
from accord_auth.oauth.signing_keys import KEY_FILE, SigningKeys


@click.group()
def keys() -> None:
    """The keys that sign id_tokens for OpenID clients."""


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
