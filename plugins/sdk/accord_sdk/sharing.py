"""What a case-sharing hook sees and answers: drafts to review, shares to deliver, receipts."""

from __future__ import annotations

from datetime import datetime

import msgspec

from accord_sdk.records import Place, Price


class Party(msgspec.Struct, frozen=True, omit_defaults=True):
    """A member organisation: its slug, name and kind (technology company, police unit, ...)."""

    slug: str
    name: str
    kind: str = "other"


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a lead ranks where it ranks: indicator, direction, contribution in log-odds, evidence, source."""

    indicator: str
    sign: int
    weight: float
    contribution: float
    evidence: str
    source: str = ""


class SharedSelector(msgspec.Struct, frozen=True, omit_defaults=True):
    """A selector of the case and on how many of the shared records it stands."""

    kind: str
    value: str
    records: int = 1


class SharedRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A record of the case, as far as the sender chose to share it. `key` is stable within the share."""

    key: str
    source: str
    observed_at: datetime
    title: str | None = None
    body: str | None = None
    url: str | None = None
    place: Place | None = None
    prices: tuple[Price, ...] = ()
    images: tuple[str, ...] = ()
    selectors: tuple[SharedSelector, ...] = ()


class SharedNote(msgspec.Struct, frozen=True):
    """A note of the case that the sender chose to share."""

    author: str
    written_at: datetime
    body: str


class SharedCase(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exactly what the recipient gets to see of a case, and nothing else."""

    title: str
    summary: str = ""
    score: float | None = None
    reasons: tuple[Reason, ...] = ()
    records: tuple[SharedRecord, ...] = ()
    selectors: tuple[SharedSelector, ...] = ()
    notes: tuple[SharedNote, ...] = ()


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    """A share that a person is about to make; reviewers judge it. `marking` is a TLP 2.0 label."""

    sender: Party
    recipient: Party
    marking: str
    purpose: str
    basis: str
    case: SharedCase
    expires_at: datetime | None = None


class Share(msgspec.Struct, frozen=True, omit_defaults=True):
    """A share to deliver. `key` makes delivery idempotent: the same key means the same share."""

    key: str
    created_at: datetime
    sender: Party
    recipient: Party
    marking: str
    purpose: str
    basis: str
    case: SharedCase
    expires_at: datetime | None = None


class Document(msgspec.Struct, frozen=True):
    """A file that a deliverer made; the host keeps it and offers it for download."""

    filename: str
    media_type: str
    content: bytes


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """Proof of a delivery: the share's key and the outside system's own reference."""

    key: str
    reference: str
    delivered_at: datetime | None = None


class Allow(msgspec.Struct, frozen=True, tag="allow"):
    """The reviewer has nothing against the share."""


class Redact(msgspec.Struct, frozen=True, tag="redact"):
    """The share may go once these fields of its records are taken out."""

    fields: tuple[str, ...]
    reason: str


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """A person has to decide; a reviewer that fails counts as this."""

    reason: str


class Refuse(msgspec.Struct, frozen=True, tag="refuse"):
    """The share must not go."""

    reason: str


Verdict = Allow | Redact | Ask | Refuse


class Delivered(msgspec.Struct, frozen=True, omit_defaults=True, tag="delivered"):
    """The share reached the outside system, or became `document`."""

    receipt: Receipt
    document: Document | None = None


class Deferred(msgspec.Struct, frozen=True, tag="deferred"):
    """Not now; try again after so many seconds."""

    reason: str
    retry_after_s: float = 60.0


class Rejected(msgspec.Struct, frozen=True, tag="rejected"):
    """The outside system will not take this share."""

    reason: str


Delivery = Delivered | Deferred | Rejected


class Retracted(msgspec.Struct, frozen=True, tag="retracted"):
    """The outside system took the share back."""

    reference: str


class CannotRetract(msgspec.Struct, frozen=True, tag="cannot_retract"):
    """The outside system cannot take the share back; the reason says what a person should do."""

    reason: str


Retraction = Retracted | CannotRetract
