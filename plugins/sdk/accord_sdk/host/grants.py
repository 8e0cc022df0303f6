"""What a plugin's process may ask of the host while it works, and who decides over it."""

from __future__ import annotations

from typing import Protocol

from accord_sdk import wire


class Refused(Exception):
    """The host gives nothing; `code` is short and stable, the message is for the plugin's author."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Grants(Protocol):
    """Decides over the wants of one process."""

    def give(self, want: wire.Want) -> wire.Gift:
        """What was asked for.

        :raises Refused: when it was not granted, or could not be had.
        """


class NoGrants:
    """For a process that was granted nothing but its records."""

    def give(self, want: wire.Want) -> wire.Gift:
        """Nothing."""
        raise Refused("not_granted", "nothing was granted to this process")
