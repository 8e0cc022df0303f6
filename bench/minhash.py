"""The text baseline of `leads.py`: MinHash of word triples with banding (Broder 1997), no plugin used."""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")

PRIME = (1 << 61) - 1
PERMUTATIONS = 64
ROWS = 4
"""Rows of a band: with 16 bands of 4, texts of Jaccard index .5 meet with probability .64."""
SIMILAR = 0.5
"""Estimated Jaccard index from which two texts are the same."""

_rng = random.Random(1997)
_COEFFICIENTS = [(_rng.randrange(1, PRIME), _rng.randrange(PRIME)) for _ in range(PERMUTATIONS)]


def signature(text: str) -> tuple[int, ...] | None:
    """The MinHash values of a text's word triples; None for fewer than three words."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    shingles = {" ".join(words[at : at + 3]) for at in range(len(words) - 2)}
    if not shingles:
        return None
    hashes = [int.from_bytes(hashlib.blake2b(s.encode(), digest_size=7).digest(), "big") for s in shingles]
    return tuple(min((a * value + b) % PRIME for value in hashes) for a, b in _COEFFICIENTS)


def similar_pairs(texts: Mapping[K, str]) -> Iterator[tuple[K, K]]:
    """Pairs of similar texts: each text with the first similar one of each of its bands."""
    firsts: defaultdict[tuple[int, tuple[int, ...]], list[K]] = defaultdict(list)
    signatures: dict[K, tuple[int, ...]] = {}
    for key, text in texts.items():
        values = signature(text)
        if values is None:
            continue
        signatures[key] = values
        for band in range(0, PERMUTATIONS, ROWS):
            bucket = firsts[band, values[band : band + ROWS]]
            near = next((other for other in bucket if _alike(values, signatures[other])), None)
            if near is None:
                bucket.append(key)
            else:
                yield near, key


def _alike(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    return sum(a == b for a, b in zip(left, right, strict=True)) >= SIMILAR * PERMUTATIONS
