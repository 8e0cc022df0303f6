"""The command `accord-sdk`: a plugin made, tried, tested, built and checked, without any server."""

from __future__ import annotations

import sys

import click

from accord_sdk.cli.making import build, check, new
from accord_sdk.cli.trying import test, try_records
from accord_sdk.host.errors import PluginFailed
from accord_sdk.host.sandbox import SandboxUnavailableError
from accord_sdk.manifest import ManifestError
from accord_sdk.project import ProjectError
from accord_sdk.wheel import WheelRefused

COMMANDS = (new, test, try_records, build, check)
"""What `accord plugins` offers, too."""
MENDABLE = (ManifestError, PluginFailed, ProjectError, SandboxUnavailableError, WheelRefused)
"""Errors whose message says what to do."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="accord-sdk")
def cli() -> None:
    """Make a plugin for Accord. No server is needed."""


for _command in COMMANDS:
    cli.add_command(_command)


def main() -> None:
    """Run the command line; errors that an author can mend are one line, not a traceback."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"accord-sdk: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except MENDABLE as error:
        click.echo(f"accord-sdk: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"accord-sdk: {error.filename or 'a file'}: {error.strerror or error}", err=True)
        sys.exit(2)
