"""Simple ways to join records, to compare Accord's clusters with, for `leads.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Protocol

Key = tuple[str, str]
Clusters = dict[Key, Hashable]


class TrueRecord(Protocol):
    """The truth about a record, from whichever generator."""

    @property
    def key(self) -> Key: ...
    @property
    def entity(self) -> str: ...
    @property
    def ring(self) -> str | None: ...
    @property
    def urgency(self) -> int: ...


def components(groups: Iterable[Sequence[Key]], keys: Iterable[Key]) -> Clusters:
    """Each record's connected component; records of a group are connected."""
    parent = {key: key for key in keys}

    def find(key: Key) -> Key:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for first, *rest in groups:
        for other in rest:
            parent[find(other)] = find(first)
    return {key: find(key) for key in parent}


def sharing(values: Mapping[Key, Iterable[Hashable]]) -> list[list[Key]]:
    """Groups of records that share a value."""
    groups: defaultdict[Hashable, list[Key]] = defaultdict(list)
    for key, carried in values.items():
        for value in carried:
            groups[value].append(key)
    return list(groups.values())
