"""What the pages of people and invitations show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accord.web.presentation import Option


@dataclass(frozen=True)
class PersonRow:
    """Somebody who belongs here."""

    url: str
    name: str
    email: str
    roles: str
    last_sign_in_at: datetime | None
    idle: bool
    active: bool
    oneself: bool


@dataclass(frozen=True)
class InvitationRow:
    """An invitation that waits; without addresses the viewer may not change it."""

    email: str
    role: str
    invited_by: str
    created_at: datetime
    expires_at: datetime
    expired: bool
    sent: bool
    resend_url: str | None
    withdraw_url: str | None


@dataclass(frozen=True)
class InviteForm:
    """Where to invite, to which roles, and what was entered last."""

    action_url: str
    roles: tuple[Option, ...]
    email: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LinkToGive:
    """A link that the inviter hands over; it is shown this once."""

    email: str
    link: str


@dataclass(frozen=True)
class RulePart:
    """Whether all people need a second factor. Without an address the viewer cannot change it."""

    asked: bool
    without: tuple[str, ...]
    """Names of those who have none."""
    action_url: str | None
    """POST `asked` = yes or no."""


@dataclass(frozen=True)
class PeoplePage:
    """Who belongs here, and who is invited."""

    organisation: str
    rows: tuple[PersonRow, ...]
    invitations: tuple[InvitationRow, ...]
    invite: InviteForm | None
    rule: RulePart | None
    link: LinkToGive | None = None


@dataclass(frozen=True)
class PersonPage:
    """One of them. `ends` is what removing the person, or giving a lower role, would end."""

    row: PersonRow
    organisation: str
    list_url: str
    since: datetime
    roles: tuple[Option, ...]
    roles_url: str | None
    remove_url: str | None
    ends: str
    factors: bool
    """Whether the person has a second factor."""
    reset_url: str | None
    """POST `reason`: take them all; for who may, where there are any."""
    why_not: str = ""
    error: str = ""


@dataclass(frozen=True)
class InvitationPage:
    """What an invitation offers, to whoever has its link."""

    action_url: str
    organisation: str
    role: str
    role_words: str
    email: str
    known: bool
    name: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    directory_url: str | None = None
    """POST: accept it by signing in with the organisation's directory."""
    only_directory: bool = False
    """Whether there is no other way."""
