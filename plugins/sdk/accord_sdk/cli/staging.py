"""What the commands that run a plugin share: its packages laid out, and the isolation of this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from accord_sdk import project as projects
from accord_sdk.host.environment import plugin_view
from accord_sdk.host.isolation import Isolation, isolation_here
from accord_sdk.host.launch import Launcher, ProcessLauncher
from accord_sdk.host.sandbox import SandboxLauncher
from accord_sdk.project import Project


@dataclass(frozen=True)
class Staged:
    """A project laid out as if it were installed, and what starts it."""

    project: Project
    site: Path
    launcher: Launcher


@contextmanager
def isolated() -> Iterator[Isolation]:
    """How plugins are kept apart here, told to the author."""
    isolation = isolation_here()
    if isolation.missing:
        click.echo(f"isolation: none, a plain process. In production it is a sandbox: {isolation.missing}")
    else:
        same = "the sandbox of production, started as root" if isolation.weaker else "same as production"
        click.echo(f"isolation: bubblewrap + seccomp ({same})")
    yield isolation


def launcher_beside(isolation: Isolation, site: Path) -> Launcher:
    """A launcher for what lies in a folder; what it requires is taken from beside this program."""
    if isinstance(isolation.launcher, SandboxLauncher):
        return SandboxLauncher(isolation.launcher.identity, partial(plugin_view, search=[site]))
    return ProcessLauncher(site)


@contextmanager
def staged(folder: Path) -> Iterator[Staged]:
    """The project of a folder, laid out for as long as the block runs."""
    project = projects.read(folder)
    with tempfile.TemporaryDirectory() as made, isolated() as isolation:
        # Whoever starts the sandbox may be another user.
        Path(made).chmod(0o755)
        projects.stage(project, Path(made))
        yield Staged(project, Path(made), launcher_beside(isolation, Path(made)))
