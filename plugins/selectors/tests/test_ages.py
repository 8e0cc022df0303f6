"""Stated ages."""

from __future__ import annotations

import pytest

from accord_sdk import Record, Selector
from accord_sdk.runner import Plugin
from accord_sdk.testing import findings, load


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    return load("selectors")


def values(plugin: Plugin, kind: str, body: str = "", *, title: str | None = None) -> list[str]:
    found = findings(plugin, Record(body=body, title=title))
    return [f.value for f in found if isinstance(f, Selector) and f.kind == kind]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("I am 23, new here", ["23"]),
        ("23 yrs", ["23"]),
        ("Age: 23 Height: 165", ["23"]),
        ("21yo", ["21"]),
        ("24 y/o", ["24"]),
        ("25-year-old", ["25"]),
        ("ages 18 to 35", ["18", "35"]),
        ("tengo 22 años", ["22"]),
        ("edad: 31", ["31"]),
        ("veintidós años", ["22"]),
        ("twenty-one years old", ["21"]),
        ("yrs: 24", ["24"]),
        ("24 f here", ["24"]),
        ("female, 23", ["23"]),
        ("24💋years", ["24"]),
        ("Age : Twenty Three", ["23"]),
        ("veinte y tres años", ["23"]),
        ("we are both 23", ["23"]),
        ("I am, 23", ["23"]),
    ],
)
def test_an_age_is_found(plugin: Plugin, body: str, expected: list[str]) -> None:
    assert values(plugin, "age", body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "I'm 5'4 and 120 lbs",
        "I am 120 lbs",
        "I am 15 min away",
        "I am 24/7 available",
        "20 years experience",
        "10 years in business",
        "over 20 years",
        "clients 30 years or older",
        "34-24-36",
        "75 f and sunny",
        "years: 10 experience",
        "years: 20 experience",
        "weight: 55 kg",
        "I am 36 DD",
        "call 614-555-0134",
        "f35 jet over town",
        "press f11 for the full page",
        "seat f23, row f12",
        "F45 gym next door",
    ],
)
def test_a_measure_is_no_age(plugin: Plugin, body: str) -> None:
    assert values(plugin, "age", body) == []


def test_an_f_and_a_number_are_an_age_behind_the_end_of_a_sentence(plugin: Plugin) -> None:
    assert values(plugin, "age", "Quiet studio. f22. New in town") == ["22"]
    assert values(plugin, "age", "new f23 here") == ["23"]


def test_a_title_may_end_with_an_age(plugin: Plugin) -> None:
    assert values(plugin, "age", title="New in town - 23") == ["23"]
    assert values(plugin, "age", "New in town - 23") == []


def test_a_title_may_begin_with_a_name_and_an_age(plugin: Plugin) -> None:
    assert values(plugin, "age", title="✨ Sample, 24, downtown") == ["24"]
    assert values(plugin, "age", title="Sample, 24") == ["24"]
    assert values(plugin, "age", title="Sample, 24 hours") == []
    assert values(plugin, "age", "Sample, 24, downtown") == []


def test_a_name_and_a_number_end_a_title_or_are_all_of_it(plugin: Plugin) -> None:
    assert values(plugin, "age", title="New here, ask for Sample 21") == ["21"]
    assert values(plugin, "age", title="24 Sample") == ["24"]
    for title in (
        "Quiet Room 21",
        "24 Hours",
        "Exit 24",
        "Club 54",
        "24 Carat",
        "Open Monday 21",
        "Open until May 21",
        "new in town 21",
        "Sample 75",
        "Notice 18",
        "Lot 22",
        "Page 40",
        "30 Notices",
    ):
        assert values(plugin, "age", title=title) == []
