"""What the readers of a text hand to the detector."""

from __future__ import annotations

from typing import NamedTuple

Attributes = dict[str, str | int | float]


class Mention(NamedTuple):
    """A selector found in folded text: its kind, canonical value, folded span, confidence from 0 to 1."""

    kind: str
    value: str
    start: int
    end: int
    confidence: float
    attributes: Attributes = {}  # noqa: RUF012 - shared and never written to
