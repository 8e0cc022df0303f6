"""Numbers of records and selectors as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def numbers(sent: bytes | None, written: str = ">i8") -> Integers:
    """Integers as PostgreSQL's send functions write them, one after the other."""
    return np.frombuffer(sent or b"", written).astype(np.int64)


def places(known: Integers, wanted: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Where the wanted numbers stand among known ones, which rise; and which of them do."""
    if not known.size:
        return np.zeros(wanted.size, np.int64), np.zeros(wanted.size, np.bool_)
    at = np.minimum(np.searchsorted(known, wanted), known.size - 1)
    return at, known[at] == wanted


def paired(one: Integers, other: Integers) -> tuple[Integers, Integers]:
    """Pairs numbered without gaps: where each stands first, and the number of the pair in each place."""
    (_, first), (many, second) = (np.unique(side, return_inverse=True) for side in (one, other))
    _, at, number = np.unique(first * many.size + second, return_index=True, return_inverse=True)
    return at, number


def components_of(left: Integers, right: Integers) -> Integers:
    """Connected components of a two-sided graph, given by its edges; both sides are numbered without gaps.

    For each one of the right side the smallest of the right side in its component.
    """
    by_left, by_right = np.argsort(left, kind="stable"), np.argsort(right, kind="stable")
    starts_left = np.flatnonzero(np.diff(left[by_left], prepend=-1))
    starts_right = np.flatnonzero(np.diff(right[by_right], prepend=-1))
    label = np.arange(starts_right.size)
    while True:
        of_left = np.minimum.reduceat(label[right[by_left]], starts_left)
        lower = np.minimum.reduceat(of_left[left[by_right]], starts_right)
        # By its label's label a component is found in few rounds, however long its chain is.
        lower = lower[lower]
        if np.array_equal(lower, label):
            return label
        label = lower
