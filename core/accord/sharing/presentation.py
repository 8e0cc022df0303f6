"""What the pages of sharing show: the preview before a share, the shares received, one share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from accord.caseload.presentation import DocumentView, SelectorTable
from accord.web.presentation import NoteView, Reason, RecordView


@dataclass(frozen=True)
class SharedCaseView:
    """Exactly the document that the recipient gets (`accord_sdk.SharedCase`), and nothing else.

    Selectors stand as the sender chose to share them: plain values have `masked=False`. `records` are
    those of this page: from `first_number` on, of `records_total`.
    """

    title: str
    summary: str = ""
    score: float | None = None
    reasons: tuple[Reason, ...] = ()
    records: tuple[RecordView, ...] = ()
    selectors: SelectorTable = field(default_factory=SelectorTable)
    notes: tuple[NoteView, ...] = ()
    records_total: int = 0
    first_number: int = 1
    next_url: str | None = None
    prev_url: str | None = None


Outcome = Literal["allow", "redact", "ask", "refuse"]


@dataclass(frozen=True)
class ReviewView:
    """What a reviewer said of the draft; the strictest outcome holds."""

    reviewer: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True)
class PreviewPage:
    """A share before it is made. Confirming POSTs `fields` to `confirm_url`; None: it must not go."""

    document: SharedCaseView
    recipient: str
    marking: str
    purpose: str
    basis: str
    back_url: str
    fields: tuple[tuple[str, str], ...]
    """Name and value of every field of the share form, repeated by the confirming form."""
    confirm_url: str | None
    expires_at: datetime | None = None
    reviews: tuple[ReviewView, ...] = ()


@dataclass(frozen=True)
class ReceivedRow:
    """A share that another member made visible to this organisation."""

    url: str
    sender: str
    sender_kind: str
    title: str
    marking: str
    purpose: str
    shared_at: datetime
    expires_at: datetime | None = None
    seen: bool = True
    withdrawn: int = 0
    """Records that were withdrawn since, and are in it no more."""


@dataclass(frozen=True)
class ReceivedPage:
    """The shares received, newest first."""

    rows: tuple[ReceivedRow, ...]
    next_url: str | None = None
    prev_url: str | None = None


@dataclass(frozen=True)
class SharePage:
    """One share, for its recipient (`list_url` is what was received) or its owner (the case)."""

    sender: str
    sender_kind: str
    recipient: str
    marking: str
    purpose: str
    basis: str
    shared_at: datetime
    document: SharedCaseView
    list_url: str
    list_label: str = "Shared with us"
    expires_at: datetime | None = None
    digest: str = ""
    """SHA-256 of the document in hexadecimal, as it was shared at first: proof of what was shared."""
    withdrawn: int = 0
    """Records that were withdrawn since, and are in it no more."""
    changed_at: datetime | None = None
    stix: DocumentView | None = None
    """The share as a STIX 2.1 file."""
