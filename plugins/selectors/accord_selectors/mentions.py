"""What the readers of a text hand to the detector."""

from __future__ import annotations

import msgspec

Attributes = dict[str, str | int | float]


class Mention(msgspec.Struct, frozen=True, gc=False):
    """A selector found in folded text: its kind, canonical value, folded span, confidence from 0 to 1."""

    kind: str
    value: str
    start: int
    end: int
    confidence: float
    attributes: Attributes = {}
