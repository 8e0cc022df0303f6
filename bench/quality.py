"""Measures linking and ranking on synthetic worlds, beside simple methods.

    python bench/quality.py [--quick] [--seeds S ...] [--records N] [--worlds KIND]

Each seed is a world of its own: it is written to a temporary directory, ingested into a fresh home,
and judged by what `accord export clusters` and `accord export queue` say. Figures are means over the
seeds, with the least and the most. `varied` worlds draw their figures from ranges that no world used
for tuning was drawn from (`tuning` draws from those). `elsewhere` is a second generator, written without
looking at the first; `elsewhere-tests` gives its people telephone numbers that look like any other. The last
line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from figures import clusterings, kept_figures, linking_figures, mean, ranking_figures, size_of
from worlds import WORLDS, run

SEEDS = ("report-1", "report-2", "report-3", "report-4", "report-5")
RECORDS = 20_000
QUICK_RECORDS = 1_500


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
    parser.add_argument("--worlds", choices=sorted(WORLDS), default="varied")
    arguments = parser.parse_args()
    seeds = arguments.seeds[:1] if arguments.quick else arguments.seeds
    records = QUICK_RECORDS if arguments.quick else arguments.records
    sizes, linking, ranking, kept = [], [], [], []
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="accord-bench-", ignore_cleanup_errors=True) as directory:
            world = run(arguments.worlds, seed, records, Path(directory))
        others = clusterings(world)
        sizes.append(size_of(world))
        linking.append(linking_figures(world, others))
        ranking.append(ranking_figures(world, others, seed))
        if arguments.worlds.startswith("elsewhere"):
            kept.append(kept_figures(world))
        print(f"{seed}: {json.dumps(sizes[-1])} {json.dumps(ranking[-1]['Accord'])}", file=sys.stderr)
    linked = {name: mean([row[name] for row in linking]) for name in linking[0]}
    ranked = {name: mean([row[name] for row in ranking]) for name in ranking[0]}
    print(f"{len(seeds)} worlds of {records} records ({arguments.worlds}): {spread(sizes)}\n")
    print(f"{table(linked)}\n\n{table(ranked)}\n")
    print(f"Accord, least and most: {spread([row['Accord'] for row in linking])}")
    print(f"Accord, least and most: {spread([row['Accord'] for row in ranking])}\n")
    if kept:
        print(f"{table({'Accord': mean(kept)})}\n\nLeast and most: {spread(kept)}\n")
    summary = {"bench": "quality", "seeds": list(seeds), "records": records, "worlds": arguments.worlds}
    found = {"sizes": sizes, "linking": linked, "ranking": ranked, "kept": mean(kept) if kept else None}
    print(json.dumps(summary | found))


if __name__ == "__main__":
    main()
