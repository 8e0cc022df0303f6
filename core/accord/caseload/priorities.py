"""The priority: a transparent sum of what assessors say of a lead, with every part of it named.

The sum is in log-odds. The score shows it on a fixed scale, as scorecards do: `EVEN` where it is as likely
as not, `POINTS` more for each unit. So each reason adds the same points wherever a lead stands, they make up
the score, and leads at the front, which are all but certain, are still told apart.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

import msgspec

from accord_sdk import Indicator, Reason

WEIGHTS_FILE = "priorities.toml"
EVEN = 50.0
"""The score of a lead that is as likely as not one to look into, as the weights see it."""
POINTS = 3.0
"""Points of the score for each unit of log-odds; 2.1 points are twice the odds."""

COST_OF_READING = "much_to_read"
"""The one indicator that moves a rank and says nothing of exploitation."""


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The versioned weights (see priorities.toml for the formula)."""

    version: int
    bias: float
    unlisted: float
    weights: dict[str, float]
    sources: dict[str, str] = {}


@dataclass(frozen=True)
class Priority:
    """A score of 0 to 100 and why, the reasons that moved it most first."""

    score: float
    reasons: tuple[Reason, ...]


def load_weights() -> Weights:
    """The weights that this version of Accord ships."""
    text = resources.files(__package__).joinpath(WEIGHTS_FILE).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Weights)


def prioritise(indicators: Iterable[Indicator], weights: Weights) -> Priority:
    """The priority that indicators give; the same indicators give the same, in any order."""
    reasons = [_reason(indicator, weights) for indicator in indicators]
    reasons.sort(key=_order)
    total = weights.bias + math.fsum(reason.contribution for reason in reasons)
    return Priority(score_of(total), tuple(reasons))


def score_of(total: float) -> float:
    """The score of a sum in log-odds, 0 to 100: the ends stand for all beyond, 1 in 17 million."""
    return round(min(100.0, max(0.0, EVEN + POINTS * total)), 4)


def total_of_score(score: float) -> float:
    """The sum in log-odds that a score stands for."""
    return (score - EVEN) / POINTS


def _order(reason: Reason) -> tuple[float, str, str, int, str]:
    """The weightiest first; to the last field, so that no order of plugins shows."""
    return -abs(reason.contribution), reason.indicator, reason.evidence, reason.sign, reason.source


def _reason(indicator: Indicator, weights: Weights) -> Reason:
    weight = weights.weights.get(indicator.kind, weights.unlisted)
    return Reason(
        indicator=indicator.kind,
        sign=indicator.sign,
        weight=weight,
        contribution=round(indicator.sign * weight * min(1.0, max(0.0, indicator.strength)), 4),
        evidence=indicator.evidence,
        source=indicator.source,
    )
