"""Leaders of values that are compared by distance, under each of their keys.

A key's leaders are one row, packed: the number of each one's node and a hint of its value, twelve bytes. A
row for each leader was read and written once for every leader under every key of a batch, which grew with
what was stored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain
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
    MERGE INTO sketch_keys USING (
        SELECT bucket, substring(CAST(:packed AS bytea) FROM start + 1 FOR size) AS leaders
        FROM unnest(CAST(:buckets AS bigint[]), CAST(:starts AS int[]), CAST(:sizes AS int[]))
            AS part(bucket, start, size)
    ) AS made ON sketch_keys.bucket = made.bucket AND organisation_id = :organisation
    WHEN MATCHED THEN UPDATE SET leaders = substring(
        sketch_keys.leaders || made.leaders
        FROM greatest(length(sketch_keys.leaders) + length(made.leaders) - :most, 0) + 1
    )
    WHEN NOT MATCHED THEN INSERT (bucket, organisation_id, leaders)
        VALUES (made.bucket, :organisation, made.leaders)
    """
)
"""Nobody else writes an organisation's keys meanwhile (the linker's lock); ON CONFLICT, which would bear
that, takes a fifth longer."""
_REWRITE = text(
    """
    UPDATE sketch_keys SET leaders = substring(CAST(:packed AS bytea) FROM start + 1 FOR size)
    FROM unnest(CAST(:buckets AS bigint[]), CAST(:starts AS int[]), CAST(:sizes AS int[]))
        AS kept(bucket, start, size)
    WHERE sketch_keys.bucket = kept.bucket AND organisation_id = :organisation
    """
)
_DROP = text(
    "DELETE FROM sketch_keys"
    " WHERE bucket = ANY(CAST(:buckets AS bigint[])) AND organisation_id = :organisation"
)

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
    session: Session,
    organisation_id: UUID,
    digits: Sequence[str],
    nodes: Sequence[int],
    buckets: Sequence[Sequence[int]],
) -> None:
    """Let new leaders of one kind be found: the digits of each, its node and the buckets of its keys."""
    each = [len(own) for own in buckets]
    keys = np.fromiter(chain.from_iterable(buckets), np.int64, sum(each))
    if not keys.size:
        return
    packed = np.empty(keys.size, _LEADER)
    packed["selector"] = np.repeat(np.asarray(nodes, np.int64), each)
    packed["hint"] = np.repeat(hints_of(bits_of("".join(digits), len(digits))), each)
    # Under a key in the order of their numbers: the newest last.
    order = np.lexsort((packed["selector"], keys))
    rows = _rows(keys[order], packed[order])
    most = MOST_LEADERS * _LEADER.itemsize
    session.execute(_SAVE, rows | {"organisation": organisation_id, "most": most})


def _rows(buckets: Integers, packed: NDArray[np.void]) -> dict[str, object]:
    """Leaders in the order of their buckets, as parameters of a statement: of each bucket the last ones."""
    known, starts, sizes = np.unique(buckets, return_index=True, return_counts=True)
    beyond = np.maximum(sizes - MOST_LEADERS, 0)
    return {
        "buckets": array(known.tolist()),
        "starts": array(((starts + beyond) * _LEADER.itemsize).tolist()),
        "sizes": array(((sizes - beyond) * _LEADER.itemsize).tolist()),
        "packed": packed.tobytes(),
    }


def forget(
    session: Session, organisation_id: UUID, selectors: Collection[int], buckets: Collection[int]
) -> None:
    """Take leaders out from under the keys under which they stand."""
    found = under(session, organisation_id, buckets)
    if found is None:
        return
    left = ~np.isin(found.selectors, np.array(sorted(selectors), np.int64))
    packed = np.empty(int(left.sum()), _LEADER)
    packed["selector"], packed["hint"] = found.selectors[left], found.hints[left]
    whose = {"organisation": organisation_id}
    session.execute(_REWRITE, whose | _rows(found.buckets[left], packed))
    emptied = np.setdiff1d(found.buckets, found.buckets[left])
    session.execute(_DROP, whose | {"buckets": array(emptied.tolist())})
