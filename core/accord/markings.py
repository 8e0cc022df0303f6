"""TLP 2.0 markings, from the most open to the most closed."""

from __future__ import annotations

from enum import StrEnum
from functools import cache


class Marking(StrEnum):
    """Traffic Light Protocol 2.0 (FIRST, 2022)."""

    CLEAR = "TLP:CLEAR"
    GREEN = "TLP:GREEN"
    AMBER = "TLP:AMBER"
    AMBER_STRICT = "TLP:AMBER+STRICT"
    RED = "TLP:RED"


_ORDER = {marking: rank for rank, marking in enumerate(Marking)}


def within(marking: str, ceiling: str) -> bool:
    """Whether something with this marking is at or below the ceiling."""
    return _rank(marking) <= _rank(ceiling)


@cache
def _rank(marking: str) -> int:
    return _ORDER[Marking(marking)]


def strictest(markings: set[str]) -> Marking:
    """The most closed of the markings; AMBER where there are none."""
    return max((Marking(marking) for marking in markings), key=_ORDER.__getitem__, default=Marking.AMBER)
