"""Figures of `leads.py`: how well records are joined, and leads ranked, by the truth of a world."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from statistics import fmean, median

from clusterings import Clusters, Key, TrueRecord, components, sharing
from elsewhere import Truth
from minhash import similar_pairs
from worlds import World

from accord.caseload.priorities import total_of_score
from accord.demo.world.truth import (
    b_cubed,
    false_flags_at,
    lead_relevance,
    ndcg_at,
    precision_at,
    read_until,
)
from accord.demo.world.truth import (
    pairwise as pairs_agree,
)

SHUFFLES = 20
CHANCES = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.01)
"""Bounds of chances between which it is said what part are rings'."""
MOST_URGENT = 2.5
"""Mean urgency of a lead's records from which it is a most urgent ring."""


def clusterings(world: World) -> dict[str, Clusters]:
    """Ours and the simple ones."""
    keys = list(world.truth)
    phones = {key: {one for one in found if one[0] == "phone"} for key, found in world.selectors.items()}
    everything: dict[Key, set[tuple[str, str]]] = {
        key: world.selectors.get(key, set()) | {("image", pdq) for pdq in world.images[key]} for key in keys
    }
    return {
        "phone alone": components(sharing(phones), keys),
        "MinHash alone": components(similar_pairs(world.bodies), keys),
        "all selectors, no hubs": components(sharing(everything), keys),
        "Accord": world.clusters,
    }


def linking_figures(world: World, clusterings: Mapping[str, Clusters]) -> dict[str, dict[str, float]]:
    """Pairwise and B-cubed figures of each clustering, over all records and about those of rings."""
    entities = {key: one.entity for key, one in world.truth.items()}
    rings = [key for key, one in world.truth.items() if one.ring is not None]
    figures = {}
    for name, clusters in clusterings.items():
        row: dict[str, float] = {}
        for scope, about in (("all", None), ("ring", rings)):
            for measure, score in (
                ("pair", pairs_agree(clusters, entities, about)),
                ("b3", b_cubed(clusters, entities, about)),
            ):
                row |= {
                    f"{scope} {measure} P": score.precision,
                    f"{scope} {measure} R": score.recall,
                    f"{scope} {measure} F1": score.f1,
                }
        row["leads that join rings"] = float(joining_rings(clusters, world.truth))
        figures[name] = row
    return figures


def joining_rings(clusters: Clusters, truth: Mapping[Key, TrueRecord]) -> int:
    """How many clusters hold two records or more of each of several rings."""
    rings: defaultdict[Hashable, Counter[str]] = defaultdict(Counter)
    for key, cluster in clusters.items():
        if truth[key].ring is not None:
            rings[cluster][truth[key].entity] += 1
    return sum(sum(count > 1 for count in found.values()) > 1 for found in rings.values())


def kept_figures(world: World) -> dict[str, float]:
    """What only the second generator says: changes of numbers seen through, and strangers kept apart.

    A change is seen through when most records after it are in the lead that has most records before it.
    Somebody is kept apart from another when no lead has a record of both. Of the first generator's worlds
    nothing is said.
    """
    truth = {key: one for key, one in world.truth.items() if isinstance(one, Truth)}
    if not truth:
        return {}
    sides: defaultdict[tuple[str, str], dict[bool, Counter[Hashable]]] = defaultdict(
        lambda: {False: Counter(), True: Counter()}
    )
    present: defaultdict[Hashable, set[str]] = defaultdict(set)
    of_hub: defaultdict[str, set[str]] = defaultdict(set)
    for key, one in truth.items():
        lead = world.clusters[key]
        present[lead].add(one.actor)
        if one.change:
            sides[one.change, one.actor][one.after][lead] += 1
        if one.hub:
            of_hub[one.hub].add(one.actor)
    leads: defaultdict[str, set[Hashable]] = defaultdict(set)
    for lead, actors in present.items():
        for actor in actors:
            leads[actor].add(lead)
    strangers = {
        "copies apart": {(one.actor, one.copied) for one in truth.values() if one.copied},
        "reassigned apart": {(one.actor, one.former) for one in truth.values() if one.former},
    }
    found = {}
    for change in ("text", "picture"):
        if seen := list(_seen_through(sides, change)):
            found[f"{change} kept found"] = fmean(seen)
    for name, pairs in strangers.items():
        found[name] = fmean([float(not leads[one] & leads[other]) for one, other in pairs] or [1.0])
    found["hubs apart"] = fmean(
        float(all(not (present[lead] & actors) - {actor} for lead in leads[actor]))
        for actors in of_hub.values()
        for actor in actors
    )
    return found


def _seen_through(
    sides: Mapping[tuple[str, str], Mapping[bool, Counter[Hashable]]], change: str
) -> Iterable[float]:
    for (kind, _), leads in sides.items():
        if kind == change and leads[False] and leads[True]:
            yield float(leads[False].most_common(1)[0][0] == leads[True].most_common(1)[0][0])


def ranking_figures(
    world: World, clusterings: Mapping[str, Clusters], seed: str
) -> dict[str, dict[str, float]]:
    """Figures of the queue and of simple rankings of the same leads."""
    rng = random.Random(seed)
    ours = Ranked.of(world.clusters, world.truth)
    shuffled = [ours.judge(rng.sample(ours.leads, len(ours.leads))) for _ in range(SHUFFLES)]
    rankings = {"random": mean(shuffled), "volume": ours.judge(ours.by_volume())}
    for name in ("phone alone", "MinHash alone"):
        found = Ranked.of(clusterings[name], world.truth)
        rankings[f"{name}, by volume"] = found.judge(found.by_volume())
    return rankings | {"Accord": ours.judge(list(world.queue))}


def calibration_figures(world: World) -> dict[str, float]:
    """How the chances that scores stand for compare with what leads are.

    `Brier` is the mean square of the difference (Brier 1950), and that of the one chance of all, which knows
    nothing, beside it; `ECE` the expected calibration error over ten equally wide bins (Naeini et al. 2015);
    then what part of leads whose chance lies between two bounds are rings'.
    """
    relevance = Ranked.of(world.clusters, world.truth).relevance
    said = [
        (1 / (1 + exp(-total_of_score(score))), relevance[lead] > 0) for lead, score in world.queue.items()
    ]
    found = {"Brier": fmean([(chance - ring) ** 2 for chance, ring in said])}
    base = fmean([float(ring) for _, ring in said])
    found["Brier, one chance for all"] = base * (1 - base)
    bins: defaultdict[int, list[float]] = defaultdict(list)
    for chance, ring in said:
        bins[min(9, int(10 * chance))].append(chance - ring)
    found["ECE"] = sum(abs(sum(off)) for off in bins.values()) / len(said)
    for low, high in pairwise(CHANCES):
        if alike := [float(ring) for chance, ring in said if low <= chance < high]:
            found[f"rings' of {low:.0%} to {min(high, 1.0):.0%}"] = fmean(alike)
    return found


@dataclass(frozen=True)
class Ranked:
    """Leads to be ranked: their records' truth, and what they are worth."""

    members: dict[Hashable, list[TrueRecord]]
    relevance: dict[Hashable, float]

    @classmethod
    def of(cls, clusters: Clusters, truth: Mapping[Key, TrueRecord]) -> Ranked:
        """The leads of a clustering."""
        members: dict[Hashable, list[TrueRecord]] = {}
        for key, cluster in sorted(clusters.items()):
            members.setdefault(cluster, []).append(truth[key])
        urgencies = {lead: [one.urgency for one in found] for lead, found in members.items()}
        return cls(members, lead_relevance(urgencies))

    @property
    def leads(self) -> list[Hashable]:
        """In the order of their first record."""
        return list(self.members)

    def by_volume(self) -> list[Hashable]:
        """Those with the most records first."""
        return sorted(self.members, key=lambda lead: len(self.members[lead]), reverse=True)

    def judge(self, ranked: Sequence[Hashable]) -> dict[str, float]:
        """Figures of a ranking of these leads."""
        lawful = {lead for lead, value in self.relevance.items() if value == 0.0}
        records = {lead: len(found) for lead, found in self.members.items()}
        read = read_until(ranked, self.relevance, records, MOST_URGENT)
        return {
            "P@20": precision_at(ranked, self.relevance, 20),
            "P@50": precision_at(ranked, self.relevance, 50),
            "nDCG@50": ndcg_at(ranked, self.relevance, 50),
            "lawful in 50": float(false_flags_at(ranked, lawful, 50)),
            "adverts read": float(sum(records.values()) if read is None else read),
        }


def size_of(world: World) -> dict[str, float]:
    """How much there is to find: rings, leads, leads of rings, and those of the most urgent."""
    ours = Ranked.of(world.clusters, world.truth)
    return {
        "rings": float(len({one.ring for one in world.truth.values() if one.ring is not None})),
        "leads": float(len(ours.leads)),
        "ring leads": float(sum(value > 0 for value in ours.relevance.values())),
        "most urgent leads": float(sum(value >= MOST_URGENT for value in ours.relevance.values())),
    }


def mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each figure; of the adverts read the median."""
    return {
        name: (median if name == "adverts read" else fmean)([row[name] for row in rows]) for name in rows[0]
    }
