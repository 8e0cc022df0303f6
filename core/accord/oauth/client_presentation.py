"""What the pages of an organisation's programs show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accord.web.presentation import Option


@dataclass(frozen=True)
class ClientRow:
    """A program at a glance."""

    url: str
    name: str
    kind: str
    proves: str
    last_used_at: datetime | None


@dataclass(frozen=True)
class ClientsPage:
    """An organisation's programs. `new_url` is None for who may only look."""

    rows: tuple[ClientRow, ...]
    new_url: str | None


@dataclass(frozen=True)
class ScopeChoice:
    """A scope in the form."""

    field: str
    name: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class ClientForm:
    """The form that registers a program. `errors` by field."""

    action_url: str
    back_url: str
    kinds: tuple[Option, ...]
    scopes: tuple[ScopeChoice, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GrantRow:
    """What a program holds, from whom."""

    person: str
    scope: str
    since: datetime
    end_url: str | None


@dataclass(frozen=True)
class ClientPage:
    """One program. Addresses are None for who may not; `secret` is told this once."""

    name: str
    client_id: str
    kind: str
    proves: str
    allows: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    networks: tuple[str, ...]
    pushed: bool
    created_at: datetime
    last_used_at: datetime | None
    last_used_from: str | None
    secret_until: datetime | None
    grants: tuple[GrantRow, ...]
    back_url: str
    remove_url: str | None
    secret_url: str | None
    secret: str = ""


@dataclass(frozen=True)
class ExceptionRow:
    """A program of some member that asks for a shared secret."""

    name: str
    organisation: str
    until: datetime | None
    reason: str
    action_url: str
    number: int


@dataclass(frozen=True)
class ExceptionsPage:
    """All of them."""

    rows: tuple[ExceptionRow, ...]
    longest_reason: int
