"""What the pages of one's own account show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accord.web.presentation import Option, PasskeyForm

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


METHODS = {
    "hwk": "passkey",
    "otp": "authenticator app",
    "pwd": "password",
    "recovery": "recovery code",
    "swk": "passkey",
}
"""How somebody proved who it is, in words (RFC 8176 has the short ones)."""


def methods_in_words(amr: Iterable[str]) -> str:
    """Such as `password and authenticator app`."""
    words = list(dict.fromkeys(METHODS.get(one, one) for one in amr))
    return " and ".join(sorted(words, key=lambda word: (word != "password", word)))


@dataclass(frozen=True)
class SecondStepPage:
    """Asks for a second factor; with `choices`, for which organisation to act."""

    email: str
    code_url: str
    """POST `code`, `next`."""
    passkey: PasskeyForm | None
    app: bool
    choose_url: str
    """POST `organisation`, `next`."""
    choices: tuple[Option, ...]
    next: str = ""
    error: str = ""


@dataclass(frozen=True)
class FactorRow:
    """One of one's own factors."""

    name: str
    kind: str
    created_at: datetime
    last_used_at: datetime | None
    suspect: bool
    remove_url: str
    rename_url: str | None


@dataclass(frozen=True)
class FactorsPage:
    """One's second factors. `asked`: nothing else is open before there is one; `demanded`: the last one
    stays."""

    rows: tuple[FactorRow, ...]
    app_url: str
    """POST `name`."""
    passkey: PasskeyForm
    codes_left: int
    codes_url: str
    account_url: str
    sign_out_url: str
    asked: bool
    demanded: bool
    who: str
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AppPage:
    """The secret of a new authenticator app, as a picture and by hand; `error`: the code was wrong."""

    picture: str
    """SVG, of our own making."""
    secret: str
    name: str
    action_url: str
    """POST `code`."""
    back_url: str
    error: str = ""


@dataclass(frozen=True)
class CodesPage:
    """Recovery codes, shown this once."""

    codes: tuple[str, ...]
    done: str
    onwards_url: str


@dataclass(frozen=True)
class SessionRow:
    """An open session; without an address to end it, it is the one that looks."""

    device: str
    organisation: str
    address: str
    how: str
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
    factors: tuple[str, ...]
    """Their names."""
    factors_url: str
    password: PasswordForm
    link_url: str | None = None
    """POST: have the organisation's directory know this account."""
    linked: str = ""
    """The directory that knows it already."""


@dataclass(frozen=True)
class ConfirmPage:
    """Asks for a proof again: a passkey or a code of who has one, else the password. `next` is where one
    was."""

    action_url: str
    """POST `password` or `code`, and `next`."""
    email: str
    next: str
    passkey: PasskeyForm | None
    app: bool
    password: bool
    error: str = ""
    directory_url: str | None = None
    """Where the organisation's directory asks who it is, of somebody who signed in there."""
