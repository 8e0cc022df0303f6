"""Deciding, in memory, which records and leads belong together. Pure: no database, no clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from accord.linking.evidence import AFTER_SILENCE, JOIN, REASSIGNED, SILENCE_DAYS, WEIGHTS


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
    """A record with the selectors (ids, hubs left out) that it carries, and its day."""

    record_id: int
    selectors: tuple[int, ...]
    day: int = 0

    @property
    def held(self) -> dict[int, Days]:
        """When it showed which selector."""
        return dict.fromkeys(self.selectors, Days(self.day, self.day))


@dataclass(frozen=True)
class Holder:
    """A lead as far as a batch concerns it: which of the batch's selectors it held when."""

    lead_id: UUID
    held: dict[int, Days]


@dataclass
class Group:
    """What belongs together: leads that there are, and records that have no lead yet."""

    leads: list[UUID] = field(default_factory=list)
    records: list[int] = field(default_factory=list)


class _Sets:
    """Disjoint sets of 0..n-1 by union to the smaller index."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def find(self, item: int) -> int:
        while self._parent[item] != item:
            self._parent[item] = self._parent[self._parent[item]]
            item = self._parent[item]
        return item

    def union(self, left: int, right: int) -> None:
        low, high = sorted((self.find(left), self.find(right)))
        self._parent[high] = low


def group(nodes: Sequence[Node], holders: Sequence[Holder], kinds: Mapping[int, str]) -> list[Group]:
    """Join each record to whatever shares enough evidence with it.

    `kinds` gives the kind of each selector. Records are taken in the order of their ids.
    """
    items: list[Node | Holder] = [*holders, *sorted(nodes, key=lambda node: node.record_id)]
    sets = _Sets(len(items))
    carriers: dict[int, dict[int, Days]] = {}
    for index, item in enumerate(items):
        if isinstance(item, Node):
            _join(index, item, sets, carriers, kinds)
        for selector, days in item.held.items():
            carriers.setdefault(selector, {})[index] = days
    return _groups(items, sets)


def _join(
    index: int,
    node: Node,
    sets: _Sets,
    carriers: dict[int, dict[int, Days]],
    kinds: Mapping[int, str],
) -> None:
    shared: defaultdict[int, float] = defaultdict(float)
    for selector in node.selectors:
        roots = _roots(carriers.get(selector, {}), sets)
        if roots:
            carriers[selector] = roots
        for root, days in roots.items():
            shared[root] += _weight(kinds[selector], days.apart(Days(node.day, node.day)))
    for root, weight in shared.items():
        if weight >= JOIN:
            sets.union(index, root)


def _roots(carriers: Mapping[int, Days], sets: _Sets) -> dict[int, Days]:
    roots: dict[int, Days] = {}
    for index, days in carriers.items():
        root = sets.find(index)
        roots[root] = roots[root].plus(days) if root in roots else days
    return roots


def _weight(kind: str, silent_days: int) -> float:
    if silent_days > SILENCE_DAYS and kind in REASSIGNED:
        return AFTER_SILENCE
    return WEIGHTS[kind]


def _groups(items: Sequence[Node | Holder], sets: _Sets) -> list[Group]:
    groups: dict[int, Group] = {}
    for index, item in enumerate(items):
        found = groups.setdefault(sets.find(index), Group())
        if isinstance(item, Holder):
            found.leads.append(item.lead_id)
        else:
            found.records.append(item.record_id)
    return list(groups.values())


def components(links: Iterable[tuple[int, ...]]) -> list[set[int]]:
    """Connected components of things that stand together in any of the tuples."""
    index: dict[int, int] = {}
    rows = [tuple(index.setdefault(thing, len(index)) for thing in link) for link in links]
    sets = _Sets(len(index))
    for row in rows:
        for other in row[1:]:
            sets.union(row[0], other)
    found: dict[int, set[int]] = {}
    for thing, position in index.items():
        found.setdefault(sets.find(position), set()).add(thing)
    return list(found.values())
