"""Leaders of values that are compared by distance, under each of their keys.

A key's leaders are one row, packed: the number of each one's node and a hint of its value, twelve bytes. A
row for each leader was read and written once for every leader under every key of a batch, which grew with
what was stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from accord_config.arrays import array

MOST_LEADERS = 32
"""Leaders that are kept of one key, the newest. Keys that more leaders share are stock phrases; a text that
belongs to one of them shares its other keys as well."""
HINT_BITS = 32
"""Bits of a value that stand beside its leader's number under each key: the lowest of as many of its bytes,
evenly spread."""
_LEADER = np.dtype([("selector", ">i8"), ("hint", ">i4")])

_UNDER = text(
    """
    SELECT string_agg(int8send(bucket), ''), string_agg(int4send(length(leaders)), ''),
           string_agg(leaders, '')
    FROM sketch_keys WHERE bucket = ANY(CAST(:buckets AS bigint[])) AND organisation_id = :organisation
    """
)
"""Numbers travel as bytes: read as texts they took longer than all the rest."""
_VALUES = text(
    """
    SELECT string_agg(int8send(id), ''), string_agg(value, '') FROM selectors
    WHERE id = ANY(CAST(:ids AS bigint[])) AND organisation_id = :organisation
      AND kind = :kind AND length(value) = :digits
    """
)
_SAVE = text(
    """
    INSERT INTO sketch_keys (bucket, organisation_id, leaders)
    SELECT bucket, :organisation, string_agg(int8send(id) || int4send(hint), '' ORDER BY id)
    FROM unnest(CAST(:buckets AS bigint[]), CAST(:ids AS bigint[]), CAST(:hints AS int[]))
        AS made(bucket, id, hint)
    GROUP BY bucket ORDER BY bucket
    ON CONFLICT (bucket, organisation_id) DO UPDATE SET leaders = substring(
        sketch_keys.leaders || excluded.leaders
        FROM greatest(length(sketch_keys.leaders) + length(excluded.leaders) - :most, 0) + 1
    )
    """
)
_WITH = text(
    """
    SELECT bucket, leaders FROM sketch_keys
    WHERE organisation_id = :organisation AND EXISTS (
        SELECT FROM generate_series(1, length(leaders), :size) AS at
        WHERE substring(leaders FROM at FOR 8) = ANY(ARRAY(SELECT int8send(unnest(CAST(:ids AS bigint[])))))
    )
    """
)
_REWRITE = text(
    "UPDATE sketch_keys SET leaders = :leaders WHERE bucket = :bucket AND organisation_id = :organisation"
)
_DROP = text("DELETE FROM sketch_keys WHERE bucket = :bucket AND organisation_id = :organisation")

Integers = NDArray[np.int64]
Hints = NDArray[np.int32]
Bits = NDArray[np.uint64]
"""One row of 64-bit words for each value."""


class Leaders(NamedTuple):
    """Leaders under keys, in the order of the keys' buckets: three columns."""

    buckets: Integers
    selectors: Integers
    hints: Hints


class Values(NamedTuple):
    """Values of leaders: the number of each one's node, rising, and its bits."""

    selectors: Integers
    bits: Bits


def under(session: Session, organisation_id: UUID, buckets: Collection[int]) -> Leaders | None:
    """The leaders that stand under these keys; None when there are none."""
    parameters = {"buckets": array(buckets), "organisation": organisation_id}
    known, sizes, packed = session.execute(_UNDER, parameters).one()
    if known is None:
        return None
    leaders = np.frombuffer(packed, _LEADER)
    under_them = np.repeat(numbers(known), numbers(sizes, ">i4") // _LEADER.itemsize)
    order = np.argsort(under_them, kind="stable")
    return Leaders(
        under_them[order],
        leaders["selector"].astype(np.int64)[order],
        leaders["hint"].astype(np.int32)[order],
    )


def numbers(sent: bytes, written: str = ">i8") -> Integers:
    """Integers as PostgreSQL sends them."""
    return np.frombuffer(sent, written).astype(np.int64)


def values_of(
    session: Session, organisation_id: UUID, kind: str, digits: int, selectors: Integers
) -> Values | None:
    """The values of these nodes that are of this kind and have so many hexadecimal digits.

    A plugin chooses its keys: a leader of another kind may stand under one of them.
    """
    asked = {"ids": array(selectors.tolist()), "organisation": organisation_id}
    ids, values = session.execute(_VALUES, asked | {"kind": kind, "digits": digits}).one()
    if ids is None:
        return None
    known = numbers(ids)
    order = np.argsort(known)
    return Values(known[order], bits_of(values, len(known))[order])


def bits_of(digits: str, values: int) -> Bits:
    """The bits of so many values, from the hexadecimal digits of all of them."""
    return np.frombuffer(bytes.fromhex(digits), np.uint64).reshape(values, -1)


def hints_of(bits: Bits) -> Hints:
    """The hint of each of these values."""
    each = bits.view(np.uint8)
    lowest = each[:, :: each.shape[1] // HINT_BITS] & 1
    return np.packbits(lowest, axis=1).view(">i4").ravel().astype(np.int32)


def save(
    session: Session, organisation_id: UUID, digits: Sequence[str], keys: Iterable[tuple[int, Sequence[int]]]
) -> None:
    """Let new leaders of one kind be found: the digits of each, its node and the buckets of its keys."""
    hints = hints_of(bits_of("".join(digits), len(digits))).tolist()
    rows = [(bucket, node, hint) for hint, (node, own) in zip(hints, keys, strict=True) for bucket in own]
    if rows:
        buckets, ids, beside = map(array, zip(*rows, strict=True))
        columns = {"buckets": buckets, "ids": ids, "hints": beside}
        most = MOST_LEADERS * _LEADER.itemsize
        session.execute(_SAVE, columns | {"organisation": organisation_id, "most": most})


def forget(session: Session, organisation_id: UUID, selectors: Collection[int]) -> None:
    """Take leaders out from under their keys.

    Nothing leads from a leader to its keys, so all of them are read: an index would cost each batch more than
    this does now and then.
    """
    whose = {"organisation": organisation_id}
    found = {"ids": array(selectors), "size": _LEADER.itemsize}
    gone = np.array(sorted(selectors), np.int64)
    for bucket, packed in session.execute(_WITH, whose | found).all():
        leaders = np.frombuffer(packed, _LEADER)
        left = leaders[~np.isin(leaders["selector"].astype(np.int64), gone)]
        if left.size:
            session.execute(_REWRITE, whose | {"bucket": bucket, "leaders": left.tobytes()})
        else:
            session.execute(_DROP, whose | {"bucket": bucket})
