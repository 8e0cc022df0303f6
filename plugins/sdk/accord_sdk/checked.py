"""One thing that was checked of a plugin, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accord_sdk.host.errors import PluginFailed


@dataclass(frozen=True)
class Checked:
    """One thing that was checked: its name, whether it holds, and in words where it does not."""

    name: str
    holds: bool
    words: str = ""


def held(name: str, act: Callable[[], object]) -> Checked:
    """Do it: what it raises about the plugin is why it does not hold."""
    try:
        act()
    except PluginFailed as error:
        return Checked(name, False, str(error))
    return Checked(name, True)
