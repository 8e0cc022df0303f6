"""What every command shares: opening the home, and saying what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import psycopg
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from accord.setup import open_home
from accord_auth.errors import AccordError, Invalid
from accord_auth.joining.acting import member_admin
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.service import operator_of, organisation_by_slug
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_config.logs import configure_logging
from accord_config.settings import SettingsError, load_settings
from accord_sdk.cli import MENDABLE

console = Console(highlight=False)


@contextmanager
def opened(*, migrate: bool = False) -> Iterator[Home]:
    """The home of this command, closed when the block ends."""
    settings = load_settings()
    configure_logging(settings.log_level)
    home = open_home(settings, migrate=migrate)
    try:
        yield home
    finally:
        home.close()


def acting_for(home: Home, slug: str) -> Principal:
    """The operator, acting for the member with this slug.

    :raises NotFound: naming the members there are.
    """
    gate = home.database(Role.GATE, pool_size=1)
    try:
        with gate.transaction(NOBODY) as session:
            return operator_of(organisation_by_slug(session, slug))
    finally:
        gate.close()


def admin_of(home: Home, slug: str, email: str | None) -> Principal:
    """An admin of a member, in whose name the operator acts; without an address the operator alone.

    :raises NotFound: when there is no such member, or nobody of this address is an active admin of it.
    """
    gate = home.database(Role.GATE, pool_size=1)
    try:
        with gate.transaction(NOBODY) as session:
            organisation = organisation_by_slug(session, slug)
            return member_admin(session, organisation, email) if email else operator_of(organisation)
    finally:
        gate.close()


def acting_for_all(home: Home) -> list[Principal]:
    """The operator, acting for each member in turn, by slug."""
    gate = home.database(Role.GATE, pool_size=1)
    try:
        with gate.transaction(NOBODY) as session:
            return [
                operator_of(found)
                for found in session.scalars(select(Organisation).order_by(Organisation.slug))
            ]
    finally:
        gate.close()


@contextmanager
def reporting() -> Iterator[None]:
    """End the process with one line about an error that a person can mend."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message())
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stdout = None
        sys.exit(0)
    except (AccordError, SettingsError, *MENDABLE) as error:
        _fail(str(error))
        if isinstance(error, Invalid):
            for name, problems in error.fields.items():
                click.echo(f"  {name}: {'; '.join(problems)}", err=True)
        sys.exit(2)
    except OperationalError as error:
        _fail(f"the database cannot be reached: {_one_line(error.orig)}")
        sys.exit(3)
    except psycopg.OperationalError as error:
        _fail(f"the database cannot be reached: {_one_line(error)}")
        sys.exit(3)
    except OSError as error:
        _fail(f"{error.filename or 'a file'}: {error.strerror or error}")
        sys.exit(2)


def _one_line(error: BaseException | None) -> str:
    return " ".join(str(error).split())


def _fail(message: str) -> None:
    click.echo(f"accord: {message}", err=True)
