"""What the pages about sources show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from accord.web.presentation import FormState, Option, ProgressRow, StopView


@dataclass(frozen=True)
class SourceRow:
    """A source at a glance."""

    url: str
    slug: str
    plugin: str
    marking: str
    records: int
    schedule: str
    pulling: bool
    last_pull_at: datetime | None = None
    next_pull_at: datetime | None = None
    trouble: StopView | None = None
    held: bool = False
    """Whether the trouble is that its plugin runs for nobody; else its last pull ended early."""
    failures: int = 0


@dataclass(frozen=True)
class SourcesPage:
    """`feeds/sources.html`."""

    rows: tuple[SourceRow, ...]
    organisation: str
    new_url: str | None = None


@dataclass(frozen=True)
class OfferedSource:
    """A plugin that brings records in, to choose from."""

    url: str
    title: str
    summary: str
    chosen: bool


@dataclass(frozen=True)
class SettingField:
    """A setting of the chosen plugin in the form."""

    name: str
    kind: str
    help: str
    required: bool
    secret: bool
    value: str
    error: str = ""


@dataclass(frozen=True)
class AddPage:
    """`feeds/new.html`: which plugin, and once one is chosen its form."""

    back_url: str
    offered: tuple[OfferedSource, ...]
    plugin: str
    title: str
    sentence: str
    add_url: str
    plugin_sources: tuple[Option, ...]
    markings: tuple[Option, ...]
    settings: tuple[SettingField, ...]
    form: FormState = field(default_factory=FormState)


@dataclass(frozen=True)
class PullRow:
    """One pull: what it brought."""

    requested_at: datetime
    finished_at: datetime | None
    backfill: bool
    read: int
    stored: int
    unchanged: int
    rejected: int
    removed: int
    progress: str = ""
    error: str = ""
    code: str = ""


@dataclass(frozen=True)
class RejectRow:
    """Something that the source gave and that is no record."""

    position: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class SourcePage:
    """`feeds/source.html`: one source. Addresses that are None are not yours to use."""

    row: SourceRow
    back_url: str
    pulls: tuple[PullRow, ...]
    rejects: tuple[RejectRow, ...]
    settings: tuple[tuple[str, str], ...] = ()
    pull_url: str | None = None
    backfill_url: str | None = None
    schedule_url: str | None = None
    withdraw_url: str | None = None
    remove_url: str | None = None
    """While it holds no records."""
    detectors: tuple[ProgressRow, ...] = ()
    every: str = ""
    cron: str = ""
    schedule_form: FormState = field(default_factory=FormState)
    withdraw_form: FormState = field(default_factory=FormState)
