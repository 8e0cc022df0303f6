"""Worlds for `leads.py`: each is written, ingested as a user would, and read back with its truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import elsewhere
from clusterings import Clusters, Key, TrueRecord

from accord.demo.world import WorldSettings, hard, read_truth, varied, write

JOINING = frozenset({"phone", "email", "handle", "url", "wallet", "template"})
ACCORD = (sys.executable, "-m", "accord")


@dataclass(frozen=True)
class World:
    """What Accord says of a world, and its truth."""

    truth: dict[Key, TrueRecord]
    bodies: dict[Key, str]
    images: dict[Key, tuple[str, ...]]
    selectors: dict[Key, set[tuple[str, str]]]
    clusters: Clusters
    queue: dict[str, float]
    """The leads as they are ranked, with their scores."""


@dataclass(frozen=True)
class Written:
    """A world on disk: its truth, and a file of records for each source."""

    truth: dict[Key, TrueRecord]
    files: dict[str, Path]


def own(make: Callable[..., WorldSettings], *, seed: str, records: int, directory: Path) -> Written:
    """A world of the generator that `accord demo` uses."""
    settings = make(records=records, seed=seed)
    write(settings, directory)
    files = {site.slug: directory / "records" / f"{site.slug}.jsonl" for site in settings.sites}
    return Written({one.key: one for one in read_truth(directory)}, files)


def other(look: str, *, seed: str, records: int, directory: Path) -> Written:
    """A world of the second generator."""
    path = elsewhere.write_world(elsewhere.of_seed(seed=seed, records=records, look=look), directory)
    with (directory / "truth.jsonl").open(encoding="utf-8") as lines:
        true = [elsewhere.Truth.of(json.loads(line)) for line in lines]
    return Written({one.key: one for one in true}, {path.stem: path})


WORLDS: dict[str, Callable[..., Written]] = {
    "default": partial(own, WorldSettings),
    "hard": partial(own, hard),
    "varied": partial(own, partial(varied, held_out=True)),
    "tuning": partial(own, partial(varied, held_out=False)),
    "elsewhere": partial(other, "reserved"),
    "elsewhere-tests": partial(other, "tests"),
}


def run(kind: str, seed: str, records: int, directory: Path) -> World:
    """Ingest a world into a fresh home and read everything back."""
    written = WORLDS[kind](seed=seed, records=records, directory=directory)
    environment = {**os.environ, "ACCORD_HOME": str(directory / "home")}

    def accord(*arguments: str) -> str:
        done = subprocess.run(
            [*ACCORD, *arguments], env=environment, stdout=subprocess.PIPE, check=False, text=True
        )
        if done.returncode:
            raise SystemExit(f"accord {arguments} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    for source, path in written.files.items():
        accord("ingest", str(path), "--source", source)
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
        truth=written.truth,
        bodies=bodies,
        images=images,
        selectors=selectors,
        clusters={
            (line["source"], line["external_id"]): line["cluster_id"]
            for line in _lines(accord("export", "clusters"))
        },
        queue={line["cluster_id"]: line["score"] for line in _lines(accord("export", "queue"))},
    )


def _lines(text: str) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in text.splitlines())
