"""The parts of a priority: what each indicator contributes, and how far they can go."""

from __future__ import annotations

import math

import pytest

from accord.caseload.priorities import Weights, load_weights, prioritise
from accord_sdk import Indicator

WEIGHTS = Weights(version=1, bias=-2.0, unlisted=0.5, weights={"a": 1.0, "b": 3.0, "shown": 0.0})


def indicator(kind: str, sign: int = 1, strength: float = 1.0) -> Indicator:
    return Indicator(kind, sign, strength, "seen", "a source")  # type: ignore[arg-type]  # a sign by number


def test_without_indicators_the_score_is_the_bias() -> None:
    found = prioritise([], WEIGHTS)
    assert found.score == pytest.approx(50 - 3 * 2.0)
    assert found.reasons == ()


def test_the_reasons_say_what_each_indicator_contributes_the_greatest_first() -> None:
    found = prioritise([indicator("a"), indicator("b", -1, 0.5), indicator("new", 1, 0.2)], WEIGHTS)
    assert [(reason.indicator, reason.contribution) for reason in found.reasons] == [
        ("b", -1.5),
        ("a", 1.0),
        ("new", 0.1),
    ]
    assert {reason.source for reason in found.reasons} == {"a source"}
    assert found.score == pytest.approx(50 - 3 * 2.4)


@pytest.mark.parametrize(
    ("strength", "contribution"), [(-1.0, 0.0), (0.0, 0.0), (5.0, 3.0), (math.inf, 3.0), (math.nan, 0.0)]
)
def test_strength_counts_from_none_to_full(strength: float, contribution: float) -> None:
    (reason,) = prioritise([indicator("b", 1, strength)], WEIGHTS).reasons
    assert reason.contribution == contribution


def test_however_much_is_said_the_score_stays_a_score() -> None:
    assert prioritise([indicator("b")] * 10_000, WEIGHTS).score == 100
    assert prioritise([indicator("b", -1)] * 10_000, WEIGHTS).score == 0


def test_an_attribute_of_a_person_alone_moves_no_shipped_rank() -> None:
    weights = load_weights()
    for kind in ("ethnicity_stated", "stated_age_under_23"):
        assert weights.weights[kind] == 0
