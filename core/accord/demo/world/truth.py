"""How well clusters and rankings agree with the truth. Pure functions over mappings and sequences.

A clustering is a mapping from record key to cluster; truth is a mapping from record key to
entity. A record of the truth that a clustering leaves out counts as a cluster of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall, 0-1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Their harmonic mean; 0 when both are 0."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def _labels(
    clusters: Mapping[K, Hashable], truth: Mapping[K, Hashable]
) -> list[tuple[K, Hashable, Hashable]]:
    unknown = next((key for key in clusters if key not in truth), None)
    if unknown is not None:
        raise ValueError(f"the truth knows nothing of record {unknown!r}")
    # Clusters are wrapped, so that no cluster's name can equal the stand-in of a left-out record.
    return [
        (key, ("cluster", clusters[key]) if key in clusters else ("alone", key), entity)
        for key, entity in truth.items()
    ]


def _pairs(all_: Counter[Hashable], about: Counter[Hashable]) -> int:
    # Pairs in which at least one record is asked about: all pairs less those of the others.
    return sum(math.comb(count, 2) - math.comb(count - about[group], 2) for group, count in all_.items())


def pairwise(
    clusters: Mapping[K, Hashable], truth: Mapping[K, Hashable], about: Collection[K] | None = None
) -> Score:
    """Precision and recall of the pairs of records that are together.

    With `about`, only pairs that have at least one of these records count: with the records of
    rings, both a ring torn apart and a stranger joined to a ring are errors. Without any pair
    to judge, the figure is 1.

    :raises ValueError: when a clustered record is not in the truth.
    """
    labels = _labels(clusters, truth)
    asked = set(truth if about is None else about)
    both: tuple[Counter[Hashable], Counter[Hashable]] = (Counter(), Counter())
    found: tuple[Counter[Hashable], Counter[Hashable]] = (Counter(), Counter())
    real: tuple[Counter[Hashable], Counter[Hashable]] = (Counter(), Counter())
    for key, cluster, entity in labels:
        for counters, group in ((both, (cluster, entity)), (found, cluster), (real, entity)):
            counters[0][group] += 1
            counters[1][group] += key in asked
    right, joined, true = _pairs(*both), _pairs(*found), _pairs(*real)
    return Score(right / joined if joined else 1.0, right / true if true else 1.0)


def b_cubed(
    clusters: Mapping[K, Hashable], truth: Mapping[K, Hashable], about: Collection[K] | None = None
) -> Score:
    """B-cubed precision and recall (Bagga and Baldwin 1998): the mean over records, or those `about`.

    Of each record: which part of its cluster is of its entity, and which part of its entity is in
    its cluster. Without any record the figures are 1.

    :raises ValueError: when a clustered record is not in the truth.
    """
    labels = _labels(clusters, truth)
    asked = set(truth if about is None else about)
    both = Counter((cluster, entity) for _, cluster, entity in labels)
    found = Counter(cluster for _, cluster, _ in labels)
    real = Counter(entity for _, _, entity in labels)
    count = 0
    precision = recall = 0.0
    for key, cluster, entity in labels:
        if key in asked:
            count += 1
            precision += both[cluster, entity] / found[cluster]
            recall += both[cluster, entity] / real[entity]
    return Score(precision / count, recall / count) if count else Score(1.0, 1.0)


def lead_relevance(members: Mapping[K, Sequence[float]]) -> dict[K, float]:
    """Relevance of leads from the urgencies of their records (0 = of no ring).

    A lead is worth 0 unless at least half of its records are of rings; else the mean urgency of
    all its records, so that strangers among them cost.
    """
    return {
        lead: sum(urgencies) / len(urgencies)
        if urgencies and 2 * sum(urgency > 0 for urgency in urgencies) >= len(urgencies)
        else 0.0
        for lead, urgencies in members.items()
    }


def _top(ranked: Sequence[K], k: int) -> Sequence[K]:
    if k < 1:
        raise ValueError(f"k is at least 1, not {k}")
    if len(set(ranked)) < len(ranked):
        raise ValueError("a ranking names a lead twice")
    return ranked[:k]


def precision_at(ranked: Sequence[K], relevance: Mapping[K, float], k: int) -> float:
    """P@k: the part of the first k with relevance above 0; a shorter ranking is short of hits.

    :raises ValueError: when k is below 1 or the ranking names a lead twice.
    """
    return sum(relevance.get(lead, 0.0) > 0 for lead in _top(ranked, k)) / k


def ndcg_at(ranked: Sequence[K], relevance: Mapping[K, float], k: int) -> float:
    """nDCG@k with gain 2^relevance - 1 and discount log2(rank + 1) (Burges et al. 2005).

    The ideal order is that of all leads in `relevance`. Where nothing is relevant it is 0.

    :raises ValueError: as `precision_at` does.
    """
    best = sorted(relevance.values(), reverse=True)[:k]
    ideal = _discounted(best)
    return _discounted([relevance.get(lead, 0.0) for lead in _top(ranked, k)]) / ideal if ideal else 0.0


def _discounted(relevances: Sequence[float]) -> float:
    return sum((2**value - 1) / math.log2(rank + 1) for rank, value in enumerate(relevances, start=1))


def lift_at(ranked: Sequence[K], relevance: Mapping[K, float], k: int) -> float:
    """Lift@k: P@k over the part of all leads in `relevance` that are relevant; 0 when none is.

    :raises ValueError: as `precision_at` does.
    """
    base = sum(value > 0 for value in relevance.values()) / len(relevance) if relevance else 0.0
    found = precision_at(ranked, relevance, k)
    return found / base if base else 0.0


def false_flags_at(ranked: Sequence[K], lawful: Collection[K], k: int) -> int:
    """How many of the first k are among `lawful`, such as the leads of independent workers.

    :raises ValueError: as `precision_at` does.
    """
    known = set(lawful)
    return sum(lead in known for lead in _top(ranked, k))


def read_until(
    ranked: Sequence[K], relevance: Mapping[K, float], records: Mapping[K, int], at_least: float
) -> int | None:
    """How many records somebody reads, lead by lead, up to the end of the first lead that matters.

    That is the first of relevance `at_least`; None when no lead in the ranking has it.

    :raises KeyError: when `records` lacks a lead that is read.
    """
    read = 0
    for lead in ranked:
        read += records[lead]
        if relevance.get(lead, 0.0) >= at_least:
            return read
    return None
