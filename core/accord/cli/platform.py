"""What the commands of the platform itself share: acting as the operator, or in an admin's name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
import msgspec

from accord.cli.home import opened
from accord_auth.joining.acting import PLATFORM_OPERATOR, platform_admin
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role, ScopedSession
from accord_config.home import Home

in_the_name_of = click.option(
    "--admin", metavar="EMAIL", help="The platform admin in whose name you act; the operator if left out."
)
decided_by = click.option(
    "--admin", required=True, metavar="EMAIL", help="The platform admin who decides, by e-mail address."
)


@dataclass(frozen=True)
class Platform:
    """The home, its gate, and the address of the admin in whose name the command acts."""

    home: Home
    gate: Database
    admin: str | None

    @contextmanager
    def acting(self) -> Iterator[tuple[ScopedSession, Principal]]:
        """A transaction, and who acts in it.

        :raises NotFound: when there is no such admin.
        """
        with self.gate.transaction(NOBODY) as session:
            yield session, platform_admin(session, self.admin) if self.admin else PLATFORM_OPERATOR


@contextmanager
def platform(admin: str | None = None) -> Iterator[Platform]:
    """The platform, for as long as the block runs."""
    with opened() as home:
        gate = home.database(Role.GATE, pool_size=1)
        try:
            yield Platform(home, gate, admin)
        finally:
            gate.close()


def write(line: dict[str, Any]) -> None:
    """One JSON object on a line."""
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()
