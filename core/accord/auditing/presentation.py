"""What the audit log's pages show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accord.web.presentation import Option


@dataclass(frozen=True)
class Fact:
    """A named value of an entry, in words. Of a change `before` holds what was there."""

    name: str
    value: str
    before: str | None = None


@dataclass(frozen=True)
class EntryRow:
    """An entry. `sequence` is its place in the sealed log; None: it waits."""

    number: int
    at: datetime
    actor: str
    actor_url: str | None
    tag: str
    subject: str
    subject_url: str
    why: str | None
    facts: tuple[Fact, ...]
    changes: tuple[Fact, ...]
    address: str | None
    user_agent: str | None
    sequence: int | None


@dataclass(frozen=True)
class AuditFilterForm:
    """What was asked for, as it was entered."""

    action_url: str
    people: tuple[Option, ...]
    tags: tuple[Option, ...]
    subject: str
    since: str
    until: str
    used: bool
    errors: dict[str, str]


@dataclass(frozen=True)
class CheckpointView:
    """The latest checkpoint, and where to get what is needed to check it."""

    size: int
    at: datetime
    root: str
    public_key: str
    note_url: str
    bundle_url: str


@dataclass(frozen=True)
class AuditLogPage:
    """A page of the log."""

    whose: str
    platform: bool
    rows: tuple[EntryRow, ...]
    filter: AuditFilterForm
    checkpoint: CheckpointView | None
    jsonl_url: str
    csv_url: str
    prev_url: str | None = None
    next_url: str | None = None
