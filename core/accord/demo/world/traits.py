"""How kinds of actor differ: the figures that give each kind its habits.

The signs of the indicators follow the studies listed in `docs/reference/world.md`; the sizes of
the probabilities are assumptions of this world, not measurements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Traits:
    """The habits of a kind of actor; probabilities 0-1.

    `records`: fewest and most of one actor, `tail`: the Pareto exponent between them.
    `per_day`: records a day. `hour`: price of an hour in tens of the currency.
    `obscures`, `stock` and `edits` are factors on `WorldSettings.obscured`, `stock_pictures`
    and `edit_rate`.
    """

    records: tuple[int, int]
    tail: float
    per_day: tuple[float, float]
    voices: Mapping[str, float]
    cues: Mapping[str, float]
    hour: tuple[int, int]
    obscures: float
    stock: float
    edits: float
    pictures: tuple[int, int]
    email: float
    handle: float
    website: float


TRAITS = {
    "ring": Traits(
        records=(3, 400),
        tail=0.9,
        per_day=(1.0, 4.0),
        voices={"first": 0.40, "third": 0.35, "plural": 0.25},
        cues={
            "trustworthy": 0.22,
            "youth": 0.18,
            "ethnicity": 0.22,
            "movement": 0.12,
            "screening": 0.18,
            "tattoos": 0.05,
            "in_call": 0.40,
        },
        hour=(12, 26),
        obscures=1.0,
        stock=1.0,
        edits=1.0,
        pictures=(3, 7),
        email=0.08,
        handle=0.30,
        website=0.0,
    ),
    "agency": Traits(
        records=(5, 300),
        tail=1.0,
        per_day=(0.5, 3.0),
        voices={"agency": 1.0},
        cues={
            "trustworthy": 0.08,
            "youth": 0.04,
            "ethnicity": 0.10,
            "movement": 0.05,
            "screening": 0.55,
            "tattoos": 0.02,
            "in_call": 0.05,
            "out_call": 0.5,
        },
        hour=(25, 60),
        obscures=1 / 12,
        stock=1.0,
        edits=1.0,
        pictures=(2, 5),
        email=0.6,
        handle=0.2,
        website=0.8,
    ),
    "spa": Traits(
        records=(2, 150),
        tail=1.0,
        per_day=(0.1, 0.8),
        voices={"spa": 1.0},
        cues={"trustworthy": 0.05, "out_call": 0.05},
        hour=(5, 12),
        obscures=1 / 20,
        stock=10.0,
        edits=0.25,
        pictures=(1, 4),
        email=0.3,
        handle=0.15,
        website=0.6,
    ),
    "spam": Traits(
        records=(10, 600),
        tail=1.0,
        per_day=(2.0, 20.0),
        voices={"spam": 1.0},
        cues={"trustworthy": 0.04, "youth": 0.05, "ethnicity": 0.02, "movement": 0.03},
        hour=(5, 20),
        obscures=1 / 3,
        stock=15.0,
        edits=0.25,
        pictures=(1, 3),
        email=0.0,
        handle=0.2,
        website=0.0,
    ),
    "independent": Traits(
        records=(1, 80),
        tail=1.0,
        per_day=(0.05, 0.8),
        voices={"first": 0.95, "third": 0.05},
        cues={
            "trustworthy": 0.10,
            "youth": 0.08,
            "ethnicity": 0.16,
            "movement": 0.32,
            "screening": 0.18,
            "tattoos": 0.10,
            "in_call": 0.20,
            "out_call": 0.35,
            "independent": 0.5,
        },
        hour=(15, 45),
        obscures=1 / 5,
        stock=1.0,
        edits=1.0,
        pictures=(2, 6),
        email=0.3,
        handle=0.45,
        website=0.35,
    ),
}
"""The habits of each kind in `KINDS`."""


@dataclass(frozen=True)
class Urgency:
    """What a ring's urgency (1-3) does: faster, farther, more hidden.

    `per_day`: records a day; `dwell_days`: stay in a city; `stops`: cities of the circuit;
    `obscures`: factor on the probability of obscured numbers.
    """

    weight: float
    per_day: tuple[float, float]
    dwell_days: tuple[float, float]
    stops: tuple[int, int]
    obscures: float


URGENCIES = {
    1: Urgency(0.40, (1.0, 4.0), (4.0, 12.0), (2, 3), 0.8),
    2: Urgency(0.35, (2.0, 7.0), (3.0, 8.0), (3, 6), 1.0),
    3: Urgency(0.25, (4.0, 12.0), (1.5, 5.0), (4, 8), 1.25),
}
"""The urgencies of rings, with the part of rings that have each."""
