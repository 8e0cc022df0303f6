"""The scores of clusterings and rankings, on examples worked out by hand."""

from __future__ import annotations

import pytest

from accord.demo.world import truth

# Two entities: A has three records, B two. The clustering splits A and puts one of B with it.
ENTITIES = {1: "A", 2: "A", 3: "A", 4: "B", 5: "B"}
CLUSTERS = {1: 10, 2: 10, 3: 11, 4: 11, 5: 12}


def test_pairs_are_counted_as_worked_out_by_hand() -> None:
    # Together: {1,2} right, {3,4} wrong. True pairs: 12, 13, 23, 45.
    score = truth.pairwise(CLUSTERS, ENTITIES)
    assert (score.precision, score.recall) == (1 / 2, 1 / 4)
    assert score.f1 == pytest.approx(1 / 3)


def test_pairs_about_some_records_include_strangers_joined_to_them() -> None:
    # About B only: the wrong pair {3,4} counts, the right pair {1,2} does not; true pair 45 is missed.
    assert truth.pairwise(CLUSTERS, ENTITIES, about=[4, 5]) == truth.Score(0.0, 0.0)
    # About record 1: together {1,2}; true 12, 13.
    assert truth.pairwise(CLUSTERS, ENTITIES, about=[1]) == truth.Score(1.0, 1 / 2)


def test_b_cubed_is_the_mean_over_records() -> None:
    # Precision of 1..5: 1, 1, 1/2, 1/2, 1. Recall: 2/3, 2/3, 1/3, 1/2, 1/2.
    score = truth.b_cubed(CLUSTERS, ENTITIES)
    assert score.precision == pytest.approx(4 / 5)
    assert score.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 / 2 + 1 / 2) / 5)


def test_b_cubed_about_some_records_averages_over_those_only() -> None:
    score = truth.b_cubed(CLUSTERS, ENTITIES, about=[3, 5])
    assert score.precision == pytest.approx((1 / 2 + 1) / 2)
    assert score.recall == pytest.approx((1 / 3 + 1 / 2) / 2)


@pytest.mark.parametrize("measure", [truth.pairwise, truth.b_cubed])
def test_the_true_clustering_scores_one_under_any_names(measure: object) -> None:
    assert callable(measure)
    renamed = {key: entity + "'" for key, entity in ENTITIES.items()}
    assert measure(renamed, ENTITIES) == truth.Score(1.0, 1.0)


def test_records_left_out_of_a_clustering_are_alone() -> None:
    score = truth.pairwise({1: 0, 2: 0}, ENTITIES)
    assert (score.precision, score.recall) == (1.0, 1 / 4)
    # Two left-out records are not together, and none is in the cluster that bears its key as its name.
    assert truth.b_cubed({1: 3}, {1: "A", 3: "A"}) == truth.Score(1.0, 1 / 2)


def test_without_pairs_nothing_is_wrong() -> None:
    assert truth.pairwise({1: "x"}, {1: "A"}) == truth.Score(1.0, 1.0)
    assert truth.b_cubed({}, {}) == truth.Score(1.0, 1.0)


@pytest.mark.parametrize("measure", [truth.pairwise, truth.b_cubed])
def test_a_record_unknown_to_the_truth_is_an_error(measure: object) -> None:
    assert callable(measure)
    with pytest.raises(ValueError, match="99"):
        measure({99: 1}, ENTITIES)


RELEVANCE = {"a": 3.0, "b": 0.0, "c": 1.0, "d": 0.0, "e": 0.0, "f": 0.0}


def test_precision_and_lift_at_k() -> None:
    ranked = ["b", "a", "c", "d"]
    assert truth.precision_at(ranked, RELEVANCE, 2) == 1 / 2
    assert truth.precision_at(ranked, RELEVANCE, 3) == 2 / 3
    # Two of six leads are relevant: a third.
    assert truth.lift_at(ranked, RELEVANCE, 2) == pytest.approx(1.5)
    assert truth.lift_at(ranked, {"a": 0.0}, 1) == 0.0


def test_a_short_ranking_is_short_of_hits() -> None:
    assert truth.precision_at(["a"], RELEVANCE, 4) == 1 / 4


def test_ndcg_as_worked_out_by_hand() -> None:
    # Gains: 7 and 1. Ideal: 7/log2(2) + 1/log2(3). Found: 0 + 7/log2(3) + 1/log2(4).
    ideal = 7 + 1 / 1.5849625007211562
    found = 7 / 1.5849625007211562 + 1 / 2
    assert truth.ndcg_at(["b", "a", "c"], RELEVANCE, 3) == pytest.approx(found / ideal)
    assert truth.ndcg_at(["a", "c", "b"], RELEVANCE, 3) == pytest.approx(1.0)
    assert truth.ndcg_at(["b"], {"b": 0.0}, 1) == 0.0


def test_false_flags_and_reading() -> None:
    ranked = ["b", "c", "a"]
    assert truth.false_flags_at(ranked, ["b", "d"], 2) == 1
    sizes = {"a": 5, "b": 20, "c": 3}
    assert truth.read_until(ranked, RELEVANCE, sizes, at_least=1) == 23
    assert truth.read_until(ranked, RELEVANCE, sizes, at_least=3) == 28
    assert truth.read_until(ranked, RELEVANCE, sizes, at_least=4) is None


def test_a_lead_is_relevant_when_at_least_half_of_it_is_a_ring() -> None:
    leads = {"pure": [3, 3], "half": [2, 0], "drowned": [3, 0, 0], "lawful": [0], "empty": []}
    assert truth.lead_relevance(leads) == {
        "pure": 3.0,
        "half": 1.0,
        "drowned": 0.0,
        "lawful": 0.0,
        "empty": 0.0,
    }


def test_a_ranking_is_checked() -> None:
    with pytest.raises(ValueError, match="twice"):
        truth.precision_at(["a", "a"], RELEVANCE, 2)
    with pytest.raises(ValueError, match="at least 1"):
        truth.false_flags_at(["a"], [], 0)
