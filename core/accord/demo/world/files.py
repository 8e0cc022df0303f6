"""A world on disk: the sites' record lines in one place, the truth apart from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from accord.demo.world.generation import events
from accord.demo.world.lines import ActorTruth, RecordTruth, to_line
from accord.demo.world.settings import WorldSettings


def write(settings: WorldSettings, directory: Path) -> dict[str, Any]:
    """Write the world and return what `world.json` holds: settings, and counts of what was written.

    `records/SITE.jsonl` has the record lines of a site in the order of arrival, `truth.jsonl` the
    truth of all records in that order, `actors.jsonl` the actors. Files there are replaced.

    :raises WorldError: when the settings need more telephone numbers than are kept for fiction.
    """
    (directory / "records").mkdir(parents=True, exist_ok=True)
    by_site: Counter[str] = Counter({site.slug: 0 for site in settings.sites})
    by_kind: Counter[str] = Counter()
    actors: Counter[str] = Counter()

    with ExitStack() as stack:

        def opened(name: str) -> Any:
            return stack.enter_context((directory / name).open("w", encoding="utf-8", newline="\n"))

        sites = {slug: opened(f"records/{slug}.jsonl") for slug in by_site}
        truth, table = opened("truth.jsonl"), opened("actors.jsonl")
        for event in events(settings):
            if isinstance(event, ActorTruth):
                actors[event.kind] += 1
                table.write(to_line(event.to_json()) + "\n")
                continue
            by_site[event.source] += 1
            by_kind[event.truth.kind] += 1
            sites[event.source].write(event.line + "\n")
            truth.write(to_line(event.truth.to_json()) + "\n")
    world = {
        "settings": settings.to_json(),
        "records_by_site": dict(by_site),
        "records_by_kind": dict(sorted(by_kind.items())),
        "actors_by_kind": dict(sorted(actors.items())),
    }
    (directory / "world.json").write_text(json.dumps(world, indent=2) + "\n", encoding="utf-8")
    return world


def read_truth(directory: Path) -> Iterator[RecordTruth]:
    """The truth of the records of a written world, in the order of arrival.

    :raises FileNotFoundError: when there is no `truth.jsonl`.
    """
    with (directory / "truth.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield RecordTruth.from_json(json.loads(line))
