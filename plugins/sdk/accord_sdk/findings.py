"""What a detector says of a record: selectors (something that identifies) and signals (indicators).

A finding names the field and the span (`start`, `end`: offsets in Unicode code points of the
original text, end exclusive) that it rests on, so that a person can check it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec


class SelectorKind(StrEnum):
    """Kinds of selector that the host knows how to use. Others are kept and shown, never joined on."""

    PHONE = "phone"
    """E.164, such as +16145550134."""
    EMAIL = "email"
    """Lower case."""
    HANDLE = "handle"
    """platform:name in lower case, such as snapchat:example."""
    URL = "url"
    """Scheme and fragment removed, host in lower case, no trailing slash."""
    WALLET = "wallet"
    """chain:address, such as bitcoin:bc1q..., checksum verified."""
    IMAGE = "image"
    """256-bit PDQ hash as 64 hexadecimal digits; compared by Hamming distance."""
    TEMPLATE = "template"
    """512-bit text sketch as 128 hexadecimal digits; compared by Hamming distance between
    records that share one of the finding's `keys`."""
    PRICE = "price"
    """AMOUNT CURRENCY/MINUTES, such as 200 USD/60; unknown parts left out. Describes only."""
    AGE = "age"
    """Whole years, such as 23. Describes only."""
    PLACE = "place"
    """Name, such as Columbus, OH, US. Describes only."""


class Selector(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, tag="selector"):
    """Something that identifies or describes: its kind, canonical value, where it stands.

    `confidence` is 0-1. `keys` are blocking keys for kinds compared by distance (see
    `SelectorKind`). `attributes` holds parts of the value, such as a price's minutes.
    """

    kind: str
    value: str
    field: str | None = None
    start: int | None = None
    end: int | None = None
    confidence: float = 1.0
    keys: tuple[int, ...] = ()
    attributes: dict[str, str | int | float] = {}


class Signal(msgspec.Struct, frozen=True, omit_defaults=True, gc=False, tag="signal"):
    """An indicator with its direction: +1 speaks for exploitation, -1 against, 0 explains only.

    `strength` is 0-1. `source` cites where the indicator comes from (a DOI, a report).
    `note` says in a few words what was seen, never quoting a contact value.
    """

    kind: str
    sign: Literal[-1, 0, 1]
    strength: float = 1.0
    source: str = ""
    note: str = ""
    field: str | None = None
    start: int | None = None
    end: int | None = None
    confidence: float = 1.0


Finding = Selector | Signal


class Found(msgspec.Struct, frozen=True, gc=False, tag="found"):
    """The detector looked at record `ref` of its batch; no findings means: looked, found nothing."""

    ref: int
    findings: tuple[Finding, ...] = ()


class Failed(msgspec.Struct, frozen=True, omit_defaults=True, tag="failed"):
    """The detector could not look at record `ref`.

    `code` is short and stable; `retry` asks for another go.
    """

    ref: int
    code: str
    message: str = ""
    retry: bool = False


class Skipped(msgspec.Struct, frozen=True, tag="skipped"):
    """The detector chose not to look at record `ref`, for instance a language that it does not know."""

    ref: int
    reason: str


Result = Found | Failed | Skipped
