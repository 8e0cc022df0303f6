"""Measures linking and ranking on synthetic worlds, beside simple methods.

    python bench/leads.py [--quick] [--seeds S ...] [--records N] [--worlds KIND]

Each seed is a world of its own: it is written to a temporary directory, ingested into a fresh home,
and judged by what `accord export clusters` and `accord export queue` say. Figures are means over the
seeds, with the least and the most; of the adverts read the median. `varied` worlds draw their figures from
ranges that no world used for tuning was drawn from (`tuning` draws from those). `elsewhere` is a second
generator, written without looking at the first; `elsewhere-tests` gives its people telephone numbers that
look like any other. `bench/quality.py` prints the one table. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from figures import (
    calibration_figures,
    clusterings,
    kept_figures,
    linking_figures,
    mean,
    ranking_figures,
    size_of,
)
from worlds import WORLDS, World, run

SEEDS = ("report-a", "report-b", "report-c", "report-d", "report-e")
RECORDS = 20_000
QUICK_RECORDS = 1_000
Spread = dict[str, dict[str, float]]
"""Mean, least and most of each figure."""


def measured(world: World, seed: str) -> dict[str, Any]:
    """The figures of one world: by method, and what only the second generator knows."""
    others = clusterings(world)
    found = {
        "seed": seed,
        "size": size_of(world),
        "linking": linking_figures(world, others),
        "ranking": ranking_figures(world, others, seed),
        "kept": kept_figures(world),
        "calibration": calibration_figures(world),
    }
    print(f"{seed}: {json.dumps(found['size'])} {json.dumps(found['ranking']['Accord'])}", file=sys.stderr)
    return found


def spread(rows: Sequence[Mapping[str, float]]) -> Spread:
    """Each figure's mean, least and most, over those that have it."""
    found: Spread = {}
    for name in dict.fromkeys(name for row in rows for name in row):
        having = [{name: row[name]} for row in rows if name in row]
        values = [row[name] for row in having]
        found[name] = {"mean": mean(having)[name], "least": min(values), "most": max(values)}
    return found


def summary(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All worlds together."""
    together: dict[str, Any] = {
        part: {method: spread([one[part][method] for one in found]) for method in found[0][part]}
        for part in ("linking", "ranking")
    }
    return {
        "seeds": [one["seed"] for one in found],
        "sizes": [one["size"] for one in found],
        **together,
        "kept": spread([one["kept"] for one in found]),
        "calibration": spread([one["calibration"] for one in found]),
    }


def table(figures: Mapping[str, Spread]) -> str:
    """A Markdown table with a row a method."""
    names = list(next(iter(figures.values())))
    lines = [f"| | {' | '.join(names)} |", f"| --- |{' --- |' * len(names)}"]
    for method, row in figures.items():
        cells = (
            f"{row[name]['mean']:.3f} ({row[name]['least']:.3f}-{row[name]['most']:.3f})" for name in names
        )
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure every seed and print the means."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one seed, 1,000 records")
    parser.add_argument("--seeds", nargs="+", default=SEEDS, metavar="S")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--worlds", choices=sorted(WORLDS), default="varied")
    arguments = parser.parse_args()
    seeds = arguments.seeds[:1] if arguments.quick else arguments.seeds
    records = QUICK_RECORDS if arguments.quick else arguments.records
    found = []
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="accord-bench-", ignore_cleanup_errors=True) as directory:
            world = run(arguments.worlds, seed, records, Path(directory))
        found.append(measured(world, seed))
    together = summary(found)
    print(f"{len(seeds)} worlds of {records} records ({arguments.worlds}); mean (least-most)\n")
    tables = [together["linking"], together["ranking"], {"Accord": together["calibration"]}]
    if together["kept"]:
        tables.append({"Accord": together["kept"]})
    print("\n\n".join(map(table, tables)), end="\n\n")
    print(json.dumps({"bench": "leads", "records": records, "worlds": arguments.worlds, **together}))


if __name__ == "__main__":
    main()
