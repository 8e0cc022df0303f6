"""What the pages of one's own account show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Macintosh": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}
"""Marks in a browser's own description. The first counts: browsers claim to be others as well."""


def device(user_agent: str) -> str:
    """What a person recognises a device by, such as `Firefox on Windows`; a program by its own first word."""
    browser = next((word for mark, word in _BROWSERS.items() if f"{mark}/" in user_agent), None)
    system = next((word for mark, word in _SYSTEMS.items() if mark in user_agent), None)
    if browser is not None:
        return f"{browser} on {system}" if system else browser
    if user_agent == "api":
        return "A program"
    word = re.match(r"[\w.-]{1,30}", user_agent)
    return f"A program ({word[0]})" if word else "An unknown device"


@dataclass(frozen=True)
class SessionRow:
    """An open session; without an address to end it, it is the one that looks."""

    device: str
    organisation: str
    address: str
    started_at: datetime
    last_used_at: datetime
    end_url: str | None


@dataclass(frozen=True)
class PasswordForm:
    """Where to change the password, what ends with it, and what was wrong with what was entered."""

    action_url: str
    ends: str
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AccountPage:
    """Who one is here, and by which sessions."""

    name: str
    email: str
    organisation: str
    roles: tuple[str, ...]
    sessions: tuple[SessionRow, ...]
    end_others_url: str
    password: PasswordForm
    link_url: str | None = None
    """POST: have the organisation's directory know this account."""
    linked: str = ""
    """The directory that knows it already."""


@dataclass(frozen=True)
class ConfirmPage:
    """Asks for the password again; `next` is where one was."""

    action_url: str
    email: str
    next: str
    error: str = ""
    directory_url: str | None = None
    """Where the organisation's directory asks who it is, of somebody who signed in there."""
