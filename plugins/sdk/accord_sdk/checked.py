"""One thing that was checked of a plugin, and whether it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accord_sdk.host.errors import PluginFailed


@dataclass(frozen=True)
class Checked:
    """One thing that was checked: its name, whether it holds, and where it does not in words, with a reason
    code and the limit that is responsible, where one is.
    """

    name: str
    holds: bool
    words: str = ""
    code: str = ""
    about: str = ""

    @classmethod
    def broken(cls, name: str, error: PluginFailed) -> Checked:
        """It does not hold, because of this."""
        return cls(name, False, str(error), error.code, error.about)


def held(name: str, act: Callable[[], object]) -> Checked:
    """Do it: what it raises about the plugin is why it does not hold."""
    try:
        act()
    except PluginFailed as error:
        return Checked.broken(name, error)
    return Checked(name, True)
