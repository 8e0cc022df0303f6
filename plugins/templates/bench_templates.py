"""Measures the template sketch: agreement with known templates, keys, and speed.

    python plugins/templates/bench_templates.py [--quick]

The last line is one JSON object with the figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from accord_sdk import Record
from accord_sdk.testing import LocalCall, load
from accord_templates.measure import adjusted_rand_index, group, pair_score
from accord_templates.sketch import THRESHOLD, sketch
from accord_templates.synthetic import World
from accord_templates.tokens import words

EDITS = (0.0, 0.01, 0.06, 0.2)


def quality(
    *, vocabulary: int, seeds: range, templates: int, outsiders: int, threshold: int
) -> dict[str, dict[str, float]]:
    """Mean figures by share of edited words."""
    figures = {}
    for edits in EDITS:
        rows = []
        for seed in seeds:
            world = World(seed, vocabulary=vocabulary)
            texts = world.texts(templates=templates, copies=8, outsiders=outsiders, edits=edits)
            grouping = group([sketch(words(text.body)) for text in texts], threshold)
            truth = [text.template for text in texts]
            score = pair_score(truth, grouping.leaders)
            ari = adjusted_rand_index(truth, grouping.leaders)
            rows.append((ari, score.precision, score.recall, grouping.candidates))
        means = [round(sum(column) / len(rows), 4) for column in zip(*rows, strict=True)]
        figures[f"{edits:.0%}"] = dict(zip(("ari", "precision", "recall", "candidates"), means, strict=True))
    return figures


def speed(count: int) -> float:
    """Records a second through the loaded plugin on one core, words not yet seen included."""
    texts = World(99).texts(templates=count // 20, copies=10, outsiders=count // 2, edits=0.06)
    records = [Record(body=text.body) for text in texts]
    detector = load("templates").detectors["templates"]
    started = time.perf_counter()
    for start in range(0, len(records), 500):
        list(detector.detect(records[start : start + 500], LocalCall()))
    return len(records) / (time.perf_counter() - started)


def cost(count: int) -> float:
    """Seconds of processor time from texts to groups: words, sketches, candidates, distances."""
    texts = World(98).texts(templates=count // 20, copies=10, outsiders=count // 2, edits=0.06)
    started = time.process_time()
    group([sketch(words(text.body)) for text in texts], THRESHOLD)
    return time.process_time() - started


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer texts and seeds: under a minute")
    parser.add_argument("--threshold", type=int, default=THRESHOLD)
    options = parser.parse_args()
    seeds = range(40, 41) if options.quick else range(40, 52)
    size = {"templates": 60, "outsiders": 700} if options.quick else {"templates": 150, "outsiders": 2_000}
    figures: dict[str, object] = {"threshold": options.threshold, **size}
    for vocabulary in (1_500, 400):
        rows = quality(vocabulary=vocabulary, seeds=seeds, threshold=options.threshold, **size)
        for edits, row in rows.items():
            sys.stdout.write(f"vocabulary {vocabulary:5} edits {edits:>4} {row}\n")
        figures[f"vocabulary_{vocabulary}"] = rows
    figures["records_per_second"] = round(speed(5_000 if options.quick else 20_000))
    for count in (5_000,) if options.quick else (10_000, 20_000):
        figures[f"seconds_for_{count}"] = round(cost(count), 2)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
