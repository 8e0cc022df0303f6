"""Leaders of one kind in memory: which of those that share a key with a value is the nearest.

Leaders stand in runs that are sorted by key; a batch's new ones are a run, and runs of like size are made
one, so that there are few and each leader is copied seldom. Everything is arrays: some 250 bytes for an
image of 256 bits with its 32 short keys, 270 for a text of 512 bits with sixteen keys of 63 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accord.linking.keyed import Bits, Keyed, Keys
from accord.linking.numbers import Integers, places

AT_ONCE = 1 << 16
"""Pairs of a value and a leader that are in memory at once."""
TIMES = 4
"""A run is at most a quarter of the one before it, or they are made one."""
LARGEST = 1 << 17
"""Leaders of one run: while two are made one they take several times their memory."""
SHORT = 4
"""Keys of so many bytes may be counted instead of kept."""


class Near(NamedTuple):
    """Pairs of a value, by its index, and a leader, by its number, that share a key, with their distance."""

    values: Integers
    ids: Integers
    distances: Integers


class Nearest(NamedTuple):
    """Of a value the nearest leader, by its number."""

    id: int
    distance: int


class _Run(NamedTuple):
    """Leaders by number, and sorted by key: of each key those leaders' places in the run, rising.

    Where keys are short and leaders many, `ends` says where each possible key's end, and `keys` is empty.
    """

    ids: Integers
    bits: Bits
    gone: NDArray[np.bool_]
    keys: Keys
    ends: NDArray[np.int32] | None
    places: NDArray[np.int32]

    @property
    def bytes(self) -> int:
        return sum(array.nbytes for array in self if array is not None)

    def all_keys(self) -> Keys:
        if self.ends is None:
            return self.keys
        return np.repeat(np.arange(self.ends.size, dtype=self.keys.dtype), np.diff(self.ends, prepend=0))

    def spans(self, wanted: Keys) -> tuple[Integers, Integers]:
        """Where the places under each of these keys end, and how many they are."""
        if self.ends is None:
            after = np.searchsorted(self.keys, wanted, "right")
            return after, after - np.searchsorted(self.keys, wanted, "left")
        last = self.ends.size - 1
        end = self.ends[np.minimum(wanted, last)].astype(np.int64)
        return end, end - np.where(wanted > 0, self.ends[np.minimum(wanted - 1, last)], 0)


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

    def add(self, ids: Integers, new: Keyed) -> None:
        """Keep leaders, whose numbers rise and are above those of all before."""
        if not ids.size:
            return
        owners = np.repeat(np.arange(ids.size, dtype=np.int32), new.counts)
        self._runs.append(_sorted(ids, new.bits, new.keys, owners))
        while len(self._runs) > 1 and _belong_together(*self._runs[-2:]):
            self._runs[-2:] = [_joined(*self._runs[-2:])]

    def forget(self, ids: Sequence[int]) -> None:
        """Let leaders be found no more; their bits are gone at once."""
        wanted = np.unique(np.asarray(ids, np.int64))
        for run in self._runs:
            at, there = places(run.ids, wanted)
            at = at[there]
            run.gone[at] = True
            run.bits[at] = 0

    def nearest(self, values: Keyed, radius: int) -> dict[int, Nearest]:
        """By the index of each value with a leader within the radius the nearest one; of equals the first."""
        near = self.near(values, radius)
        order = np.lexsort((near.ids, near.distances, near.values))
        firsts = order[np.unique(near.values[order], return_index=True)[1]]
        columns = (column[firsts].tolist() for column in near)
        return {value: Nearest(leader, distance) for value, leader, distance in zip(*columns, strict=True)}

    def near(self, values: Keyed, radius: int) -> Near:
        """All leaders within the radius of each value; a pair stands for each key that the two share."""
        found = list(self._near(values, radius))
        if not found:
            return Near(*np.empty((3, 0), np.int64))
        return Near(*map(np.concatenate, zip(*found, strict=True)))

    def _near(self, values: Keyed, radius: int) -> Iterator[Near]:
        order = np.argsort(values.keys)
        wanted = values.keys[order]
        which = np.repeat(np.arange(values.counts.size), values.counts)[order]
        left = np.full(wanted.size, self.most)
        for run in reversed(self._runs):
            end, taken = run.spans(wanted)
            taken = np.minimum(taken, left)
            left -= taken
            for pairs, rows in _rows(end, taken):
                leaders = run.places[rows]
                there = ~run.gone[leaders]
                whose, leaders, distances = _close(
                    values.bits, which[pairs[there]], run.bits, leaders[there], radius
                )
                yield Near(whose, run.ids[leaders], distances)


def _close(
    ours: Bits, whose: Integers, theirs: Bits, leaders: NDArray[np.int32], radius: int
) -> tuple[Integers, NDArray[np.int32], Integers]:
    """The pairs that differ in no more bits than the radius. Most are told by their first words."""
    distances = np.zeros(whose.size, np.int64)
    for word in range(ours.shape[1]):
        distances += np.bitwise_count(ours[whose, word] ^ theirs[leaders, word])
        if word % 2:
            near = distances <= radius
            whose, leaders, distances = whose[near], leaders[near], distances[near]
    return whose, leaders, distances


def _rows(end: Integers, taken: Integers) -> Iterator[tuple[Integers, Integers]]:
    """The rows before each end, so many as are taken of each: whose end it is, and the row."""
    total = taken.cumsum()
    pairs = int(total[-1]) if total.size else 0
    for start in range(0, pairs, AT_ONCE):
        pair = np.arange(start, min(start + AT_ONCE, pairs))
        whose = np.searchsorted(total, pair, "right")
        yield whose, end[whose] + pair - total[whose]


def _sorted(ids: Integers, bits: Bits, keys: Keys, owners: NDArray[np.int32]) -> _Run:
    # Of parts that are sorted already the stable way makes one in a time that grows with their lengths.
    order = np.argsort(keys, kind="stable")
    keys, owners, gone = keys[order], owners[order], np.zeros(ids.size, np.bool_)
    if keys.dtype.itemsize > SHORT or keys.size < int(keys[-1]):
        return _Run(ids, bits, gone, keys, None, owners)
    ends = np.cumsum(np.bincount(keys), dtype=np.int32)
    return _Run(ids, bits, gone, keys[:0], ends, owners)


def _belong_together(older: _Run, newer: _Run) -> bool:
    return older.ids.size <= min(TIMES * newer.ids.size, LARGEST - newer.ids.size)


def _joined(older: _Run, newer: _Run) -> _Run:
    """Two runs as one, without those that are gone."""
    keys = np.concatenate([older.all_keys(), newer.all_keys()])
    owners = np.concatenate([older.places, newer.places + np.int32(older.ids.size)])
    ids, bits = np.concatenate([older.ids, newer.ids]), np.concatenate([older.bits, newer.bits])
    there = ~np.concatenate([older.gone, newer.gone])
    if not there.all():
        kept = there[owners]
        moved = (np.cumsum(there) - 1).astype(np.int32)
        keys, owners, ids, bits = keys[kept], moved[owners[kept]], ids[there], bits[there]
    return _sorted(ids, bits, keys, owners)
