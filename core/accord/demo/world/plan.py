"""The plan of a world: how many actors of which kind and size, and when each is about.

The plan is the one thing that is held for all actors at once: a small row each.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from accord.demo.world.dice import dice
from accord.demo.world.schedule import DAY, Window
from accord.demo.world.settings import WorldSettings
from accord.demo.world.traits import TRAITS, URGENCIES

_CELL_RECORDS = 40


class Part(NamedTuple):
    """An actor to be cast; rows sort by the start of its window."""

    start: float
    end: float
    kind: str
    serial: int
    records: int
    ring: int
    urgency: int


def _pareto(low: int, high: int, exponent: float, rng: Random) -> int:
    ratio = (low / high) ** exponent
    return min(high, int(low / (1 - rng.random() * (1 - ratio)) ** (1 / exponent)))


def _sizes(low: int, high: int, exponent: float, total: int, rng: Random) -> Iterator[int]:
    while total > 0:
        size = min(total, _pareto(low, high, exponent, rng))
        if total - size < low:
            size = min(total, high)
        yield size
        total -= size


def _budgets(settings: WorldSettings) -> dict[str, int]:
    # The rounding goes to the kind with the most records, so that the sum is exact.
    budgets = {kind: int(share * settings.records) for kind, share in settings.shares.items()}
    largest = max(budgets, key=lambda kind: dict(settings.shares.items())[kind])
    budgets[largest] += settings.records - sum(budgets.values())
    return budgets


def _window(settings: WorldSettings, size: int, per_day: tuple[float, float], rng: Random) -> Window:
    begin = settings.start.timestamp()
    length = min(float(settings.days), max(0.5, size / rng.uniform(*per_day)))
    start = begin + rng.random() * (settings.days - length) * DAY
    return Window(start, start + length * DAY)


def _ring_parts(settings: WorldSettings, total: int, rng: Random) -> Iterator[Part]:
    low, high = settings.ring_records
    grades = tuple(URGENCIES)
    weights = [URGENCIES[grade].weight for grade in grades]
    index = 0
    for ring, size in enumerate(_sizes(low, high, TRAITS["ring"].tail, total, rng)):
        urgency = rng.choices(grades, weights)[0]
        window = _window(settings, size, URGENCIES[urgency].per_day, rng)
        in_cells = size >= _CELL_RECORDS and rng.random() < settings.cells
        second = int(size * rng.uniform(0.25, 0.5)) if in_cells else 0
        for records in (size - second, second):
            if records:
                yield Part(window.start, window.end, "ring", index, records, ring, urgency)
                index += 1


def parts(settings: WorldSettings) -> list[Part]:
    """All actors to be cast, in the order of their first day."""
    plan: list[Part] = []
    for kind, total in _budgets(settings).items():
        rng = dice(settings.seed, "plan", kind)
        if kind == "ring":
            plan += _ring_parts(settings, total, rng)
            continue
        traits = TRAITS[kind]
        for index, size in enumerate(_sizes(*traits.records, traits.tail, total, rng)):
            window = _window(settings, size, traits.per_day, rng)
            plan.append(Part(window.start, window.end, kind, index, size, -1, 0))
    plan.sort()
    return plan
