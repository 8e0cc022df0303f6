"""The command `accord`."""

from __future__ import annotations

import warnings

# The embedded server's library warns that a system without a login session has no runtime
# directory; it then uses the temporary one, which is what a server wants.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")

import click  # noqa: E402 - the filter above must come before the library is imported

from accord.cli import audit, demo, export, ingest, plugins, serve, server, sources  # noqa: E402 - likewise
from accord.cli.home import reporting  # noqa: E402 - likewise


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="accord")
def cli() -> None:
    """Accord: where the members of an anti-trafficking task force act together.

    A fresh ACCORD_HOME is set up on first use of any command.
    """


cli.add_command(audit.audit)
cli.add_command(demo.demo)
cli.add_command(ingest.ingest)
cli.add_command(export.export)
cli.add_command(plugins.plugins)
cli.add_command(serve.serve)
cli.add_command(sources.sources)
cli.add_command(server.doctor)
cli.add_command(server.migrate)
cli.add_command(server.worker)


def main() -> None:
    """Run the command line; errors that a person can mend are one line, not a traceback."""
    with reporting():
        cli(standalone_mode=False)
