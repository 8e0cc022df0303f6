"""The command `accord`."""

from __future__ import annotations

import warnings
from importlib import import_module

import click

from accord.cli.loading import LoadedOnUse

# The embedded server's library warns that a system without a login session has no runtime
# directory; it then uses the temporary one, which is what a server wants.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")

COMMANDS = {
    "access": "accord.cli.access:access",
    "audit": "accord.cli.audit:audit",
    "clients": "accord.cli.clients:clients",
    "demo": "accord.cli.demo:demo",
    "doctor": "accord.cli.server:doctor",
    "emergencies": "accord.cli.emergencies:emergencies",
    "export": "accord.cli.export:export",
    "ingest": "accord.cli.ingest:ingest",
    "keys": "accord.cli.keys:keys",
    "login": "accord.cli.login:login",
    "logout": "accord.cli.login:logout",
    "migrate": "accord.cli.server:migrate",
    "minors": "accord.cli.minors:minors",
    "organisations": "accord.cli.organisations:organisations",
    "people": "accord.cli.people:people",
    "plugins": "accord.cli.plugins:plugins",
    "priorities": "accord.cli.priorities:priorities",
    "provisioning": "accord.cli.provisioning:provisioning",
    "reviews": "accord.cli.reviews:reviews",
    "serve": "accord.cli.serve:serve",
    "signals": "accord.cli.signals:signals",
    "sources": "accord.cli.sources:sources",
    "sso": "accord.cli.sso:sso",
    "verdicts": "accord.cli.verdicts:verdicts",
    "whoami": "accord.cli.login:whoami",
    "worker": "accord.cli.worker:worker",
}
"""Where each command is defined, as module:name."""


@click.group(cls=LoadedOnUse, defined_in=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="accord")
def cli() -> None:
    """Accord: where the members of an anti-trafficking task force act together.

    A fresh ACCORD_HOME is set up on first use of any command.
    """


def main() -> None:
    """Run the command line; errors that a person can mend are one line, not a traceback."""
    try:
        cli(standalone_mode=False)
    except BaseException:
        # Loaded when there is something to report: before a command, it is half of what that waits for.
        with import_module("accord.cli.home").reporting():
            raise
