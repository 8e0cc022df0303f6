"""What the page of an organisation's directory shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accord.web.presentation import Option


@dataclass(frozen=True)
class TokenRow:
    """A token. Addresses are None for who may not, and for one that has ended."""

    name: str
    state: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_used_from: str | None
    replace_url: str | None
    revoke_url: str | None


@dataclass(frozen=True)
class MappingRow:
    """A group and the role that it gives."""

    group: str
    role: str
    users: int
    made_by: str
    remove_url: str | None


@dataclass(frozen=True)
class DirectoryPage:
    """The whole page. `forms` is False for who may only look; `secret` is told this once."""

    address: str
    domains: tuple[str, ...]
    users: int
    active: int
    waiting: int
    groups: int
    last_used_at: datetime | None
    tokens: tuple[TokenRow, ...]
    mappings: tuple[MappingRow, ...]
    unmapped: tuple[str, ...]
    default_domains: tuple[Option, ...]
    default_roles: tuple[Option, ...]
    default_domain: str
    default_role: str
    roles: tuple[Option, ...]
    forms: bool
    tokens_url: str
    mappings_url: str
    defaults_url: str
    secret: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
