"""What the pages of the queue, a lead and a case show.

Every page is a frozen record that its view fills. An address that is None means that the person may
not do it: the page leaves the control out. Moments are aware; scores run from 0 to 100.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from accord.caseload.graph_presentation import GraphView
from accord.caseload.minor_presentation import MinorPanel
from accord.caseload.verdict_presentation import VerdictMark, VerdictPanel
from accord.web.presentation import FormState, NoteView, Option, Reason, RecordView, SelectorRow, Sign

LeadState = Literal["all", "unopened", "opened"]


@dataclass(frozen=True)
class QueueFilter:
    """What the queue is narrowed to. GET fields: `q`, `place`, `score`, `state`, `verdict`."""

    action_url: str
    """The queue's own address without a query; also what `clear` leads to."""
    text: str = ""
    place: str = ""
    minimum_score: int = 0
    state: LeadState = "all"
    places: tuple[str, ...] = ()
    """Places to suggest while typing."""
    verdicts: tuple[Option, ...] = ()
    """Verdicts to choose from."""

    @property
    def active(self) -> bool:
        """Whether anything is filtered out."""
        chosen = any(option.selected and option.value != "all" for option in self.verdicts)
        return bool(self.text or self.place or self.minimum_score) or self.state != "all" or chosen


@dataclass(frozen=True)
class QueueRow:
    """A lead in the queue. `reasons` are the three that weigh most of those that say something of people."""

    rank: int
    lead_id: str
    url: str
    title: str
    score: float
    reasons: tuple[Reason, ...]
    records: int
    first_seen: datetime
    last_seen: datetime
    places: tuple[str, ...]
    phones: int = 0
    case_url: str | None = None
    assignee: str | None = None
    urgent_word: str | None = None
    """Set for leads to be read first, such as `Urgent`; the row stands out."""
    verdict: VerdictMark | None = None


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue, most pressing first."""

    rows: tuple[QueueRow, ...]
    filter: QueueFilter
    next_url: str | None
    prev_url: str | None
    total: int | None = None
    """Leads that match; None where counting would cost too much."""
    more_than_total: bool = False
    """Whether there are more, which are not counted."""
    waiting: int = 0
    """Leads that changed and are being ranked anew: the order may still move."""
    priorities_url: str | None = None
    """What each indicator weighs."""
    minors_url: str | None = None
    minors_waiting: int = 0
    """Leads that may be about a minor and wait for a decision, for who may see them."""


@dataclass(frozen=True)
class LeadHeader:
    """The facts of a lead. `open_url` (POST) opens it as a case; `case_url` leads to its case."""

    lead_id: str
    title: str
    score: float
    rank: int | None
    records: int
    first_seen: datetime
    last_seen: datetime
    places: tuple[str, ...] = ()
    phones: int = 0
    urgent_word: str | None = None
    case_url: str | None = None
    open_url: str | None = None
    assignee: str | None = None
    chance: str = ""
    """How often leads that scored like this one were confirmed, where verdicts say so."""


@dataclass(frozen=True)
class RecordList:
    """One page of a lead's records; the addresses give the lead's page, or under htmx the fragment."""

    rows: tuple[RecordView, ...]
    total: int
    first_number: int = 1
    next_url: str | None = None
    prev_url: str | None = None


@dataclass(frozen=True)
class SelectorTable:
    """Selectors as they are read: what leads to a person first, the others on demand or counted."""

    shown: tuple[SelectorRow, ...] = ()
    folded: tuple[SelectorRow, ...] = ()
    counted: tuple[str, ...] = ()
    """What is not listed at all, in words, such as `143 image hashes`."""


@dataclass(frozen=True)
class SelectorList:
    """A lead's selectors. `unmask_url` (POST `purpose`) shows plain values and is logged.

    `unmasked_for` is the purpose once that has happened.
    """

    table: SelectorTable
    unmask_url: str | None = None
    unmasked_for: str = ""
    form: FormState = field(default_factory=FormState)


@dataclass(frozen=True)
class SignalRow:
    """How many of the lead's records carry an indicator. `strength` is 0-1."""

    label: str
    sign: Sign
    records: int
    strength: float
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class TimelineBar:
    """One week (or other equal span) of the lead: its start, how to call it, records and places."""

    start: datetime
    label: str
    records: int
    places: int = 0


@dataclass(frozen=True)
class LeadPage:
    """Everything about one lead."""

    lead: LeadHeader
    queue_url: str
    reasons: tuple[Reason, ...]
    records: RecordList
    selectors: SelectorList
    signals: tuple[SignalRow, ...]
    timeline: tuple[TimelineBar, ...]
    parts_url: str
    """GET: its parts and what joins them."""
    texts_url: str
    """GET: what its near-duplicate texts have in common; under htmx the fragment."""
    graph: GraphView | None = None
    verdict: VerdictPanel = field(default_factory=VerdictPanel)
    minor: MinorPanel | None = None
    """None for who may not see whether a lead may be about a minor."""
    beginning: float | None = None
    """Points that every lead begins with, where they and those of the reasons add up to the score."""


@dataclass(frozen=True)
class CaseRow:
    """A case in the list."""

    case_id: str
    url: str
    title: str
    status: str
    marking: str
    updated_at: datetime
    assignee: str | None = None
    score: float | None = None


@dataclass(frozen=True)
class CasesPage:
    """The organisation's cases, last changed first. `states` filters by GET field `status`."""

    rows: tuple[CaseRow, ...]
    queue_url: str
    action_url: str
    next_url: str | None = None
    prev_url: str | None = None
    states: tuple[Option, ...] = ()


@dataclass(frozen=True)
class CaseHeader:
    """The facts of a case."""

    case_id: str
    title: str
    status: str
    marking: str
    owner_name: str
    opened_at: datetime
    opened_by: str
    assignee: str | None = None


@dataclass(frozen=True)
class ChoiceForm:
    """A form of one select: POST to `action_url`; the field's name is in the template that shows it."""

    action_url: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class NoteForm:
    """POST `body`."""

    action_url: str
    form: FormState = field(default_factory=FormState)


@dataclass(frozen=True)
class EventView:
    """A line of a case's timeline. `icon` is one of `accord.web.assets.ICONS`."""

    at: datetime
    actor: str
    sentence: str
    icon: str = "circle-dot"


@dataclass(frozen=True)
class ShareForm:
    """The way to share a case; the first step is always the preview.

    POST to `preview_url`: `recipient`, `purpose`, `basis`, `marking`, `expires_on` (a date),
    `include_notes` and `include_contacts` (`1` when ticked), `records` (`all` or `first`),
    `records_first` (a number). It answers with `sharing/preview.html`, under htmx with
    `sharing/_preview.html`.
    """

    preview_url: str
    recipients: tuple[Option, ...]
    bases: tuple[Option, ...]
    markings: tuple[Option, ...]
    records_total: int
    form: FormState = field(default_factory=FormState)


ShareState = Literal["active", "expired", "revoked"]


@dataclass(frozen=True)
class ShareRow:
    """A share that was made of this case. `revoke_url` is a POST."""

    recipient: str
    marking: str
    purpose: str
    basis: str
    created_at: datetime
    state: ShareState
    expires_at: datetime | None = None
    view_url: str | None = None
    revoke_url: str | None = None


DocumentState = Literal["none", "pending", "ready", "failed"]


@dataclass(frozen=True)
class DocumentView:
    """The case as a STIX 2.1 file.

    `prepare_url` is a POST that answers with the case's page, under htmx with
    `caseload/_document.html`; `status_url` gives that fragment and is asked while `state` is
    `pending`.
    """

    state: DocumentState
    prepare_url: str | None = None
    status_url: str | None = None
    download_url: str | None = None
    filename: str = ""
    made_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True)
class DeliveryRow:
    """A share carried to an outside system by a case-sharing hook."""

    recipient: str
    plugin: str
    status: str
    created_at: datetime
    reference: str = ""
    error: str = ""
    download_url: str | None = None


@dataclass(frozen=True)
class CasePage:
    """Everything about one case. Forms that are None are not the person's to use."""

    case: CaseHeader
    cases_url: str
    lead: LeadHeader
    lead_url: str
    reasons: tuple[Reason, ...]
    notes: tuple[NoteView, ...]
    events: tuple[EventView, ...]
    shares: tuple[ShareRow, ...]
    deliveries: tuple[DeliveryRow, ...] = ()
    document: DocumentView | None = None
    assign: ChoiceForm | None = None
    """Field `assignee`; the empty value takes the case from everybody."""
    status: ChoiceForm | None = None
    """Field `status`."""
    note: NoteForm | None = None
    share: ShareForm | None = None
    access_url: str | None = None
    """Who can reach the case, and why."""
    verdict: VerdictPanel = field(default_factory=VerdictPanel)
