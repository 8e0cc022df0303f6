"""Worlds on disk and their settings: the same settings give the same bytes, and truth stays apart."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import pytest

from accord.demo.world import (
    Shares,
    Site,
    WorldError,
    WorldSettings,
    actors,
    generate,
    hard,
    read_truth,
    write,
)

SMALL = WorldSettings(records=400, seed="files")


def contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_the_same_settings_give_the_same_bytes(tmp_path: Path) -> None:
    write(SMALL, tmp_path / "one")
    write(SMALL, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_seed_gives_another_world(tmp_path: Path) -> None:
    one = [record.line for record in generate(SMALL)]
    other = [record.line for record in generate(WorldSettings(records=400, seed="other"))]
    assert not set(one) & set(other)


def test_the_files_hold_what_the_stream_gives(tmp_path: Path) -> None:
    world = write(SMALL, tmp_path)
    stream = list(generate(SMALL))
    for site in SMALL.sites:
        lines = (tmp_path / "records" / f"{site.slug}.jsonl").read_text(encoding="utf-8").splitlines()
        assert lines == [record.line for record in stream if record.source == site.slug]
        assert world["records_by_site"][site.slug] == len(lines)
    assert list(read_truth(tmp_path)) == [record.truth for record in stream]
    table = [
        json.loads(line) for line in (tmp_path / "actors.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert table == [json.loads(json.dumps(actor.to_json())) for actor in actors(SMALL)]


def test_world_json_makes_the_world_again(tmp_path: Path) -> None:
    settings = hard(
        records=90,
        seed="again",
        sites=(Site("northside", 0.7), Site("southside", 0.3)),
        shares=Shares(ring=0.5, agency=0.0, spa=0.0, spam=0.1, independent=0.4),
    )
    write(settings, tmp_path)
    read = WorldSettings.from_json(json.loads((tmp_path / "world.json").read_text())["settings"])
    assert read == settings


@pytest.mark.parametrize("records", [1, 7, 50, 1234])
def test_a_world_has_exactly_the_records_asked_for(records: int) -> None:
    assert sum(1 for _ in generate(WorldSettings(records=records))) == records


@pytest.mark.parametrize(
    "changes",
    [
        {"records": 0},
        {"late": 1.5},
        {"edit_rate": (0.3, 0.1)},
        {"flipped_bits": (0, 300)},
        {"rotation_days": (0, 3)},
        {"shares": Shares(ring=0.9)},
        {"sites": (Site("one", 0.5), Site("two", 0.4))},
        {"sites": (Site("one", 0.5), Site("one", 0.5))},
        {"start": datetime(2026, 1, 1)},  # noqa: DTZ001 - a time without a zone is what is refused
    ],
)
def test_settings_that_make_no_world_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(WorldError):
        hard(**changes)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(WorldError, match="flavour"):
        WorldSettings.from_json({"flavour": 1})


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[4] / "docs" / "reference" / "world.md").read_text(encoding="utf-8")
    table = page.partition("## Settings")[2].partition("## Scores")[0]
    assert [one.name for one in fields(WorldSettings) if f"`{one.name}`" not in table] == []
