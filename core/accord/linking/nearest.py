"""The nearest stored leader of each value that is compared by distance.

PostgreSQL finds the leaders that stand under a batch's keys; which of them is the nearest is computed
here, in arrays. Most are strangers that share one key by chance: their hints tell, and their values are not
read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from accord.linking.leaders import Bits, Hints, Integers, Leaders, bits_of, hints_of, under, values_of
from accord.linking.leaders import Values as Stored

AT_ONCE = 1 << 16
"""Pairs of a value and a leader that are in memory at once."""
HINT_RADIUS = 11
"""Hints of 32 bits that differ in more are of values beyond the radius: of two images that differ in 31
of 256 bits 0.005 % would be taken for strangers, of two texts that differ in 69 of 512 bits 0.04 %;
19 of 20 strangers are."""


class Values(NamedTuple):
    """Values of one kind: the hexadecimal digits of each, its buckets, and from where on it is another."""

    kind: str
    digits: Sequence[str]
    buckets: Sequence[Sequence[int]]
    radius: int


class Pairs(NamedTuple):
    """Pairs of a value, by its index, and a leader, by the number of its node."""

    values: Integers
    selectors: Integers


def nearest_leaders(session: Session, organisation_id: UUID, values: Values) -> dict[int, tuple[int, int]]:
    """For the index of each value that has a leader within the radius: its selector and the distance.

    Of equally near ones the first.
    """
    leaders = under(session, organisation_id, {bucket for buckets in values.buckets for bucket in buckets})
    if leaders is None:
        return {}
    bits = bits_of("".join(values.digits), len(values.digits))
    pairs = alike(values.buckets, hints_of(bits), leaders)
    digits = len(values.digits[0])
    stored = values_of(session, organisation_id, values.kind, digits, np.unique(pairs.selectors))
    return nearest(pairs, bits, stored, values.radius) if stored is not None else {}


def alike(buckets: Sequence[Sequence[int]], hints: Hints, leaders: Leaders) -> Pairs:
    """Each value with the leaders that stand under one of its keys and whose hints are like its own."""
    wanted = np.array([bucket for one in buckets for bucket in one], np.int64)
    owner = np.repeat(np.arange(len(buckets)), [len(one) for one in buckets])
    begin = np.searchsorted(leaders.buckets, wanted, "left")
    counts = np.searchsorted(leaders.buckets, wanted, "right") - begin
    total, pairs = counts.cumsum(), int(counts.sum())
    found = []
    for start in range(0, pairs, AT_ONCE):
        pair = np.arange(start, min(start + AT_ONCE, pairs))
        key = np.searchsorted(total, pair, "right")
        rows = begin[key] + pair - (total - counts)[key]
        which = owner[key]
        differing = np.bitwise_count((hints[which] ^ leaders.hints[rows]).view(np.uint32))
        near = differing <= HINT_RADIUS
        found.append((which[near], leaders.selectors[rows[near]]))
    if not found:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    return Pairs(*map(np.concatenate, zip(*found, strict=True)))


def nearest(pairs: Pairs, bits: Bits, stored: Stored, radius: int) -> dict[int, tuple[int, int]]:
    """For the index of each value that has a leader within the radius: its selector and the distance."""
    indices = np.minimum(np.searchsorted(stored.selectors, pairs.selectors), len(stored.selectors) - 1)
    known = stored.selectors[indices] == pairs.selectors
    which, selectors, indices = pairs.values[known], pairs.selectors[known], indices[known]
    distances = np.bitwise_count(bits[which] ^ stored.bits[indices]).sum(axis=1, dtype=np.int64)
    near = distances <= radius
    which, selectors, distances = which[near], selectors[near], distances[near]
    order = np.lexsort((selectors, distances, which))
    firsts = order[np.unique(which[order], return_index=True)[1]]
    columns = (which[firsts].tolist(), selectors[firsts].tolist(), distances[firsts].tolist())
    return {value: (selector, distance) for value, selector, distance in zip(*columns, strict=True)}
