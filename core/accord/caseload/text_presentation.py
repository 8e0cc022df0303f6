"""What the page of a lead's near-duplicate texts shows."""

from __future__ import annotations

from dataclasses import dataclass

from accord.caseload.slots import Slot
from accord.caseload.texts import LeadText

MOST_VARIANTS = 6
"""What is listed of what stands in a slot."""


@dataclass(frozen=True)
class TextSlot:
    """A place where texts differ: what stands there and in how many texts, and what is left out."""

    number: int
    variants: tuple[tuple[str, int], ...]
    more: int = 0


@dataclass(frozen=True)
class TextView:
    """A text template: stretches in common (words) and slots (their number), in order."""

    records: int
    texts: int
    parts: tuple[str | int, ...]
    slots: tuple[TextSlot, ...]
    hub: str = ""


@dataclass(frozen=True)
class LeadTextsPage:
    """A lead's text templates."""

    lead_url: str
    lead_title: str
    texts: tuple[TextView, ...]


def text_view(found: LeadText) -> TextView:
    """A text template with its slots, the frequent variants of each."""
    shared = found.shared
    return TextView(
        records=found.records,
        texts=shared.texts,
        parts=tuple(part.number if isinstance(part, Slot) else part.words for part in shared.parts),
        slots=tuple(_text_slot(slot) for slot in shared.slots),
        hub=found.hub,
    )


def _text_slot(slot: Slot) -> TextSlot:
    listed = slot.variants[:MOST_VARIANTS]
    return TextSlot(
        slot.number,
        tuple((variant.words, variant.texts) for variant in listed),
        more=len(slot.variants) - len(listed),
    )
