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
_UNDER = text(
    """
    WITH near AS MATERIALIZED (
        SELECT bucket, selector_id FROM sketch_keys
        WHERE bucket = ANY(CAST(:buckets AS bigint[])) AND organisation_id = :organisation
    ), leader AS MATERIALIZED (
        SELECT id, value FROM selectors
        WHERE id = ANY(ARRAY(SELECT DISTINCT selector_id FROM near)) AND organisation_id = :organisation
          AND kind = :kind AND length(value) = :digits
    )
    SELECT (SELECT string_agg(int8send(bucket) || int8send(selector_id), '') FROM near),
           (SELECT string_agg(int8send(id), '') FROM leader), (SELECT string_agg(value, '') FROM leader)
    """
)
"""Numbers travel as bytes: read as texts they took longer than all the rest."""
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

    kind: str
    digits: Sequence[str]
    buckets: Sequence[Sequence[int]]
    radius: int


class Leaders(NamedTuple):
    """Stored leaders under buckets, in the order of the buckets: each row a bucket and a leader's index."""

    buckets: Integers
    indices: Integers
    selectors: Integers
    bits: Bits


def nearest_leaders(session: Session, organisation_id: UUID, values: Values) -> dict[int, tuple[int, int]]:
    """For the index of each value that has a leader within the radius: its selector and the distance.

    Of equally near ones the first. Lets leaders go where too many stand under a key.
    """
    wanted = {bucket for buckets in values.buckets for bucket in buckets}
    parameters = {"organisation": organisation_id, "buckets": array(wanted)}
    asked = {"kind": values.kind, "digits": len(values.digits[0])}
    near, ids, digits = session.execute(_UNDER, parameters | asked).one()
    if near is None:
        return {}
    buckets, selectors = _integers(near).reshape(-1, 2).T
    crowded = _crowded(buckets)
    if crowded.size:
        parameters |= {"buckets": array(_plain(crowded)), "most": MOST_LEADERS}
        session.execute(_LET_GO, parameters)
    # A plugin chooses its keys: a leader of another kind under one of them is none here.
    return nearest(values, _leaders(buckets, selectors, _integers(ids), digits)) if ids is not None else {}


def _integers(sent: bytes) -> Integers:
    return np.frombuffer(sent, ">i8").astype(np.int64)


def _crowded(buckets: Integers) -> Integers:
    """The buckets under which there are too many."""
    each, counts = np.unique(buckets, return_counts=True)
    return each[counts > 2 * MOST_LEADERS]


def _leaders(buckets: Integers, selectors: Integers, ids: Integers, digits: str) -> Leaders:
    bits = _bits(digits, len(ids))
    order = np.argsort(ids)
    ids, bits = ids[order], bits[order]
    indices = np.minimum(np.searchsorted(ids, selectors), len(ids) - 1)
    known = ids[indices] == selectors
    buckets, indices = buckets[known], indices[known]
    order = np.argsort(buckets, kind="stable")
    return Leaders(buckets[order], indices[order], ids, bits)


def _bits(digits: str, values: int) -> Bits:
    return np.frombuffer(bytes.fromhex(digits), np.uint64).reshape(values, -1)


def nearest(values: Values, leaders: Leaders) -> dict[int, tuple[int, int]]:
    """For the index of each value that has a leader within the radius: its selector and the distance."""
    bits = _bits("".join(values.digits), len(values.digits))
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
    indices = leaders.indices[rows]
    distances = np.bitwise_count(bits[which] ^ leaders.bits[indices]).sum(axis=1, dtype=np.int64)
    near = distances <= radius
    return which[near], distances[near], leaders.selectors[indices[near]]
