"""Leaders in memory: which one is the nearest, whatever runs they lie in."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.linking.carried import image_keys
from accord.linking.leaders import _KEYS, bits_of
from accord.linking.runs import TIMES, Nearest, New, Runs, Values

STORED, ASKED = 300, 200


def flipped(rng: random.Random, bits: int, size: int, most: int) -> int:
    for bit in rng.sample(range(size), rng.randint(0, most)):
        bits ^= 1 << bit
    return bits


def digits(bits: list[int], size: int) -> str:
    return "".join(f"{one:0{size // 4}x}" for one in bits)


def keys_of(bits: int, size: int) -> tuple[int, ...]:
    return image_keys(f"{bits:0{size // 4}x}"[:64])


def new(first: int, bits: list[int], size: int) -> New:
    keys = [keys_of(one, size) for one in bits]
    flat = np.array([key for own in keys for key in own], np.int64)
    counts = np.array([len(own) for own in keys])
    return New(first + np.arange(len(bits)), bits_of(digits(bits, size), len(bits)), flat, counts)


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
        runs.add(new(1000 + at, some, size))
        at += len(some)
        if at > STORED / 2 and gone:
            runs.forget([1000 + one for one in gone])
    runs.forget([1000 + one for one in gone])
    values = Values(bits_of(digits(asked, size), ASKED), [keys_of(one, size) for one in asked])
    assert runs.nearest(values, radius) == expected


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40))
def test_runs_are_few_and_each_is_far_shorter_than_the_one_before(sizes: list[int]) -> None:
    runs, at = Runs(10), 0
    for size in sizes:
        bits = bits_of("00" * 32 * size, size)
        runs.add(New(at + np.arange(size), bits, np.full(size, 7), np.ones(size, np.int64)))
        at += size
    lengths = [run.ids.size for run in runs._runs]
    assert sum(lengths) == at
    assert all(newer * TIMES < older for older, newer in pairwise(lengths))
    # Of the key that all share the newest are compared: all are equally near, and of those the first is told.
    found = runs.nearest(Values(bits_of("00" * 32, 1), [(7,)]), 0)
    assert found == {0: Nearest(max(0, at - 10), 0)}


def test_what_is_forgotten_leaves_memory_when_its_run_is_joined() -> None:
    runs = Runs(10)
    runs.add(new(1, [0, 1, 2], 256))
    runs.forget([1, 2, 3])
    runs.add(new(4, [4], 256))
    (run,) = runs._runs
    assert (run.ids.tolist(), run.keys.size) == ([4], 16)


def test_without_a_leader_or_a_common_key_there_is_nothing_to_compare() -> None:
    asked = Values(bits_of("00" * 32, 1), [(6, 7)])
    runs = Runs(10)
    assert runs.nearest(asked, 31) == {}
    runs.add(New(np.array([1]), bits_of("00" * 32, 1), np.array([5]), np.array([1])))
    assert runs.nearest(asked, 31) == {}
    assert runs.nearest(Values(bits_of("00" * 32, 1), [()]), 31) == {}
    assert runs.nearest(Values(bits_of("00" * 32, 1), [(5,)]), 31) == {0: Nearest(1, 0)}


def test_keys_of_an_image_are_the_same_in_arrays() -> None:
    rng = random.Random(5)
    values = [f"{rng.getrandbits(256):064x}" for _ in range(50)]
    keys, counts = _KEYS["image"](bits_of("".join(values), 50), np.zeros(50, np.int64), None)
    assert keys.reshape(50, -1).tolist() == [list(image_keys(value)) for value in values]
    assert set(counts.tolist()) == {16}
