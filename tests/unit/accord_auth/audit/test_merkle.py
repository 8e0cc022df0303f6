"""Merkle trees against the Certificate Transparency reference tree, and against RFC 6962's definition."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord_auth.audit.merkle import (
    EMPTY_ROOT,
    STRIDE,
    Frontier,
    consistency_path,
    frontier_at,
    inclusion_path,
    leaf_hash,
    node_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)

# The leaves and roots that Certificate Transparency's implementations test with.
REFERENCE = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


class Stored:
    """A tree as the database keeps it: leaves and every eighth level; nothing else can be read."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.frontier = Frontier()
        for leaf in leaves:
            for level, index, found in self.frontier.append(leaf):
                if level % STRIDE == 0:
                    self.nodes[level, index] = found

    def read(self, level: int, first: int, count: int) -> list[bytes]:
        return [self.nodes[level, index] for index in range(first, first + count)]


def leaves_of(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4)) for number in range(count)]


def definition(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(definition(leaves[:k]), definition(leaves[k:]))


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference_tree(size: int) -> None:
    tree = Stored([leaf_hash(leaf) for leaf in REFERENCE[:size]])
    assert tree.frontier.root().hex() == ROOTS[size]
    assert root_at(tree, size).hex() == ROOTS[size]


def test_the_paths_of_rfc_9162_s_example_tree() -> None:
    a, b, c, d, e, f, j = leaves_of(7)
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, l = node_hash(g, h), node_hash(i, j)  # noqa: E741 - the RFC's names
    tree = Stored([a, b, c, d, e, f, j])
    assert [inclusion_path(tree, n, 7) for n in (0, 3, 4, 6)] == [[b, h, l], [c, g, l], [f, j, k], [i, k]]
    assert consistency_path(tree, 3, 7) == [c, d, g, l]
    assert consistency_path(tree, 4, 7) == [l]
    assert consistency_path(tree, 6, 7) == [i, j, k]


sizes = st.integers(1, 700)


@settings(deadline=None)  # a busy machine is no failure
@given(sizes)
def test_a_root_is_what_the_rfc_defines(size: int) -> None:
    leaves = leaves_of(size)
    assert root_at(Stored(leaves), size) == definition(leaves)


@settings(deadline=None)  # a busy machine is no failure
@given(st.integers(0, 600), st.integers(1, 300))
def test_a_tree_grows_the_same_from_what_is_stored(size: int, more: int) -> None:
    leaves = leaves_of(size + more)
    grown = frontier_at(Stored(leaves[:size]), size)
    for leaf in leaves[size:]:
        list(grown.append(leaf))
    assert (grown.size, grown.root()) == (size + more, definition(leaves))


@settings(deadline=None)  # a busy machine is no failure
@given(st.data(), sizes)
def test_every_inclusion_proof_verifies_for_every_size_of_the_tree(data: st.DataObject, size: int) -> None:
    tree = Stored(leaves := leaves_of(size + data.draw(st.integers(0, 300))))
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(tree, index, size)
    assert len(path) <= (size - 1).bit_length()
    assert verify_inclusion(leaf=leaves[index], index=index, size=size, path=path, root=root_at(tree, size))


def changed(data: st.DataObject, path: list[bytes]) -> list[bytes]:
    """The path with a step changed, left out, added or exchanged with another."""
    other = list(path)
    ways = ["add"] + (["change", "drop"] if path else []) + (["swap"] if len(set(path)) > 1 else [])
    at = data.draw(st.integers(0, max(len(path) - 1, 0)))
    match data.draw(st.sampled_from(ways)):
        case "add":
            other.insert(data.draw(st.integers(0, len(path))), data.draw(st.binary(min_size=32, max_size=32)))
        case "change":
            other[at] = bytes([other[at][0] ^ 1]) + other[at][1:]
        case "drop":
            del other[at]
        case "swap":
            there = (at + 1) % len(other)
            other[at], other[there] = other[there], other[at]
    return other


@settings(deadline=None)  # a busy machine is no failure
@given(st.data(), sizes)
def test_no_changed_inclusion_proof_verifies(data: st.DataObject, size: int) -> None:
    tree = Stored(leaves := leaves_of(size))
    index = data.draw(st.integers(0, size - 1))
    path, root, leaf = inclusion_path(tree, index, size), root_at(tree, size), leaves[index]
    assert not verify_inclusion(leaf=leaf, index=index, size=size, path=changed(data, path), root=root)
    elsewhere = data.draw(st.integers(-1, size + 1).filter(lambda n: n != index))
    assert not verify_inclusion(leaf=leaf, index=elsewhere, size=size, path=path, root=root)
    assert not verify_inclusion(leaf=leaf_hash(b"other"), index=index, size=size, path=path, root=root)
    assert not verify_inclusion(leaf=leaf, index=index, size=size, path=path, root=leaf_hash(root))


@settings(deadline=None)  # a busy machine is no failure
@given(st.data(), sizes)
def test_every_consistency_proof_verifies(data: st.DataObject, size: int) -> None:
    tree = Stored(leaves_of(size))
    old = data.draw(st.integers(1, size))
    path = consistency_path(tree, old, size)
    old_root, root = root_at(tree, old), root_at(tree, size)
    assert verify_consistency(old=old, old_root=old_root, size=size, root=root, path=path)


@settings(deadline=None)  # a busy machine is no failure
@given(st.data(), sizes)
def test_no_changed_consistency_proof_verifies(data: st.DataObject, size: int) -> None:
    tree = Stored(leaves_of(size))
    old = data.draw(st.integers(1, size))
    path, old_root, root = consistency_path(tree, old, size), root_at(tree, old), root_at(tree, size)
    assert not verify_consistency(old=old, old_root=old_root, size=size, root=root, path=changed(data, path))
    for wrong in (leaf_hash(old_root), leaf_hash(root)):
        assert not verify_consistency(old=old, old_root=wrong, size=size, root=root, path=path)
        assert not verify_consistency(old=old, old_root=old_root, size=size, root=wrong, path=path)


@settings(deadline=None)  # a busy machine is no failure
@given(st.data(), st.integers(2, 700))
def test_a_rewritten_beginning_has_no_consistency_proof(data: st.DataObject, size: int) -> None:
    leaves = leaves_of(size)
    old = data.draw(st.integers(1, size - 1))
    rewritten = list(leaves)
    rewritten[data.draw(st.integers(0, old - 1))] = leaf_hash(b"rewritten")
    before, after = Stored(leaves), Stored(rewritten)
    path = consistency_path(after, old, size)
    assert not verify_consistency(
        old=old, old_root=root_at(before, old), size=size, root=root_at(after, size), path=path
    )


def test_places_outside_the_tree_have_no_proofs() -> None:
    tree = Stored(leaves_of(3))
    for index in (-1, 3):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_path(tree, index, 3)
    for old in (0, 4):
        with pytest.raises(ValueError, match="no beginning"):
            consistency_path(tree, old, 3)
    assert not verify_consistency(old=0, old_root=EMPTY_ROOT, size=3, root=root_at(tree, 3), path=[])
