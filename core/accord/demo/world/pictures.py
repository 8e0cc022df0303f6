"""Image hashes: 256 random bits stand for an image's PDQ hash; there is never an image.

A re-encoded copy differs from the original in some bits, as copies that a site scaled,
compressed or stamped do; a poor image has a hash that says little.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from accord.demo.world.dice import dice

BITS = 256
_STOCK_IMAGES = 40
_FLAT_IMAGES = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """An original image: a name that says whose it is (truth only) and its hash as a number."""

    name: str
    pdq: int


@dataclass(frozen=True, slots=True)
class Encoding:
    """How posted images differ from originals (see `WorldSettings`)."""

    re_encoded: float
    flipped_bits: tuple[int, int]
    low_quality: float


def flip(pdq: int, bits: int, rng: Random) -> int:
    """The hash with exactly so many of its bits flipped (0-256)."""
    for at in rng.sample(range(BITS), bits):
        pdq ^= 1 << at
    return pdq


def originals(owner: str, count: int, rng: Random) -> tuple[Picture, ...]:
    """New images of `owner`."""
    return tuple(Picture(f"{owner}/{at}", rng.getrandbits(BITS)) for at in range(count))


@dataclass(frozen=True)
class Pool:
    """Images that no actor owns: stock images, and flat ones that say nothing (quality near 0)."""

    stock: tuple[Picture, ...]
    flat: tuple[Picture, ...]

    @classmethod
    def of(cls, seed: str) -> Pool:
        """The pool of the world with this seed."""
        rng = dice(seed, "pictures")
        return cls(originals("stock", _STOCK_IMAGES, rng), originals("flat", _FLAT_IMAGES, rng))


def post(picture: Picture, encoding: Encoding, pool: Pool, rng: Random) -> tuple[str, dict[str, Any]]:
    """The name of what is really shown, and the record line's image."""
    if rng.random() < encoding.low_quality:
        if rng.random() < 0.5:
            flat = rng.choice(pool.flat)
            return flat.name, {"pdq": f"{flat.pdq:064x}", "quality": rng.randint(0, 10)}
        poor = flip(picture.pdq, rng.randint(30, 80), rng)
        return picture.name, {"pdq": f"{poor:064x}", "quality": rng.randint(11, 49)}
    pdq = picture.pdq
    quality = 100
    if rng.random() < encoding.re_encoded:
        pdq = flip(pdq, rng.randint(*encoding.flipped_bits), rng)
        quality = rng.randint(50, 100)
    return picture.name, {"pdq": f"{pdq:064x}", "quality": quality}
