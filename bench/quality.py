"""Measures linking and ranking on synthetic worlds, beside simple methods.

    python bench/quality.py [--quick] [--seeds S ...] [--records N] [--worlds default|hard|varied|tuning]

Each seed is a world of its own: it is written to a temporary directory, ingested into a fresh home,
and judged by what `accord export clusters` and `accord export queue` say. Figures are means over the
seeds, with the least and the most. `varied` worlds draw their figures from ranges that no world used
for tuning was drawn from (`tuning` draws from those). The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import Any

from minhash import similar_pairs

from accord.demo.world import RecordTruth, WorldSettings, hard, read_truth, varied, write
from accord.demo.world.truth import (
    b_cubed,
    false_flags_at,
    lead_relevance,
    ndcg_at,
    pairwise,
    precision_at,
    read_until,
)

SEEDS = ("report-1", "report-2", "report-3", "report-4", "report-5")
RECORDS = 5_000
QUICK_RECORDS = 1_500
JOINING = frozenset({"phone", "email", "handle", "url", "wallet", "template"})
SHUFFLES = 20
MOST_URGENT = 2.5
"""Mean urgency of a lead's records from which it is a most urgent ring."""
ACCORD = (sys.executable, "-m", "accord")

Key = tuple[str, str]
Clusters = dict[Key, Hashable]


@dataclass(frozen=True)
class World:
    """What Accord says of a world, and its truth."""

    truth: dict[Key, RecordTruth]
    bodies: dict[Key, str]
    images: dict[Key, tuple[str, ...]]
    selectors: dict[Key, set[tuple[str, str]]]
    clusters: Clusters
    queue: list[str]


WORLDS: dict[str, Callable[..., WorldSettings]] = {
    "default": WorldSettings,
    "hard": hard,
    "varied": partial(varied, held_out=True),
    "tuning": partial(varied, held_out=False),
}


def run(settings: WorldSettings, directory: Path) -> World:
    """Ingest a world and read everything back."""
    write(settings, directory)
    environment = {**os.environ, "ACCORD_HOME": str(directory / "home")}

    def accord(*arguments: str) -> str:
        done = subprocess.run(
            [*ACCORD, *arguments], env=environment, stdout=subprocess.PIPE, check=False, text=True
        )
        if done.returncode:
            raise SystemExit(f"accord {arguments} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    for site in settings.sites:
        accord("ingest", str(directory / "records" / f"{site.slug}.jsonl"), "--source", site.slug)
    selectors: defaultdict[Key, set[tuple[str, str]]] = defaultdict(set)
    for line in _lines(accord("export", "findings")):
        if line["finding"] == "selector" and line["kind"] in JOINING:
            selectors[line["source"], line["external_id"]].add((line["kind"], line["value"]))
    bodies, images = {}, {}
    for line in _lines(accord("export", "records")):
        key = (line["source"], line["external_id"])
        bodies[key] = line["body"] or ""
        images[key] = tuple(image["pdq"] for image in line.get("images", ()))
    return World(
        truth={one.key: one for one in read_truth(directory)},
        bodies=bodies,
        images=images,
        selectors=selectors,
        clusters={
            (line["source"], line["external_id"]): line["cluster_id"]
            for line in _lines(accord("export", "clusters"))
        },
        queue=[line["cluster_id"] for line in _lines(accord("export", "queue"))],
    )


def _lines(text: str) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in text.splitlines())


def components(groups: Iterable[Sequence[Key]], keys: Iterable[Key]) -> Clusters:
    """Each record's connected component; records of a group are connected."""
    parent = {key: key for key in keys}

    def find(key: Key) -> Key:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for first, *rest in groups:
        for other in rest:
            parent[find(other)] = find(first)
    return {key: find(key) for key in parent}


def sharing(values: Mapping[Key, Iterable[Hashable]]) -> list[list[Key]]:
    """Groups of records that share a value."""
    groups: defaultdict[Hashable, list[Key]] = defaultdict(list)
    for key, carried in values.items():
        for value in carried:
            groups[value].append(key)
    return list(groups.values())


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


def linking_figures(world: World) -> dict[str, dict[str, float]]:
    """Pairwise and B-cubed figures of each clustering, over all records and about those of rings."""
    entities = {key: one.entity for key, one in world.truth.items()}
    rings = [key for key, one in world.truth.items() if one.ring is not None]
    figures = {}
    for name, clusters in clusterings(world).items():
        row: dict[str, float] = {}
        for scope, about in (("all", None), ("ring", rings)):
            for measure, score in (
                ("pair", pairwise(clusters, entities, about)),
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


def joining_rings(clusters: Clusters, truth: Mapping[Key, RecordTruth]) -> int:
    """How many clusters hold two records or more of each of several rings."""
    rings: defaultdict[Hashable, Counter[str]] = defaultdict(Counter)
    for key, cluster in clusters.items():
        if truth[key].ring is not None:
            rings[cluster][truth[key].entity] += 1
    return sum(sum(count > 1 for count in found.values()) > 1 for found in rings.values())


def ranking_figures(world: World, seed: str) -> dict[str, dict[str, float]]:
    """Figures of the queue and of simple rankings of the same leads."""
    rng = random.Random(seed)
    others = clusterings(world)
    ours = Ranked.of(world.clusters, world.truth)
    shuffled = [ours.judge(rng.sample(ours.leads, len(ours.leads))) for _ in range(SHUFFLES)]
    rankings = {"random": mean(shuffled), "volume": ours.judge(ours.by_volume())}
    for name in ("phone alone", "MinHash alone"):
        found = Ranked.of(others[name], world.truth)
        rankings[f"{name}, by volume"] = found.judge(found.by_volume())
    return rankings | {"Accord": ours.judge(world.queue)}


@dataclass(frozen=True)
class Ranked:
    """Leads to be ranked: their records' truth, and what they are worth."""

    members: dict[Hashable, list[RecordTruth]]
    relevance: dict[Hashable, float]

    @classmethod
    def of(cls, clusters: Clusters, truth: Mapping[Key, RecordTruth]) -> Ranked:
        """The leads of a clustering."""
        members: dict[Hashable, list[RecordTruth]] = {}
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


def mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each figure; of the adverts read the median."""
    return {
        name: (median if name == "adverts read" else fmean)([row[name] for row in rows]) for name in rows[0]
    }


def spread(rows: Sequence[Mapping[str, float]]) -> str:
    """The least and the most of each figure, in one line."""
    return "; ".join(
        f"{name} {min(row[name] for row in rows):.3f}-{max(row[name] for row in rows):.3f}"
        for name in rows[0]
    )


def table(figures: Mapping[str, Mapping[str, float]]) -> str:
    """A Markdown table with a row a method."""
    names = list(next(iter(figures.values())))
    lines = [f"| | {' | '.join(names)} |", f"| --- |{' --- |' * len(names)}"]
    for method, row in figures.items():
        lines.append(f"| {method} | {' | '.join(f'{row[name]:.3f}' for name in names)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure every seed and print the means."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one seed, 1,500 records")
    parser.add_argument("--seeds", nargs="+", default=SEEDS, metavar="S")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--worlds", choices=sorted(WORLDS), default="default")
    arguments = parser.parse_args()
    seeds = arguments.seeds[:1] if arguments.quick else arguments.seeds
    records = QUICK_RECORDS if arguments.quick else arguments.records
    linking, ranking = [], []
    for seed in seeds:
        settings = WORLDS[arguments.worlds](records=records, seed=seed)
        with tempfile.TemporaryDirectory(prefix="accord-bench-", ignore_cleanup_errors=True) as directory:
            world = run(settings, Path(directory))
        linking.append(linking_figures(world))
        ranking.append(ranking_figures(world, seed))
        print(f"{seed}: Accord {linking[-1]['Accord']['all pair F1']:.3f} pairwise F1", file=sys.stderr)
    linked = {name: mean([row[name] for row in linking]) for name in linking[0]}
    ranked = {name: mean([row[name] for row in ranking]) for name in ranking[0]}
    print(f"{len(seeds)} worlds of {records} records ({arguments.worlds})\n")
    print(f"{table(linked)}\n\n{table(ranked)}\n")
    print(f"Accord, least and most: {spread([row['Accord'] for row in linking])}")
    print(f"Accord, least and most: {spread([row['Accord'] for row in ranking])}\n")
    summary = {"bench": "quality", "seeds": list(seeds), "records": records, "worlds": arguments.worlds}
    print(json.dumps(summary | {"linking": linked, "ranking": ranked}))


if __name__ == "__main__":
    main()
