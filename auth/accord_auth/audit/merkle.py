"""Merkle trees of RFC 6962, section 2.1: roots, and proofs of inclusion and of consistency.

Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2. pymerkle, the library for it, is under
the GPL, and its proofs say themselves in which order to hash; here the place in the tree decides.
The module knows no database: `Hashes` gives the stored nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from hmac import compare_digest
from typing import Protocol

STRIDE = 8
"""Of the levels above the leaves every eighth is stored: one row for 256, and no proof reads far."""

EMPTY_ROOT = sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class Hashes(Protocol):
    """Stored nodes of one tree."""

    def read(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """`count` nodes of a stored level (0: the leaves) from `first` on; all of them exist."""
        ...


class Frontier:
    """The right edge of a growing tree: the roots of its complete subtrees, the largest first."""

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        if len(roots) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} complete subtrees")
        self.size = size
        self._roots = list(roots)

    def append(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Add a leaf; gives each node that it completes as (level, index, hash), the leaf first."""
        index, level, found = self.size, 0, leaf
        yield level, index, found
        while index & 1:
            found = node_hash(self._roots.pop(), found)
            index, level = index >> 1, level + 1
            yield level, index, found
        self._roots.append(found)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return _folded(self._roots)


def frontier_at(hashes: Hashes, size: int) -> Frontier:
    """The right edge of the tree's first `size` leaves."""
    return Frontier(size, [_subtree(hashes, level, index) for level, index in _complete(0, size)])


def root_at(hashes: Hashes, size: int) -> bytes:
    """The root of the tree's first `size` leaves."""
    return frontier_at(hashes, size).root()


def inclusion_path(hashes: Hashes, index: int, size: int) -> list[bytes]:
    """What proves that leaf `index` is among the first `size`, from the leaf's sibling upwards.

    :raises ValueError: when it is not.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    path: list[bytes] = []
    first, last = 0, size
    while last - first > 1:
        middle = first + _largest_power_below(last - first)
        if index < middle:
            path.append(_range(hashes, middle, last))
            last = middle
        else:
            path.append(_range(hashes, first, middle))
            first = middle
    return path[::-1]


def consistency_path(hashes: Hashes, old: int, size: int) -> list[bytes]:
    """What proves that the first `old` leaves are the beginning of the first `size`.

    :raises ValueError: when `old` is not between 1 and `size`.
    """
    if not 1 <= old <= size:
        raise ValueError(f"a tree of {size} leaves has no beginning of {old}")
    path: list[bytes] = []
    first, last, whole = 0, size, True
    while last != old:
        middle = first + _largest_power_below(last - first)
        if old <= middle:
            path.append(_range(hashes, middle, last))
            last = middle
        else:
            path.append(_range(hashes, first, middle))
            first, whole = middle, False
    # The verifier knows the old root; what is left of it has to be said only where it is a part.
    if not whole:
        path.append(_range(hashes, first, last))
    return path[::-1]


def verify_inclusion(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that `leaf` is leaf `index` of the tree of `size` leaves with this root."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and compare_digest(found, root)


def verify_consistency(*, old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the tree with `root` only added leaves to the one with `old_root`."""
    if not 1 <= old <= size:
        return False
    if old == size:
        return not path and compare_digest(old_root, root)
    steps = list(path)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            was, now = node_hash(step, was), node_hash(step, now)
            while not at & 1 and at != 0:
                at, last = at >> 1, last >> 1
        else:
            now = node_hash(now, step)
        at, last = at >> 1, last >> 1
    return last == 0 and compare_digest(was, old_root) and compare_digest(now, root)


def _largest_power_below(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def _complete(first: int, last: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees of a range that begins where one as large as the range may begin."""
    for level in range((last - first).bit_length() - 1, -1, -1):
        if (last - first) >> level:
            yield level, first >> level
            first += 1 << level


def _range(hashes: Hashes, first: int, last: int) -> bytes:
    return _folded([_subtree(hashes, level, index) for level, index in _complete(first, last)])


def _folded(roots: Sequence[bytes]) -> bytes:
    """The root above subtrees that shrink to the right."""
    if not roots:
        return EMPTY_ROOT
    found = roots[-1]
    for root in reversed(roots[:-1]):
        found = node_hash(root, found)
    return found


def _subtree(hashes: Hashes, level: int, index: int) -> bytes:
    above = level % STRIDE
    row = list(hashes.read(level - above, index << above, 1 << above))
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]
