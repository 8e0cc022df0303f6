"""What the pages of "Who can reach what, and why?" show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accord.reach.grants import RoleCount, SharesBetween
from accord.reach.service import Amount
from accord.web.presentation import Option


@dataclass(frozen=True)
class ReachRow:
    """Somebody who reaches a thing or does not, and why."""

    who: str
    may_read: bool
    why: str
    roles: tuple[str, ...] = ()
    what: str = ""
    url: str | None = None


@dataclass(frozen=True)
class ThingPage:
    """A case, a lead or a share and everybody who can reach it."""

    kind: str
    title: str | None
    id: str
    owner: str
    overview_url: str
    thing_url: str | None
    """None: whoever looks may not read the thing itself."""
    people: tuple[ReachRow, ...]
    members: tuple[ReachRow, ...]
    platform: tuple[ReachRow, ...]


@dataclass(frozen=True)
class PersonPage:
    """What one person reaches."""

    name: str
    email: str
    roles: tuple[str, ...]
    active: bool
    permissions: tuple[str, ...]
    amounts: tuple[Amount, ...]
    overview_url: str


@dataclass(frozen=True)
class PersonRow:
    """A person of the organisation and what their roles reach, in words."""

    name: str
    url: str
    roles: tuple[str, ...]
    reaches: tuple[str, ...]
    active: bool


@dataclass(frozen=True)
class ShareLine:
    """A share across the organisation's border."""

    other: str
    made: bool
    url: str
    marking: str
    purpose: str | None
    """None: whoever looks may not read shares."""
    created_at: datetime
    expires_at: datetime | None
    ended: str


@dataclass(frozen=True)
class OverviewPage:
    """An organisation's people and shares, and the form that leads to one thing."""

    organisation: str
    action_url: str
    kinds: tuple[Option, ...]
    people: tuple[PersonRow, ...]
    shares: tuple[ShareLine, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GrantsPage:
    """Who may reach whom, counted."""

    shares: tuple[SharesBetween, ...]
    roles: tuple[RoleCount, ...]
