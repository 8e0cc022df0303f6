"""Deciding, in memory, which records are one strand. Pure: no database, no clock.

Records and strands are joined until nothing more can be. What can be joined stays so when either side
grows, so the result does not depend on the order in which they are looked at.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from accord.linking.evidence import REASSIGNED, SILENCE_DAYS

T = TypeVar("T", bound=Hashable)


class Days(NamedTuple):
    """From which to which day something was observed (proleptic Gregorian ordinals)."""

    first: int
    last: int

    def plus(self, other: Days) -> Days:
        """The shortest time that holds both."""
        return Days(min(self.first, other.first), max(self.last, other.last))

    def apart(self, other: Days) -> int:
        """How many days lie between the two; 0 when they touch."""
        return max(self.first - other.last, other.first - self.last, 0)


@dataclass(frozen=True)
class Node:
    """A record with the identities (ids of selectors, hubs left out) that it shows, and its day."""

    record_id: int
    selectors: tuple[int, ...]
    day: int = 0

    @property
    def held(self) -> dict[int, Days]:
        """When it showed which selector."""
        return dict.fromkeys(self.selectors, Days(self.day, self.day))


@dataclass(frozen=True)
class Holder:
    """A strand as far as a batch concerns it: which of the batch's identities it showed when."""

    strand_id: UUID
    held: dict[int, Days]


@dataclass
class Group:
    """What belongs together: strands that there are, and records that have no strand yet."""

    strands: list[UUID] = field(default_factory=list)
    records: list[int] = field(default_factory=list)


class Sets(Generic[T]):
    """Disjoint sets of things."""

    def __init__(self, things: Iterable[T] = ()) -> None:
        self._parent: dict[T, T] = {thing: thing for thing in things}

    def find(self, thing: T) -> T:
        """The thing that stands for all of its set."""
        parent = self._parent
        parent.setdefault(thing, thing)
        while parent[thing] != thing:
            parent[thing] = parent[parent[thing]]
            thing = parent[thing]
        return thing

    def union(self, one: T, other: T) -> bool:
        """Make one set of two; returns whether they were two."""
        one, other = self.find(one), self.find(other)
        self._parent[other] = one
        return one != other

    def __len__(self) -> int:
        """How many things there are."""
        return len(self._parent)

    def sets(self) -> list[list[T]]:
        """All sets, and their things, in the order in which they came."""
        found: dict[T, list[T]] = {}
        for thing in self._parent:
            found.setdefault(self.find(thing), []).append(thing)
        return list(found.values())


def group(nodes: Sequence[Node], holders: Sequence[Holder], kinds: Mapping[int, str]) -> list[Group]:
    """Join each record to the strands and records that show one of its identities.

    `kinds` gives the kind of each selector. A number that was silent for more than `SILENCE_DAYS` between
    two of them joins them only through others.
    """
    items: list[Node | Holder] = [*holders, *sorted(nodes, key=lambda node: node.record_id)]
    carriers: dict[int, list[tuple[int, Days]]] = {}
    for index, item in enumerate(items):
        for selector, days in item.held.items():
            carriers.setdefault(selector, []).append((index, days))
    sets = Sets(range(len(items)))
    numbers = []
    for selector, found in carriers.items():
        if kinds[selector] in REASSIGNED:
            numbers.append(found)
            continue
        for index, _ in found[1:]:
            sets.union(found[0][0], index)
    # A set's time with one number grows when sets are joined through another, so once more while any is.
    while sum(_join_number(found, sets) for found in numbers):
        pass
    return [_gathered(items[index] for index in found) for found in sets.sets()]


def _join_number(carriers: Sequence[tuple[int, Days]], sets: Sets[int]) -> bool:
    spans: dict[int, Days] = {}
    for index, days in carriers:
        root = sets.find(index)
        spans[root] = spans[root].plus(days) if root in spans else days
    ordered = sorted((days, root) for root, days in spans.items())
    joined = False
    until, last = ordered[0]
    for days, root in ordered[1:]:
        if until.apart(days) <= SILENCE_DAYS:
            joined |= sets.union(last, root)
            until = until.plus(days)
        else:
            until, last = days, root
    return joined


def _gathered(items: Iterable[Node | Holder]) -> Group:
    found = Group()
    for item in items:
        if isinstance(item, Holder):
            found.strands.append(item.strand_id)
        else:
            found.records.append(item.record_id)
    return found


def components(links: Iterable[Sequence[int]]) -> list[set[int]]:
    """Connected components of things that stand together in any of the links."""
    sets: Sets[int] = Sets()
    for link in links:
        for thing in link:
            sets.union(link[0], thing)
    return [set(found) for found in sets.sets()]
