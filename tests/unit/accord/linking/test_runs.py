"""Leaders in memory: which one is the nearest, whatever runs they lie in."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.linking import runs as runs_module
from accord.linking.keyed import Keyed, bits_of
from accord.linking.runs import TIMES, Nearest, Runs

STORED, ASKED, IMAGE = 300, 200, 256


def flipped(rng: random.Random, bits: int, size: int, most: int) -> int:
    for bit in rng.sample(range(size), rng.randint(0, most)):
        bits ^= 1 << bit
    return bits


def digits(bits: list[int], size: int) -> str:
    return "".join(f"{one:0{size // 4}x}" for one in bits)


def keys_of(bits: int, size: int) -> tuple[int, ...]:
    """Sixteen keys by position; of texts long ones, of images so short that they are counted."""
    chunk = 4 if size == IMAGE else 16
    return tuple(
        at << chunk | (bits >> at * size // 16) & (1 << chunk) - 1 | (0 if size == IMAGE else 1 << 62)
        for at in range(16)
    )


def keyed(bits: list[int], size: int) -> Keyed:
    keys = np.array([key for one in bits for key in keys_of(one, size)], np.int64)
    kind = np.uint32 if size == IMAGE else np.int64
    return Keyed(bits_of(digits(bits, size), len(bits)), keys.astype(kind), np.full(len(bits), 16))


def same(number: int, key: int) -> Keyed:
    """So many values without any bit, all under one key."""
    return Keyed(bits_of("00" * 32 * number, number), np.full(number, key), np.ones(number, np.int64))


@pytest.mark.parametrize(("size", "radius"), [(256, 31), (512, 69)], ids=["images", "texts"])
def test_the_nearest_leader_is_what_comparing_each_with_each_finds(size: int, radius: int) -> None:
    rng = random.Random(size)
    stored = [rng.getrandbits(size) for _ in range(STORED)]
    asked = [flipped(rng, rng.choice(stored), size, radius + 20) for _ in range(ASKED)]
    gone = set(rng.sample(range(STORED), STORED // 10))
    under: defaultdict[int, list[int]] = defaultdict(list)
    for number, bits in enumerate(stored):
        for key in keys_of(bits, size):
            under[key].append(number)
    expected = {}
    for index, bits in enumerate(asked):
        near = sorted(
            ((bits ^ stored[number]).bit_count(), number)
            for key in keys_of(bits, size)
            for number in under.get(key, ())
            if number not in gone
        )
        if near and near[0][0] <= radius:
            expected[index] = Nearest(near[0][1] + 1000, near[0][0])
    assert len(expected) > ASKED / 4
    runs, at = Runs(STORED), 0
    while at < STORED:
        some = stored[at : at + rng.randint(1, 40)]
        runs.add(1000 + at + np.arange(len(some)), keyed(some, size))
        at += len(some)
        if at > STORED / 2 and gone:
            runs.forget([1000 + one for one in gone])
    runs.forget([1000 + one for one in gone])
    assert runs.nearest(keyed(asked, size), radius) == expected
    assert any(run.ends is not None for run in runs._runs) is (size == IMAGE)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_runs_are_few_and_each_is_far_shorter_than_the_one_before(sizes: list[int]) -> None:
    runs, at = Runs(10), 0
    for size in sizes:
        runs.add(at + np.arange(size), same(size, 7))
        at += size
    lengths = [run.ids.size for run in runs._runs]
    assert sum(lengths) == at
    assert all(newer * TIMES < older for older, newer in pairwise(lengths))
    # Of the key that all share the newest are compared: all are equally near, and of those the first is told.
    found = runs.nearest(same(1, 7), 0)
    assert found == {0: Nearest(max(0, at - 10), 0)}


def test_no_run_grows_beyond_the_largest_and_all_of_them_are_searched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runs_module, "LARGEST", 8)
    rng = random.Random(11)
    stored = [rng.getrandbits(IMAGE) for _ in range(60)]
    runs = Runs(60)
    for at in range(0, 60, 3):
        runs.add(at + np.arange(3), keyed(stored[at : at + 3], IMAGE))
    assert max(run.ids.size for run in runs._runs) in range(6, 9)
    assert runs.nearest(keyed(stored, IMAGE), 0) == {at: Nearest(at, 0) for at in range(60)}


def test_what_is_forgotten_leaves_memory_when_its_run_is_joined() -> None:
    runs = Runs(10)
    runs.add(np.array([1, 2, 3]), keyed([0, 1, 2], 512))
    runs.forget([1, 2, 3])
    runs.add(np.array([4]), keyed([4], 512))
    (run,) = runs._runs
    assert (run.ids.tolist(), run.keys.size, run.places.size) == ([4], 16, 16)


def test_without_a_leader_or_a_common_key_there_is_nothing_to_compare() -> None:
    asked, runs = same(1, 6), Runs(10)
    assert runs.nearest(asked, 31) == {}
    runs.add(np.array([1]), same(1, 5))
    assert runs.nearest(asked, 31) == {}
    assert runs.nearest(Keyed(asked.bits, asked.keys[:0], np.zeros(1, np.int64)), 31) == {}
    assert runs.nearest(same(1, 5), 31) == {0: Nearest(1, 0)}
    assert runs.bytes > 0
