"""The priority: a transparent sum, the same in any order, that moves the way each indicator says."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.caseload.priorities import Weights, load_weights, prioritise
from accord_sdk import Indicator

WEIGHTS = load_weights()
KINDS = st.sampled_from([*WEIGHTS.weights, "an_indicator_nobody_listed"])
SIGNS = st.sampled_from([-1, 0, 1])
INDICATORS = st.lists(
    st.builds(Indicator, kind=KINDS, sign=SIGNS, strength=st.floats(0, 1), evidence=st.text(max_size=20)),
    max_size=12,
)


@given(INDICATORS, st.randoms(use_true_random=False))
def test_the_same_indicators_give_the_same_priority_in_any_order(
    indicators: list[Indicator], shuffle: random.Random
) -> None:
    other = list(indicators)
    shuffle.shuffle(other)
    assert prioritise(other, WEIGHTS) == prioritise(indicators, WEIGHTS)


@given(INDICATORS)
def test_the_score_is_what_the_formula_says_and_between_0_and_100(indicators: list[Indicator]) -> None:
    found = prioritise(indicators, WEIGHTS)
    total = WEIGHTS.bias + sum(reason.contribution for reason in found.reasons)
    assert found.score == pytest.approx(min(100, max(0, 50 + 3 * total)), abs=0.001)
    assert 0 <= found.score <= 100


@given(INDICATORS, KINDS, st.floats(0, 1))
def test_more_that_speaks_for_exploitation_never_lowers_the_score_and_the_reverse(
    indicators: list[Indicator], kind: str, strength: float
) -> None:
    before = prioritise(indicators, WEIGHTS).score

    def after(sign: int) -> float:
        more = Indicator(kind, sign, strength, "seen")  # type: ignore[arg-type] # one of the three signs
        return prioritise([*indicators, more], WEIGHTS).score

    assert after(1) >= before
    assert after(-1) <= before
    assert after(0) == before


@given(KINDS, st.floats(0, 1), st.floats(0, 1))
def test_a_stronger_indicator_counts_no_less(kind: str, one: float, two: float) -> None:
    weak, strong = sorted((one, two))
    scores = [prioritise([Indicator(kind, 1, value, "seen")], WEIGHTS).score for value in (weak, strong)]
    assert scores[0] <= scores[1]


@given(INDICATORS)
def test_the_reasons_name_every_indicator_the_strongest_first(indicators: list[Indicator]) -> None:
    reasons = prioritise(indicators, WEIGHTS).reasons
    assert sorted(reason.indicator for reason in reasons) == sorted(one.kind for one in indicators)
    moved = [abs(reason.contribution) for reason in reasons]
    assert moved == sorted(moved, reverse=True)


@pytest.mark.parametrize("strength", [float("nan"), float("inf"), -1.0, 7.0])
def test_a_strength_out_of_range_counts_as_the_nearest_in_range(strength: float) -> None:
    found = prioritise([Indicator("pace", 1, strength, "seen")], WEIGHTS)
    assert math.isfinite(found.score)
    assert 0 <= found.reasons[0].contribution <= found.reasons[0].weight


def test_an_unlisted_indicator_counts_what_the_file_says_for_unlisted_ones() -> None:
    (reason,) = prioritise([Indicator("nobody_listed_this", 1, 1.0, "seen")], WEIGHTS).reasons
    assert reason.weight == WEIGHTS.unlisted


def test_ethnicity_never_moves_a_rank_whatever_a_plugin_says() -> None:
    for sign in (-1, 0, 1):
        found = prioritise([Indicator("ethnicity_stated", sign, 1.0, "stated")], WEIGHTS)  # type: ignore[arg-type] # one of the three signs
        assert found.score == prioritise([], WEIGHTS).score


def test_no_indicator_is_a_reason_to_be_last_not_to_be_hidden() -> None:
    assert 0 < prioritise([], WEIGHTS).score < 50


def test_weights_that_are_all_zero_leave_every_lead_equal() -> None:
    flat = Weights(version=1, bias=0.0, unlisted=0.0, weights={})
    assert prioritise([Indicator("pace", 1, 1.0, "seen")], flat).score == 50.0
