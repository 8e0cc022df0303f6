"""The sketch of a text: 512 bits compared by Hamming distance, and the keys by which candidates are found.

**Bits.** Each distinct word of the text sets bits of a 512-bit Bloom filter at positions that follow from
its hash. The text has `BALLS` throws, shared evenly over its words, so that the filters of a short and a
long text are comparable: the Hamming distance follows the share of words that two texts do not have in
common. The fraction left over in sharing is rounded up for the words whose hash is below it, the same
words in every text (consistent rounding). For texts of 25-60 words this measures the overlap with less
noise than one-bit MinHash values (Li & Konig, WWW 2010, doi 10.1145/1772690.1772759), which
docs/reference/templates.md compares it with; the idea is that of odd sketches (Mitzenmacher, Pagh & Pham,
WWW 2014, doi 10.1145/2566486.2568017), with `or` in the place of `xor`.

**Keys.** Two MinHash values (Broder 1997) over the words that are no function words make one key; texts
whose words overlap by Jaccard index J share one of `KEYS` keys with probability 1 - (1 - J^2)^KEYS.

This module keeps no state. A method that learns from the texts seen so far, such as weights for words
that stand everywhere, belongs beside it and takes the same `words`.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from operator import or_
from typing import NamedTuple

import msgspec

BITS = 512
BALLS = 96
"""Bits thrown for each text; chosen by measurement, see docs/reference/templates.md."""
KEYS = 16
THRESHOLD = 69
"""Largest Hamming distance at which two sketches are called the same template."""
LEAST_WORDS = 12
"""A text with fewer template words has no sketch: too little to identify anything."""
LEAST_DISTINCT = 8

_THROWS = BALLS // LEAST_DISTINCT + 1  # the most that one word can get
_LANE = 40
"""Bits of one MinHash value of 32 among those of a word side by side; the next is a guard."""
_GUARDS = sum(1 << lane * _LANE + 32 for lane in range(2 * KEYS))
_LANES = struct.Struct("<" + 2 * KEYS * "Ix")
"""The values of all lanes, without their guards."""
_ROW = struct.Struct(f"<{1 + _THROWS}H{2 * KEYS}I")

_FUNCTION_WORDS = """
a about all also am an and any are as at be been but by can could did do does for from had has have he her
here him his how i if i'm in is it its just like me more most my no not now of on or our out she so some
than that the their them then there these they this those to too up us very was we were what when where
which who will with would you your
al algo como con cuando de del donde el ella ellas ellos en era es esa ese eso esta estan este esto estoy
fue ha hay la las le les lo los mas me mi mis mucho muy no nos o para pero por que quien se si sin sobre
son soy su sus te ti todo tu tus un y ya yo
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())


class Sketch(msgspec.Struct, frozen=True):
    """`value`: 128 hexadecimal digits. `keys`: sorted, distinct, each from 0 to 2**63 - 1."""

    value: str
    keys: tuple[int, ...]


class _Row(NamedTuple):
    """What follows from one word: its rounding in [0, 1), the bits of 0, 1, 2 ... throws, MinHash values.

    The MinHash values stand side by side in one number, `_LANE` bits each; None: a function word has none.
    """

    rounding: float
    bits: tuple[int, ...]
    hashes: int | None


@lru_cache(maxsize=16_384)
def _row(word: str) -> _Row:
    numbers = _ROW.unpack(hashlib.shake_128(word.encode("utf-8", "surrogatepass")).digest(_ROW.size))
    throws = (1 << position % BITS for position in numbers[1 : 1 + _THROWS])
    hashes = None if word in FUNCTION_WORDS else _side_by_side(numbers[1 + _THROWS :])
    return _Row(numbers[0] / 65_536, tuple(accumulate(throws, or_, initial=0)), hashes)


def _side_by_side(values: Sequence[int]) -> int:
    return sum(value << lane * _LANE for lane, value in enumerate(values))


def sketch(words: Sequence[str]) -> Sketch | None:
    """The sketch of a text given as its template words (`accord_templates.tokens.words`).

    None when there are fewer than `LEAST_WORDS` words or `LEAST_DISTINCT` different ones.
    """
    distinct = dict.fromkeys(words)
    if len(words) < LEAST_WORDS or len(distinct) < LEAST_DISTINCT:
        return None
    share = BALLS / len(distinct)
    bits = 0
    hashes = []
    for rounding, thrown, hashed in map(_row, distinct):
        bits |= thrown[int(share + rounding)]
        if hashed is not None:
            hashes.append(hashed)
    return Sketch(f"{bits:0{BITS // 4}x}", _keys(hashes))


def _keys(hashes: Sequence[int]) -> tuple[int, ...]:
    if not hashes:
        return ()
    values = iter(_LANES.unpack(_least(hashes).to_bytes(_LANES.size, "little")))
    return tuple(sorted({one >> 1 << 32 | other for one, other in zip(values, values, strict=True)}))


def _least(hashes: Sequence[int]) -> int:
    """The least value of each lane: all lanes are compared at once, in five operations on long numbers.

    Value by value it took as long as everything else together. A lane's guard survives the subtraction
    where the other's value is not greater; below it, a mask of ones is made of it.
    """
    least = hashes[0]
    for other in hashes:
        guards = ((least | _GUARDS) - other) & _GUARDS
        least ^= (least ^ other) & (guards - (guards >> 32))
    return least


def distance(one: str, other: str) -> int:
    """Hamming distance in bits (0-512) between two sketch values."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
