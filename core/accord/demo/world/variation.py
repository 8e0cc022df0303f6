"""Worlds whose figures are drawn: what holds on one world's figures alone is found out on others.

Each figure has a range. Worlds to tune on take theirs from its inner half; held-out worlds, to report
on, from the outer quarters, so that no held-out figure was ever seen while tuning.
"""

from __future__ import annotations

from random import Random
from typing import Any

from accord.demo.world.dice import dice
from accord.demo.world.settings import Shares, WorldSettings

RANGES: dict[str, tuple[float, float]] = {
    "answering_service": (0.0, 0.08),
    "booking_site": (0.0, 0.12),
    "borrowed_texts": (0.0, 0.35),
    "cells": (0.0, 0.5),
    "crossposting": (0.05, 0.7),
    "duplicates": (0.0, 0.12),
    "hotline": (0.0, 0.08),
    "late": (0.0, 0.12),
    "low_quality": (0.0, 0.15),
    "mimicry": (0.0, 0.25),
    "missing": (0.0, 0.2),
    "no_contact": (0.0, 0.1),
    "obscured": (0.15, 0.85),
    "re_encoded": (0.2, 1.0),
    "reassigned": (0.0, 0.35),
    "stock_pictures": (0.0, 0.08),
    "stolen_pictures": (0.0, 0.12),
    "wrong_place": (0.0, 0.08),
}
"""Probabilities of `WorldSettings`, each with the range that it is drawn from."""
MOST_EDITS = (0.05, 0.35)
MOST_FLIPPED = (8, 30)
LONGEST_ROTATION = (10, 60)
RING_SHARE = (0.05, 0.3)
"""Upper ends of the ranges of `edit_rate`, `flipped_bits` and `rotation_days`; the part of rings."""


def varied(seed: str, *, held_out: bool, **changes: Any) -> WorldSettings:
    """The settings of a world with drawn figures; `changes` replace single ones.

    :raises WorldError: when a change is outside its range.
    """
    rng = dice(seed, "variation", "held out" if held_out else "tuning")
    drawn: dict[str, Any] = {name: _draw(rng, *ends, held_out) for name, ends in RANGES.items()}
    drawn["edit_rate"] = (0.0, _draw(rng, *MOST_EDITS, held_out))
    drawn["flipped_bits"] = (0, round(_draw(rng, *MOST_FLIPPED, held_out)))
    longest = round(_draw(rng, *LONGEST_ROTATION, held_out))
    drawn["rotation_days"] = (max(1, longest // 5), longest)
    ring = _draw(rng, *RING_SHARE, held_out)
    usual = dict(Shares().items())
    rest = (1 - ring) / (1 - usual["ring"])
    drawn["shares"] = Shares(
        **{kind: ring if kind == "ring" else share * rest for kind, share in usual.items()}
    )
    return WorldSettings(**(drawn | {"seed": seed} | changes))


def _draw(rng: Random, low: float, high: float, held_out: bool) -> float:
    quarter = (high - low) / 4
    if not held_out:
        return rng.uniform(low + quarter, high - quarter)
    outer = rng.uniform(0, quarter)
    return low + outer if rng.random() < 0.5 else high - outer
