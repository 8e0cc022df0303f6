"""What the platform admin's pages show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OrganisationRow:
    """A member at a glance."""

    slug: str
    name: str
    kind: str
    status: str
    people: int
    joined_at: datetime
    last_sign_in_at: datetime | None = None


@dataclass(frozen=True)
class OrganisationsPage:
    """All members."""

    rows: tuple[OrganisationRow, ...]
