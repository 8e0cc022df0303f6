"""Measures how many re-encoded images are found again by their hashes, and how many are taken for others.

    python bench/images.py [--quick] [--images N]

Each of some random 256-bit hashes gets a copy with so many flipped bits. All go, as one batch, through the
code that gives an image its leader when records are linked (`accord.linking.sketches`). The last line is one
JSON object.
"""

from __future__ import annotations

import argparse
import json
import random

from accord.linking.carried import Carried
from accord.linking.evidence import RADIUS
from accord.linking.sketches import led

IMAGES, QUICK = 20_000, 2_000
FLIPPED = (0, 8, 16, 24, 28, 31, 32, 40)
BITS, SEED = 256, 31


def image(bits: int) -> Carried:
    """A hash as the linker looks it up."""
    return Carried("image", f"{bits:064x}")


def found_again(images: int, flipped: int, rng: random.Random) -> tuple[float, float]:
    """The part of the copies that follow their original, and of those that follow somebody else's image."""
    originals = [rng.getrandbits(BITS) for _ in range(images)]
    masks = (sum(1 << bit for bit in rng.sample(range(BITS), flipped)) for _ in originals)
    first = [image(bits) for bits in originals]
    second = [image(bits ^ mask) for bits, mask in zip(originals, masks, strict=True)]
    following = led([*first, *second], {}).following
    right = wrong = 0
    for original, copy in zip(first, second, strict=True):
        leader = following.get(copy)
        right += original in (leader, copy)
        wrong += leader is not None and leader != original
    return right / images, wrong / images


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} images")
    parser.add_argument("--images", type=int)
    arguments = parser.parse_args()
    images = arguments.images or (QUICK if arguments.quick else IMAGES)
    figures = {}
    for flipped in FLIPPED:
        found, strangers = found_again(images, flipped, random.Random(SEED + flipped))
        figures[flipped] = {"found": round(found, 4), "strangers": round(strangers, 4)}
        print(
            f"{flipped:2} bits flipped: {found:.4f} found again, {strangers:.4f} taken for another's",
            flush=True,
        )
    print(json.dumps({"bench": "images", "images": images, "within": RADIUS["image"], "flipped": figures}))


if __name__ == "__main__":
    main()
