"""Priorities fitted to verdicts: near the published ones, in their directions, honest about what is known."""

from __future__ import annotations

import random
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.caseload.decided_leads import (
    Example,
    TooFewVerdicts,
    chance_at,
    evidence_of,
    total_of,
)
from accord.caseload.fitting import CEILING, FLOOR, Fitted, cross_validated, fit, judged
from accord.caseload.priorities import Weights, load_weights, prioritise
from accord_indicators import lexicon
from accord_sdk import Indicator

PUBLISHED = load_weights()
AGAINST = {
    "agency_lawful",
    "independent_worker",
    "spa_business",
    "spam_cues",
    "scattered",
    "settled",
    "spam_scale",
    "throwaway_numbers",
    "few_images",
    "one_person_observed",
    "low_output",
}
TELLING = ("several_phones", "settled")
"""In these made-up leads only these two tell confirmed ones from others."""


def leads(number: int, *, seed: int = 1, telling: bool = True) -> list[Example]:
    """Decided leads, every third of them confirmed."""
    rng = random.Random(seed)
    found = []
    for index in range(number):
        confirmed = index % 3 == 0
        evidence = {}
        for kind in PUBLISHED.weights:
            often = 0.9 if telling and kind in TELLING and confirmed == (kind not in AGAINST) else 0.1
            if rng.random() < often:
                evidence[kind] = (-1 if kind in AGAINST else 1) * rng.uniform(0.4, 1.0)
        found.append(Example(evidence, confirmed))
    return found


MANY = leads(240)


@cache
def fitted() -> Fitted:
    """What so many verdicts say: once, and not where tests are only collected."""
    return fit(MANY, PUBLISHED, 1)


def test_weights_move_to_what_verdicts_say_and_order_unseen_leads_better() -> None:
    for kind in TELLING:
        assert fitted().weights.weights[kind] > PUBLISHED.weights[kind] * 1.3
    assert fitted().figures.ndcg_at_50 > fitted().published.ndcg_at_50 + 0.1
    assert fitted().figures.log_loss < fitted().published.log_loss
    assert fitted().figures.false_flags < fitted().published.false_flags
    assert cross_validated(MANY, PUBLISHED) == fitted().figures
    assert judged(MANY, PUBLISHED) == fitted().published


def test_few_verdicts_move_weights_less_than_many() -> None:
    few = fit(leads(60), PUBLISHED, 1).weights.weights

    def moved(weights: dict[str, float]) -> float:
        return sum(abs(weights[kind] - PUBLISHED.weights[kind]) for kind in TELLING)

    assert 0 < moved(few) < moved(fitted().weights.weights)


def test_too_few_of_either_kind_are_refused_with_what_is_missing() -> None:
    with pytest.raises(TooFewVerdicts, match=r"at least 20 leads confirmed.*there are 10 and 20"):
        fit(leads(30), PUBLISHED, 1)
    only_lawful = [Example({}, confirmed=False)] * 500
    with pytest.raises(TooFewVerdicts, match="there are 0 and 500"):
        fit(only_lawful, PUBLISHED, 1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), liars=st.sampled_from(sorted(PUBLISHED.weights)))
def test_no_verdicts_change_a_direction_or_give_one_to_what_has_none(seed: int, liars: str) -> None:
    """Not even when every confirmed lead shows a thing that speaks against, or states an ethnicity."""
    sign = -1 if liars in AGAINST else 1
    crooked = [
        Example({**one.evidence, liars: sign * 1.0}, one.confirmed) if one.confirmed == (sign < 0) else one
        for one in leads(90, seed=seed)
    ]
    weights = fit(crooked, PUBLISHED, 1).weights
    for kind, published in PUBLISHED.weights.items():
        assert FLOOR * published - 1e-4 <= weights.weights[kind] <= CEILING * published + 1e-4
    assert weights.weights["ethnicity_stated"] == 0.0
    assert weights.unlisted >= 0.0


@settings(max_examples=50, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(sorted(PUBLISHED.weights)), unique=True, max_size=8),
    more=st.sampled_from(sorted(PUBLISHED.weights)),
    strength=st.floats(0.01, 1.0),
)
def test_fitted_weights_keep_what_published_ones_promise(
    kinds: list[str], more: str, strength: float
) -> None:
    def indicator(kind: str, sign: Any = None) -> Indicator:
        return Indicator(kind, sign or (-1 if kind in AGAINST else 1), strength, "seen")

    found = [indicator(kind) for kind in kinds]
    before = prioritise(found, fitted().weights).score
    # More evidence against never raises a lead, and an ethnicity never moves it.
    assert prioritise([*found, indicator(more, -1)], fitted().weights).score <= before
    assert prioritise([*found, indicator(more, 1)], fitted().weights).score >= before
    for sign in (-1, 0, 1):
        stated = Indicator("ethnicity_stated", sign, strength, "stated")  # type: ignore[arg-type]  # one of the three
        assert prioritise([*found, stated], fitted().weights).score == before


def test_a_chance_is_told_only_where_enough_leads_scored_alike_and_never_falls_with_the_score() -> None:
    assert fitted().steps
    assert all(step.leads >= 20 and step.least <= step.chance <= step.most for step in fitted().steps)
    assert all(one.chance < other.chance and one.high < other.low for one, other in pairwise(fitted().steps))
    top = fitted().steps[-1]
    total = (top.low + top.high) / 2
    score = prioritise([], Weights(1, total, 0.0, {})).score
    assert chance_at(score, fitted().steps) == top
    assert chance_at(100.0, fitted().steps) is None
    assert chance_at(50.0, ()) is None


def test_verdicts_that_evidence_does_not_explain_leave_the_chance_flat() -> None:
    blind = fit(leads(240, telling=False), PUBLISHED, 1)
    alike = [step for step in blind.steps if step.least < 1 / 3 < step.most]
    assert sum(step.leads for step in alike) > 150


def test_evidence_is_read_back_from_stored_reasons_whatever_it_weighed() -> None:
    found = [Indicator("several_phones", 1, 0.5, "seen"), Indicator("settled", -1, 0.25, "seen")]
    for weights in (PUBLISHED, fitted().weights):
        reasons = [
            {"indicator": one.indicator, "weight": one.weight, "contribution": one.contribution}
            for one in prioritise(found, weights).reasons
        ]
        evidence = evidence_of(reasons)
        assert evidence == pytest.approx({"several_phones": 0.5, "settled": -0.25}, abs=1e-3)
        score = prioritise(found, PUBLISHED).score
        assert prioritise([], Weights(1, total_of(evidence, PUBLISHED), 0, {})).score == pytest.approx(
            score, abs=0.05
        )


def test_every_weight_says_where_its_direction_comes_from_as_the_plugin_does() -> None:
    assert PUBLISHED.sources.keys() == PUBLISHED.weights.keys()
    assert resources.files("accord_indicators")
    for kind, wording in lexicon.load().wordings.items():
        assert PUBLISHED.sources[kind] == wording.source
