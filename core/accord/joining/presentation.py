"""What the pages of applicants show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accord.web.presentation import FormState, Option


@dataclass(frozen=True)
class ApplyPage:
    """The form for an application: a new one, or one that an invited organisation fills in."""

    action_url: str
    kinds: tuple[Option, ...]
    form: FormState
    invited: bool = False


@dataclass(frozen=True)
class ItemRow:
    """An item of the checklist in words; `state` is `met`, `asked` or `open`."""

    label: str
    state: str
    note: str = ""


@dataclass(frozen=True)
class RecordToPublish:
    """The TXT record that proves the domain, and what was last seen of it."""

    name: str
    value: str
    check_url: str
    problem: str = ""
    checked_at: datetime | None = None
    proved: bool = False


@dataclass(frozen=True)
class StatusPage:
    """How far an application is. `form` is there as long as it may be changed."""

    name: str
    status: str
    turn: str
    waits_for: tuple[str, ...]
    since: datetime
    received_at: datetime | None
    due_at: datetime | None
    overdue: bool
    items: tuple[ItemRow, ...]
    record: RecordToPublish | None
    reason: str = ""
    decided_at: datetime | None = None
    form: ApplyPage | None = None
    withdraw_url: str | None = None
