"""Commands that are loaded when they are used: a command pays for its own imports alone."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

import click


def load(module: str) -> ModuleType:
    """Import a module while no garbage is looked for: nothing of what is loaded is any."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.enable()


class LoadedOnUse(click.Group):
    """A group whose commands are named with where they are defined (module:name).

    click documents the technique as lazily loading subcommands. The help of the group itself loads
    every command, because it shows what each one says of itself.
    """

    def __init__(self, *args: Any, defined_in: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._defined_in = defined_in

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands' names in alphabetical order."""
        return sorted({*super().list_commands(ctx), *self._defined_in})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, loaded now; None when there is none."""
        where = self._defined_in.get(cmd_name)
        if where is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = where.partition(":")
        command: click.Command = getattr(load(module), name)
        return command
