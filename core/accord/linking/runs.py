"""Leaders of one kind in memory: which of those that share a key with a value is the nearest.

Leaders stand in runs that are sorted by key; a batch's new ones are a run, and runs of like size are made
one, so that there are few and each leader is copied seldom. Everything is arrays: about 170 bytes for an
image of 256 bits with its sixteen short keys, 270 for a text of 512 bits with sixteen keys of 63 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accord.linking.numbers import Integers, places

AT_ONCE = 1 << 16
"""Pairs of a value and a leader that are in memory at once."""
TIMES = 4
"""A run is at most a quarter of the one before it, or they are made one."""

Keys = NDArray[Any]
Bits = NDArray[np.uint64]
"""One row of 64-bit words for each value."""


class Values(NamedTuple):
    """Values that look for their leaders: the bits of each, and its keys."""

    bits: Bits
    keys: Sequence[Sequence[int]]


class New(NamedTuple):
    """Leaders to be kept, in the order of their numbers; their keys one after the other, so many of each."""

    ids: Integers
    bits: Bits
    keys: Keys
    counts: Integers


class Nearest(NamedTuple):
    """Of a value the nearest leader, by its number."""

    id: int
    distance: int


class _Run(NamedTuple):
    """Leaders by number, and sorted by key: of each key those leaders' places in the run, rising."""

    ids: Integers
    bits: Bits
    gone: NDArray[np.bool_]
    keys: Keys
    places: NDArray[np.int32]

    @property
    def bytes(self) -> int:
        return sum(array.nbytes for array in self)


@dataclass
class Runs:
    """Leaders of one kind. Of a key no more than the newest `most` are compared.

    Keys that more share are stock phrases, or parts of pictures that say nothing; what belongs to one of
    those leaders shares its other keys as well.
    """

    most: int
    _runs: list[_Run] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """The memory that they take."""
        return sum(run.bytes for run in self._runs)

    def add(self, new: New) -> None:
        """Keep leaders, whose numbers are above those of all before."""
        if not new.ids.size:
            return
        places = np.repeat(np.arange(new.ids.size, dtype=np.int32), new.counts)
        self._runs.append(_sorted(new.ids, new.bits, new.keys, places))
        while len(self._runs) > 1 and self._runs[-2].ids.size <= TIMES * self._runs[-1].ids.size:
            self._runs[-2:] = [_joined(*self._runs[-2:])]

    def forget(self, ids: Sequence[int]) -> None:
        """Let leaders be found no more; their bits are gone at once."""
        wanted = np.unique(np.asarray(ids, np.int64))
        for run in self._runs:
            at, there = places(run.ids, wanted)
            at = at[there]
            run.gone[at] = True
            run.bits[at] = 0

    def nearest(self, values: Values, radius: int) -> dict[int, Nearest]:
        """By the index of each value with a leader within the radius the nearest one; of equals the first."""
        found = list(self._near(values, radius))
        if not found:
            return {}
        which, ids, distances = map(np.concatenate, zip(*found, strict=True))
        order = np.lexsort((ids, distances, which))
        firsts = order[np.unique(which[order], return_index=True)[1]]
        columns = (which[firsts].tolist(), ids[firsts].tolist(), distances[firsts].tolist())
        return {value: Nearest(leader, distance) for value, leader, distance in zip(*columns, strict=True)}

    def _near(self, values: Values, radius: int) -> Iterator[tuple[Integers, Integers, Integers]]:
        """Pairs of a value and a leader within the radius that share a key; with the distance."""
        if not self._runs:
            return
        counts = [len(keys) for keys in values.keys]
        kind = self._runs[0].keys.dtype
        wanted = np.fromiter(chain.from_iterable(values.keys), np.int64, sum(counts)).astype(kind)
        order = np.argsort(wanted)
        wanted, which = wanted[order], np.repeat(np.arange(len(counts)), counts)[order]
        left = np.full(wanted.size, self.most)
        for run in reversed(self._runs):
            end = np.searchsorted(run.keys, wanted, "right")
            taken = np.minimum(end - np.searchsorted(run.keys, wanted, "left"), left)
            left -= taken
            for pairs, rows in _rows(end, taken):
                places = run.places[rows]
                there = ~run.gone[places]
                places, whose = places[there], which[pairs[there]]
                differing = np.bitwise_count(values.bits[whose] ^ run.bits[places])
                distances = differing.sum(axis=1, dtype=np.int64)
                near = distances <= radius
                yield whose[near], run.ids[places[near]], distances[near]


def _rows(end: Integers, taken: Integers) -> Iterator[tuple[Integers, Integers]]:
    """The rows before each end, so many as are taken of each: whose end it is, and the row."""
    total = taken.cumsum()
    pairs = int(total[-1]) if total.size else 0
    for start in range(0, pairs, AT_ONCE):
        pair = np.arange(start, min(start + AT_ONCE, pairs))
        whose = np.searchsorted(total, pair, "right")
        yield whose, end[whose] + pair - total[whose]


def _sorted(ids: Integers, bits: Bits, keys: Keys, places: NDArray[np.int32]) -> _Run:
    # Of parts that are sorted already the stable way makes one in a time that grows with their lengths.
    order = np.argsort(keys, kind="stable")
    return _Run(ids, bits, np.zeros(ids.size, np.bool_), keys[order], places[order])


def _joined(older: _Run, newer: _Run) -> _Run:
    """Two runs as one, without those that are gone."""
    keys = np.concatenate([older.keys, newer.keys])
    places = np.concatenate([older.places, newer.places + np.int32(older.ids.size)])
    ids, bits = np.concatenate([older.ids, newer.ids]), np.concatenate([older.bits, newer.bits])
    there = ~np.concatenate([older.gone, newer.gone])
    if not there.all():
        kept = there[places]
        moved = (np.cumsum(there) - 1).astype(np.int32)
        keys, places, ids, bits = keys[kept], moved[places[kept]], ids[there], bits[there]
    return _sorted(ids, bits, keys, places)
