"""What the pages of emergency readings show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from accord.web.presentation import FormState, Option


@dataclass(frozen=True)
class EmergencyRow:
    """An emergency reading at a glance."""

    url: str
    organisation: str
    reader: str
    reason: str
    state: str
    asked_at: datetime
    ends_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    ended_by: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True)
class AskForm:
    """POST `organisation`, `hours` and `reason`."""

    action_url: str
    organisations: tuple[Option, ...]
    hours: tuple[Option, ...]
    form: FormState = field(default_factory=FormState)


@dataclass(frozen=True)
class EmergenciesPage:
    """The emergency readings that one sees."""

    whose: str
    """The member whose data is read; empty for the platform, which sees all."""
    rows: tuple[EmergencyRow, ...]
    ask: AskForm | None = None


@dataclass(frozen=True)
class ReadRow:
    """One thing that was looked at."""

    at: datetime
    subject: str
    asked: str
    purpose: str = ""


@dataclass(frozen=True)
class EmergencyPage:
    """One emergency reading, what may be done, and what was read."""

    row: EmergencyRow
    own: bool
    """Whether the member whose data is read looks at it."""
    back_url: str
    approve_url: str | None = None
    begin_url: str | None = None
    end_url: str | None = None
    end_word: str = "End it"
    read: tuple[ReadRow, ...] | None = None
    """What was read, the newest first; None: whoever looks may not read the audit log."""
