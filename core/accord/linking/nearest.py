"""The nearest stored leader of each value that is compared by distance.

PostgreSQL finds the leaders that stand under a batch's buckets, some twenty thousand rows for a thousand
records; which of them is the nearest is computed here, in arrays: joining and comparing took PostgreSQL twice
as long as finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from accord_config.arrays import array

MOST_LEADERS = 16
"""Leaders that are kept of one key, the newest: those beyond are let go once there are twice as many.
Keys that more leaders share are stock phrases; a text that belongs to one of them shares its other
keys as well."""
AT_ONCE = 1 << 16
"""Pairs of a value and a leader whose bits are in memory at once."""
_LENGTH = 4
"""`varbit_send` begins with the number of bits."""

_UNDER = text(
    """
    SELECT array_agg(bucket), array_agg(selector_id), string_agg(varbit_send(bits), '')
    FROM (
        SELECT bucket, selector_id, bits FROM sketch_keys
        WHERE bucket = ANY(CAST(:buckets AS bigint[])) AND organisation_id = :organisation
          AND length(bits) = :length
        OFFSET 0
    ) AS near
    """
)
_LET_GO = text(
    """
    DELETE FROM sketch_keys
    WHERE bucket = ANY(CAST(:buckets AS bigint[])) AND organisation_id = :organisation
      AND selector_id < (
        SELECT kept.selector_id FROM sketch_keys AS kept
        WHERE kept.bucket = sketch_keys.bucket AND kept.organisation_id = :organisation
        ORDER BY kept.selector_id DESC OFFSET :most - 1 LIMIT 1
      )
    """
)

Integers = NDArray[np.int64]
Bits = NDArray[np.uint64]
"""One row of 64-bit words for each value."""


class Values(NamedTuple):
    """Values of one kind: the hexadecimal digits of each, its buckets, and from where on it is another."""

    digits: Sequence[str]
    buckets: Sequence[Sequence[int]]
    radius: int


class Leaders(NamedTuple):
    """Stored leaders: once under each bucket, in the order of the buckets."""

    buckets: Integers
    selectors: Integers
    bits: Bits

    def crowded(self) -> Integers:
        """The buckets under which there are too many."""
        buckets, counts = np.unique(self.buckets, return_counts=True)
        return buckets[counts > 2 * MOST_LEADERS]


def nearest_leaders(session: Session, organisation_id: UUID, values: Values) -> dict[int, tuple[int, int]]:
    """For the index of each value that has a leader within the radius: its selector and the distance.

    Of equally near ones the first. Lets leaders go where too many stand under a key.
    """
    leaders = _leaders_under(session, organisation_id, values)
    if leaders is None:
        return {}
    crowded = leaders.crowded()
    if crowded.size:
        parameters = {"organisation": organisation_id, "most": MOST_LEADERS}
        session.execute(_LET_GO, parameters | {"buckets": array(crowded.tolist())})
    return nearest(values, leaders)


def _leaders_under(session: Session, organisation_id: UUID, values: Values) -> Leaders | None:
    length = 4 * len(values.digits[0])
    wanted = {bucket for buckets in values.buckets for bucket in buckets}
    parameters = {"organisation": organisation_id, "length": length, "buckets": array(wanted)}
    buckets, selectors, sent = session.execute(_UNDER, parameters).one()
    if buckets is None:
        return None
    rows = np.frombuffer(sent, np.uint8).reshape(len(buckets), _LENGTH + length // 8)
    found = np.array(buckets, np.int64)
    order = np.argsort(found, kind="stable")
    bits = np.ascontiguousarray(rows[:, _LENGTH:]).view(np.uint64)
    return Leaders(found[order], np.array(selectors, np.int64)[order], bits[order])


def nearest(values: Values, leaders: Leaders) -> dict[int, tuple[int, int]]:
    """For the index of each value that has a leader within the radius: its selector and the distance."""
    bits = np.frombuffer(bytes.fromhex("".join(values.digits)), np.uint64).reshape(len(values.digits), -1)
    which, rows = _pairs(values.buckets, leaders.buckets)
    found = [
        _within(values.radius, bits, leaders, which[start:end], rows[start:end])
        for start, end in _parts(len(which))
    ]
    if not found:
        return {}
    indices, distances, selectors = map(np.concatenate, zip(*found, strict=True))
    order = np.lexsort((selectors, distances, indices))
    firsts = order[np.unique(indices[order], return_index=True)[1]]
    columns = (indices[firsts], selectors[firsts], distances[firsts])
    return {
        index: (selector, distance) for index, selector, distance in zip(*map(_plain, columns), strict=True)
    }


def _plain(column: Integers) -> list[int]:
    plain: list[int] = column.tolist()
    return plain


def _parts(size: int) -> list[tuple[int, int]]:
    return [(start, start + AT_ONCE) for start in range(0, size, AT_ONCE)]


def _pairs(buckets: Sequence[Sequence[int]], stored: Integers) -> tuple[Integers, Integers]:
    """Each value with each leader under one of its buckets: the value's index and the leader's row."""
    wanted = np.array([bucket for one in buckets for bucket in one], np.int64)
    owner = np.repeat(np.arange(len(buckets)), [len(one) for one in buckets])
    begin = np.searchsorted(stored, wanted, "left")
    counts = np.searchsorted(stored, wanted, "right") - begin
    total = counts.cumsum()
    within = np.arange(total[-1]) - np.repeat(total - counts, counts)
    return np.repeat(owner, counts), np.repeat(begin, counts) + within


def _within(
    radius: int, bits: Bits, leaders: Leaders, which: Integers, rows: Integers
) -> tuple[Integers, Integers, Integers]:
    distances = np.bitwise_count(bits[which] ^ leaders.bits[rows]).sum(axis=1, dtype=np.int64)
    near = distances <= radius
    return which[near], distances[near], leaders.selectors[rows[near]]
