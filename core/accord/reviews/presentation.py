"""What the pages of access reviews show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from accord.web.presentation import FormState


@dataclass(frozen=True)
class ReviewRow:
    """A review at a glance."""

    url: str
    organisation: str
    reason: str
    started_at: datetime
    due_at: datetime
    lapses_at: datetime
    items: int
    decided: int
    closed_at: datetime | None = None
    overdue: bool = False


@dataclass(frozen=True)
class ReviewsPage:
    """The reviews that one sees."""

    whose: str
    rows: tuple[ReviewRow, ...]
    start_url: str | None = None
    """POST `reason`; None: it is not for oneself to start one, or one is open."""
    form: FormState = field(default_factory=FormState)


@dataclass(frozen=True)
class ItemRow:
    """An access, and what was decided about it."""

    id: str
    kind: str
    label: str
    detail: str
    given_by: str
    given_at: datetime
    last_used_at: datetime | None
    use_is_known: bool
    escalated: bool = False
    url: str | None = None
    decide_url: str | None = None
    """POST `decision` and `reason`; None: another admin decides, or it is decided."""
    error: str = ""
    decision: str = ""
    decided_name: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    ended: str = ""


@dataclass(frozen=True)
class ReviewPage:
    """A review with its items, those to decide about first."""

    row: ReviewRow
    back_url: str
    open_items: tuple[ItemRow, ...]
    decided_items: tuple[ItemRow, ...]
    csv_url: str
    jsonl_url: str
