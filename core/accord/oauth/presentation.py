"""What the pages of OAuth show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ConsentPage:
    """What a program asks a person for, in plain words."""

    action_url: str
    """POST `query` and `decision` = allow or deny."""
    query: str
    """The request as the client sent it."""
    client: str
    owner: str
    """Whose program it is."""
    person: str
    organisation: str
    allows: tuple[str, ...]
    out_of_reach: tuple[str, ...]
    """What it asks for and the person may not do, so that it will not be able to either."""
    target: str
    """Where the browser goes afterwards."""
    stays: bool
    """Whether the program can go on without asking again."""


@dataclass(frozen=True)
class DevicePage:
    """First the question for the code; with `client`, what waits under it; with `done`, what was decided."""

    action_url: str
    organisation: str
    user_code: str = ""
    client: str = ""
    owner: str = ""
    person: str = ""
    allows: tuple[str, ...] = ()
    out_of_reach: tuple[str, ...] = ()
    done: str = ""
    error: str = ""
