"""The queue's search by words: it finds what reading every lead would find, however words are looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from accord.caseload import words as lead_words

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

PLACES = (
    "Östersund",
    "San José, CA",
    "50%_Off Springs",
    "Back\\slash Bay",
    "North Bend",
    "northfield",
    "Ben",
)
SIMPLE = ("öSTER", "jos", "SAN josé", "north", "ben", "2026", "nowhere", "Jose")
SEVERAL = ("NORTH ben", "bend nor", "may 2026", "field may", "north nowhere", "san, ca")
ODD = ("%", "_", "0%_o", "\\", "k\\s")


@pytest.fixture(scope="module")
def named(task_force: TaskForce) -> dict[str, list[str]]:
    """The places of each lead, by its title."""
    for member, first in ((task_force.police, 0), (task_force.company, 50)):
        lines = [
            task_force.record_line(
                8_800 + first + number,
                phone=task_force.fresh_phone(),
                place={"name": name, "country": "US"},
            )
            for number, name in enumerate(PLACES)
        ]
        task_force.ingest(member, lines)
    items = asked(task_force, "")
    assert len(items) >= len(PLACES)
    return {item["id"]: [item["title"], *item["places"]] for item in items}


def asked(task_force: TaskForce, words: str, who: str = "investigator", **more: str) -> list[dict[str, Any]]:
    query = {"limit": 200, **({"q": words} if words else {}), **more}
    reply = task_force.program(who).get("/api/v1/leads", query_string=query)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json["items"]
    return found


@pytest.mark.parametrize("most", [0, 2, 1_000])
@pytest.mark.parametrize("words", SIMPLE + SEVERAL + ODD)
def test_words_find_what_reading_every_lead_would(
    task_force: TaskForce, named: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch, words: str, most: int
) -> None:
    # Whether few leads have a word, or too many to be looked up.
    monkeypatch.setattr(lead_words, "MOST_FOUND", most)
    wanted = {
        lead_id
        for lead_id, texts in named.items()
        if all(word.lower() in " ".join(texts).lower() for word in words.split())
    }
    assert {item["id"] for item in asked(task_force, words)} == wanted


@pytest.mark.parametrize("place", ["north bend", "h b", "JOSÉ, ca", "ben", "Springs North"])
def test_a_part_of_a_place_is_found_in_one_name(
    task_force: TaskForce, named: dict[str, list[str]], place: str
) -> None:
    wanted = {
        lead_id
        for lead_id, (_, *places) in named.items()
        if any(place.lower() in name.lower() for name in places)
    }
    assert {item["id"] for item in asked(task_force, "", place=place)} == wanted


def test_another_member_s_words_lead_nowhere(task_force: TaskForce, named: dict[str, list[str]]) -> None:
    theirs = {item["id"] for item in asked(task_force, "north", "stranger")}
    assert theirs
    assert not theirs & set(named)


def test_the_filter_for_unopened_leads_keeps_the_queue_s_order(
    task_force: TaskForce, named: dict[str, list[str]]
) -> None:
    every = asked(task_force, "")
    opened = {item["id"] for item in asked(task_force, "", state="opened")}
    unopened = [item["id"] for item in asked(task_force, "", state="unopened")]
    assert unopened == [item["id"] for item in every if item["id"] not in opened]
    assert unopened
