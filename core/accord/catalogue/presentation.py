"""What the pages about plugins show."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from accord.web.presentation import FormState, Option, ProgressRow, StopView


@dataclass(frozen=True)
class PluginRow:
    """A plugin in the catalogue. `state` is `called`, `rests`, `tried` or `not used`."""

    url: str
    name: str
    title: str
    summary: str
    version: str
    publisher: str
    """The name of the member that offers it; empty: it is installed beside Accord."""
    offers: str
    state: str
    stop: StopView | None = None
    slow: bool = False
    waiting: int = 0
    parked: int = 0


@dataclass(frozen=True)
class CataloguePage:
    """`catalogue/plugins.html`: the plugins of the installation."""

    rows: tuple[PluginRow, ...]
    organisation: str


@dataclass(frozen=True)
class Grant:
    """What a plugin reads or calls, and the author's reason."""

    name: str
    reason: str


@dataclass(frozen=True)
class CardView:
    """A plugin's model card."""

    purpose: str
    data: str
    limits: str
    licence: str
    contact: str


@dataclass(frozen=True)
class ParkedRow:
    """A record that the plugin could not look at. `retry_url` takes an empty form, where one may."""

    external_id: str
    source: str
    version: str
    stop: StopView
    tries: int
    parked_at: datetime
    retry_url: str | None


@dataclass(frozen=True)
class Figure:
    """A number and what it counts."""

    label: str
    value: str


@dataclass(frozen=True)
class TurnRow:
    """A turn of the plugin that did not go well."""

    at: datetime
    version: str
    stop: StopView


@dataclass(frozen=True)
class AuthorRow:
    """How the plugin is doing for all members together; `words` say how its turns ended."""

    version: str
    words: str
    code: str
    about: str
    calls: int
    records: int
    findings: int
    speed: str


@dataclass(frozen=True)
class AllowanceRow:
    """A closed marking whose records may be seen in a process that reaches the network, or is asked to be."""

    marking: str
    reason: str
    asked_name: str
    asked_at: datetime
    allowed_name: str = ""
    allowed_at: datetime | None = None
    ended_name: str = ""
    ended_at: datetime | None = None
    allow_url: str | None = None
    end_url: str | None = None


@dataclass(frozen=True)
class RequestRow:
    """What the plugin sent out for the organisation, or was refused."""

    at: datetime
    what: str
    outcome: str
    sent: int
    received: int


@dataclass(frozen=True)
class PluginPage:
    """`catalogue/plugin.html`: one plugin. The addresses take empty forms; None: not yours to press."""

    row: PluginRow
    card: CardView
    ceiling: str
    reads: tuple[Grant, ...]
    calls: tuple[Grant, ...]
    back_url: str
    parked: tuple[ParkedRow, ...] = ()
    retry_url: str | None = None
    start_url: str | None = None
    rerun_url: str | None = None
    suspend_url: str | None = None
    """POST `reason`; likewise `resume_url`. Of a plugin beside Accord, for who decides for all members."""
    resume_url: str | None = None
    digest: str = ""
    """Of one beside Accord: the sha256 of its files; `pins` is what it may load, as name and version."""
    pins: tuple[tuple[str, str], ...] = ()
    use_url: str | None = None
    """The organisation's settings of it, and starting and stopping it."""
    progress: tuple[ProgressRow, ...] = ()
    figures: tuple[Figure, ...] = ()
    days: int = 7
    turns: tuple[TurnRow, ...] = ()
    author: tuple[AuthorRow, ...] = ()
    allowances: tuple[AllowanceRow, ...] = ()
    requests: tuple[RequestRow, ...] = ()
    ask_url: str | None = None
    markings: tuple[Option, ...] = ()
    ask_form: FormState = field(default_factory=FormState)
