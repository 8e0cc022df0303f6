"""Values that are compared by distance, as arrays: their bits, and the keys by which like ones are found."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accord.linking.carried import Carried
from accord.linking.numbers import Integers
from accord_sdk import SelectorKind

SIDE = 16
"""An image's hash has 256 bits: a square of sixteen rows and columns, as PDQ's transform is one."""
Keys = NDArray[Any]
Bits = NDArray[np.uint64]
"""One row of 64-bit words for each value."""


class Keyed(NamedTuple):
    """Values of one kind: the bits of each; all keys one after the other, and how many each has."""

    bits: Bits
    keys: Keys
    counts: Integers


def bits_of(digits: str, values: int) -> Bits:
    """The bits of so many values, from the hexadecimal digits of all of them."""
    return np.frombuffer(bytearray.fromhex(digits), np.uint64).reshape(values, -1)


def keyed(kind: str, values: Sequence[Carried]) -> Keyed:
    """Values of one kind with their keys: an image's follow from its value, a text's are its plugin's."""
    bits = bits_of("".join([value.value for value in values]), len(values))
    if kind == SelectorKind.IMAGE:
        return keyed_images(bits)
    counts = np.array([len(value.keys) for value in values], np.int64)
    keys = np.fromiter(chain.from_iterable(value.keys for value in values), np.int64, int(counts.sum()))
    return Keyed(bits, keys, counts)


def keyed_images(bits: Bits) -> Keyed:
    """Images with their keys: the sixteen rows and the sixteen columns of each, by position.

    Two images that differ in 31 bits share a row with a chance of .92, and a row or a column with one of .99.
    """
    rows = bits.view(np.uint8).reshape(len(bits), SIDE, SIDE // 8)
    columns = np.packbits(np.unpackbits(rows, axis=2).transpose(0, 2, 1), axis=2)
    both = np.concatenate([rows, columns], axis=1).astype(np.uint32)
    keys = np.arange(2 * SIDE, dtype=np.uint32) << 16 | both[:, :, 0] << 8 | both[:, :, 1]
    return Keyed(bits, keys.ravel(), np.full(len(bits), 2 * SIDE))
