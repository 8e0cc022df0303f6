"""The scale of the score: reasons add their points, and the front of the queue is told apart."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.caseload import showing
from accord.caseload.priorities import (
    EVEN,
    POINTS,
    load_weights,
    prioritise,
    score_of,
    total_of_score,
)
from accord.caseload.showing import beginning, reasons
from accord_sdk import Indicator

WEIGHTS = load_weights()
FOR = (
    ("high_output", 0.95), ("many_images", 0.9), ("several_people_observed", 0.7),
    ("several_places_observed", 0.8), ("several_phones", 0.5), ("obscured_phone", 0.6),
)  # fmt: skip
"""What a lead at the front of a queue of 20,000 records shows."""


def shown(indicators: list[Indicator]) -> tuple[float, list[float]]:
    """A lead's score, and its reasons' points, those that lower it below 0."""
    found = prioritise(indicators, WEIGHTS)
    return found.score, [one.contribution for one in reasons(msgspec.to_builtins(found.reasons), found.score)]


def test_each_reason_at_the_front_of_the_queue_has_points_that_tell() -> None:
    score, points = shown([Indicator(kind, 1, strength, "seen") for kind, strength in FOR])
    assert 70 < score < 95
    assert all(part > 2 for part in points)


def test_one_more_reason_is_always_seen_in_the_score_of_a_lead_at_the_front() -> None:
    found = [Indicator(kind, 1, strength, "seen") for kind, strength in FOR]
    scores = [shown(found[:count])[0] for count in range(len(found) + 1)]
    assert all(after - before > 2 for before, after in pairwise(scores))


@given(st.lists(st.tuples(st.sampled_from(sorted(WEIGHTS.weights)), st.sampled_from([-1, 1])), max_size=8))
def test_the_points_of_the_reasons_and_what_every_lead_begins_with_are_the_score(
    kinds: list[tuple[str, int]],
) -> None:
    indicators = [Indicator(kind, sign, 0.25, "seen") for kind, sign in kinds]  # type: ignore[arg-type]  # signs
    found = prioritise(indicators, WEIGHTS)
    views = reasons(msgspec.to_builtins(found.reasons), found.score)
    begins = beginning(views, found.score)
    if 0 < found.score < 100:
        assert begins == pytest.approx(EVEN + POINTS * WEIGHTS.bias, abs=0.1)
    else:
        assert begins is None


def test_beside_a_lead_in_the_queue_stands_what_tells_of_people_and_not_that_there_is_much_to_read() -> None:
    found = [Indicator("much_to_read", -1, 1.0, "many"), Indicator("high_output", 1, 0.5, "seen")]
    stored = msgspec.to_builtins(prioritise(found, WEIGHTS).reasons)
    assert [one["indicator"] for one in showing.telling(stored)] == ["high_output"]


def test_a_score_says_its_log_odds_and_back() -> None:
    assert score_of(0.0) == EVEN
    assert total_of_score(score_of(7.25)) == pytest.approx(7.25)
    assert (score_of(1e9), score_of(-1e9)) == (100.0, 0.0)
