"""The command line loads a command when it is used."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from accord.cli import COMMANDS, cli


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_is_found_under_its_name(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name


def test_the_help_lists_every_command() -> None:
    context = click.Context(cli)
    assert cli.list_commands(context) == sorted(COMMANDS)
    assert all(name in cli.get_help(context) for name in COMMANDS)


def test_an_unknown_command_is_none() -> None:
    assert cli.get_command(click.Context(cli), "nothing-of-the-kind") is None


@pytest.mark.parametrize("module", ["accord.cli.ingesting", "accord.cli.worker"])
def test_what_ingests_loads_neither_the_web_server_nor_the_migrations(module: str) -> None:
    program = f"import sys, {module}; print(sorted({{'flask', 'alembic', 'gunicorn'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_command_line_itself_loads_no_database() -> None:
    program = "import sys, accord.cli.ingest; print(sorted({'sqlalchemy', 'psycopg'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
