"""What the readers of a text hand to the detector."""

from __future__ import annotations

from dataclasses import dataclass, field

Attributes = dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Mention:
    """A selector found in folded text: its kind, canonical value, folded span, confidence from 0 to 1."""

    kind: str
    value: str
    start: int
    end: int
    confidence: float
    attributes: Attributes = field(default_factory=dict)
