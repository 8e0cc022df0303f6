"""What two strands have in common, how much it says, and why. Pure: no database, no clock.

A bond depends on its two strands alone, never on the leads that they are in or on the order in which
they came. A large lead therefore does not draw strangers in merely by holding many texts and pictures:
one of its strands must itself share enough with the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from accord.linking.evidence import (
    AFTER_SILENCE,
    IMAGES,
    JOIN,
    OTHER_PRICES,
    SAME_AGE,
    SAME_PLACES,
    SAME_PRICES,
    SHARED_PLACE,
    TEMPLATES,
)
from accord_sdk import SelectorKind

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Supports:
    """The places, prices and ages that a strand states."""

    places: frozenset[str] = frozenset()
    prices: frozenset[str] = frozenset()
    ages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, stated: Iterable[str]) -> Supports:
        """From texts such as `place:columbus, oh`."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for one in stated:
            kind, _, value = one.partition(":")
            found[kind].add(value)
        return cls(*(frozenset(found[kind]) for kind in ("place", "price", "age")))


class Evidence(NamedTuple):
    """One thing that speaks for or against two strands being one; `shared` says of how many."""

    what: str
    weight: float
    shared: int = 1


@dataclass(frozen=True)
class Bond:
    """All that two strands have in common."""

    evidence: tuple[Evidence, ...] = field(default=())

    @property
    def weight(self) -> float:
        """How much it says altogether."""
        return sum(one.weight for one in self.evidence)

    @property
    def joins(self) -> bool:
        """Whether that is enough."""
        return self.weight >= JOIN - _ROUNDING


def bond(kinds: Sequence[str], one: Supports, other: Supports) -> Bond:
    """The bond of two strands that share selectors of these kinds, hubs left out."""
    texts, images, numbers = map(kinds.count, (SelectorKind.TEMPLATE, SelectorKind.IMAGE, SelectorKind.PHONE))
    found = [
        Evidence("the same text", sum(TEMPLATES[:texts]), texts),
        Evidence("the same image", sum(IMAGES[:images]), images),
        Evidence("the same number, long silent between", AFTER_SILENCE if numbers else 0.0, numbers),
        *_support(one, other),
    ]
    return Bond(tuple(evidence for evidence in found if evidence.weight))


def _support(one: Supports, other: Supports) -> Iterable[Evidence]:
    if places := len(one.places & other.places):
        if 2 * places >= len(one.places | other.places):
            yield Evidence("the same places", SAME_PLACES, places)
        else:
            yield Evidence("a common place", SHARED_PLACE, places)
    if prices := len(one.prices & other.prices):
        yield Evidence("the same price", sum(SAME_PRICES[:prices]), prices)
    elif one.prices and other.prices:
        yield Evidence("other prices", OTHER_PRICES)
    if ages := len(one.ages & other.ages):
        yield Evidence("the same age", SAME_AGE, ages)


def bonds(
    shared: Mapping[tuple[UUID, UUID], Sequence[str]], supports: Mapping[UUID, Supports]
) -> dict[tuple[UUID, UUID], Bond]:
    """The bonds that join, given the kinds of what pairs of strands share, and what each strand states."""
    found = {
        (one, other): bond(kinds, supports[one], supports[other]) for (one, other), kinds in shared.items()
    }
    return {pair: made for pair, made in found.items() if made.joins}
