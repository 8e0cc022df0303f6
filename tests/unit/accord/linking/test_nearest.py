"""Which leader is the nearest, by hints first."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
import pytest

from accord.linking.carried import image_keys
from accord.linking.leaders import Leaders, Values, bits_of, hints_of
from accord.linking.nearest import alike, nearest

STORED, ASKED = 300, 200


def flipped(rng: random.Random, bits: int, size: int, most: int) -> int:
    for bit in rng.sample(range(size), rng.randint(0, most)):
        bits ^= 1 << bit
    return bits


@pytest.mark.parametrize(("size", "radius"), [(256, 31), (512, 69)], ids=["images", "texts"])
def test_the_nearest_leader_is_what_comparing_each_with_each_finds(size: int, radius: int) -> None:
    rng = random.Random(size)
    stored = [rng.getrandbits(size) for _ in range(STORED)]
    asked = [flipped(rng, rng.choice(stored), size, radius + 20) for _ in range(ASKED)]
    keys = {bits: image_keys(f"{bits:0{size // 4}x}"[:64]) for bits in {*stored, *asked}}
    under: defaultdict[int, list[int]] = defaultdict(list)
    for number, bits in enumerate(stored):
        for key in keys[bits]:
            under[key].append(number)
    expected = {}
    for index, bits in enumerate(asked):
        near = sorted(
            ((bits ^ stored[number]).bit_count(), number)
            for key in keys[bits]
            for number in under.get(key, ())
        )
        if near and near[0][0] <= radius:
            expected[index] = (near[0][1] + 1000, near[0][0])
    assert len(expected) > ASKED / 3
    all_bits = bits_of("".join(f"{bits:0{size // 4}x}" for bits in stored), STORED)
    rows = sorted((key, number) for key, numbers in under.items() for number in numbers)
    buckets, numbers = np.array(rows, np.int64).T
    leaders = Leaders(buckets, numbers + 1000, hints_of(all_bits)[numbers])
    bits = bits_of("".join(f"{one:0{size // 4}x}" for one in asked), ASKED)
    pairs = alike([keys[one] for one in asked], hints_of(bits), leaders)
    # Most leaders that share a key by chance are told by their hints alone.
    assert nearest(pairs, bits, Values(np.arange(STORED) + 1000, all_bits), radius) == expected


def test_without_a_common_key_there_is_nothing_to_compare() -> None:
    bits = bits_of("00" * 32, 1)
    leaders = Leaders(np.array([5]), np.array([1]), hints_of(bits))
    assert alike([(6, 7)], hints_of(bits), leaders).selectors.size == 0
    assert alike([()], hints_of(bits), leaders).selectors.size == 0


def test_strangers_under_a_key_are_told_by_their_hints() -> None:
    rng = random.Random(1)
    stored = bits_of("".join(f"{rng.getrandbits(256):064x}" for _ in range(1000)), 1000)
    leaders = Leaders(np.full(1000, 5), np.arange(1000), hints_of(stored))
    assert alike([(5,)], hints_of(stored[:1]), leaders).selectors.size < 100
