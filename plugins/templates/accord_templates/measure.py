"""How well sketches find templates: leader clustering as the host does it, and its agreement with truth."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Sequence

import msgspec

from accord_templates.sketch import Sketch, distance

MOST_LEADERS = 32
"""Leaders that are kept of one key, the newest, as the host does it: beyond them it is a stock phrase."""


class Grouping(msgspec.Struct, frozen=True):
    """`leaders`: for each sketch the index of its leader. `candidates`: leaders compared, per sketch."""

    leaders: tuple[int, ...]
    candidates: float


class PairScore(msgspec.Struct, frozen=True):
    """Share of joined pairs that belong together, and share of pairs belonging together that are joined."""

    precision: float
    recall: float


def group(sketches: Sequence[Sketch | None], threshold: int) -> Grouping:
    """Each sketch joins the nearest leader that shares a key within `threshold`, else becomes a leader."""
    by_key: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=MOST_LEADERS))
    leaders: list[int] = []
    compared = 0
    for index, sketch in enumerate(sketches):
        if sketch is None:
            leaders.append(index)
            continue
        near = sorted({leader for key in sketch.keys for leader in by_key[key]})
        compared += len(near)
        distances = ((distance(sketch.value, _value(sketches[leader])), leader) for leader in near)
        bits, leader = min(distances, default=(threshold + 1, index))
        leaders.append(leader if bits <= threshold else index)
        if leaders[-1] == index:
            for key in sketch.keys:
                by_key[key].append(index)
    return Grouping(tuple(leaders), compared / max(1, len(sketches)))


def _value(sketch: Sketch | None) -> str:
    if sketch is None:
        raise ValueError("a text without a sketch leads nobody")
    return sketch.value


def _pairs(groups: Sequence[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(groups).values())


def adjusted_rand_index(truth: Sequence[Hashable], found: Sequence[Hashable]) -> float:
    """Agreement of two partitions, corrected for chance: 1 equal, 0 as by chance (Hubert & Arabie 1985).

    :raises ValueError: when their lengths differ.
    """
    both = _pairs(list(zip(truth, found, strict=True)))
    one, other = _pairs(truth), _pairs(found)
    everything = max(1, len(truth) * (len(truth) - 1) // 2)
    expected = one * other / everything
    most = (one + other) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def pair_score(truth: Sequence[Hashable], found: Sequence[Hashable]) -> PairScore:
    """Precision and recall over pairs put into one group."""
    both = _pairs(list(zip(truth, found, strict=True)))
    return PairScore(both / max(1, _pairs(found)), both / max(1, _pairs(truth)))
