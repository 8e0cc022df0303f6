"""Dates, absolute and counted from the day of posting, and stated ages under eighteen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accord_sdk import Place, Record, Selector, Signal
from accord_sdk.runner import Plugin
from accord_sdk.testing import findings, load

WEDNESDAY = datetime(2026, 5, 6, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    return load("selectors")


def dates(plugin: Plugin, body: str, posted: datetime | None = WEDNESDAY, country: str = "US") -> list[str]:
    record = Record(body=body, posted_at=posted, place=Place(country=country))
    return [f.value for f in findings(plugin, record) if isinstance(f, Selector) and f.kind == "date"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("here until Friday", ["2026-05-08"]),
        ("until wednesday", ["2026-05-06"]),
        ("May 9th - 12th", ["2026-05-09/2026-05-12"]),
        ("May 30 to June 2", ["2026-05-30/2026-06-02"]),
        ("del 9 al 12 de mayo", ["2026-05-09/2026-05-12"]),
        ("from 5/9 to 5/12", ["2026-05-09/2026-05-12"]),
        ("this weekend", ["2026-05-09/2026-05-10"]),
        ("mañana por la mañana", ["2026-05-07"]),
        ("posted 2 weeks ago", ["2026-04-22"]),
        ("hasta el 3 de enero", ["2027-01-03"]),
        ("only until the 2nd", ["2026-06-02"]),
    ],
)
def test_a_date_is_counted_from_the_day_of_posting(plugin: Plugin, body: str, expected: list[str]) -> None:
    assert dates(plugin, body) == expected


def test_without_a_day_of_posting_only_full_dates_are_told(plugin: Plugin) -> None:
    assert dates(plugin, "until Friday, May 9, 12 May 2026, 2026-05-13", None) == ["2026-05-13", "2026-05-12"]


def test_the_day_of_observation_stands_in_for_that_of_posting(plugin: Plugin) -> None:
    (found,) = findings(plugin, Record(body="until Friday", observed_at=WEDNESDAY))
    assert isinstance(found, Selector)
    assert (found.value, found.start, found.end) == ("2026-05-08", 0, 12)


def test_the_country_says_which_number_is_the_month(plugin: Plugin) -> None:
    assert dates(plugin, "on 05/09/2026") == ["2026-05-09"]
    assert dates(plugin, "on 05/09/2026", country="GB") == ["2026-09-05"]
    assert dates(plugin, "on 25/09/2026") == ["2026-09-25"]


@pytest.mark.parametrize(
    "body",
    [
        "open mon-fri 9-5",
        "open Monday - Sunday",
        "34-24-36",
        "1/2 hr",
        "24/7",
        "may I help",
        "31/02/2026",
        "closed sundays",
        "614-555-0134",
    ],
)
def test_opening_hours_measures_and_impossible_days_are_no_dates(plugin: Plugin, body: str) -> None:
    assert dates(plugin, body) == []


@pytest.mark.parametrize("body", ["I am 17", "age: 16, new here", "seventeen years old", "tengo 15 años"])
def test_a_stated_age_under_eighteen_is_a_signal_with_its_source_and_span(plugin: Plugin, body: str) -> None:
    (signal,) = [f for f in findings(plugin, Record(body=body)) if isinstance(f, Signal)]
    assert (signal.kind, signal.sign, signal.field) == ("stated_age_under_18", 1, "body")
    assert "Palermo Protocol" in signal.source
    assert body[signal.start : signal.end] in {"17", "16", "seventeen", "15"}


@pytest.mark.parametrize(
    "body", ["I am 18", "age: 21", "12 years experience", "I am 15 min away", "no one under 18", "$17 hr"]
)
def test_an_adult_age_or_another_number_is_no_such_signal(plugin: Plugin, body: str) -> None:
    assert not [f for f in findings(plugin, Record(body=body)) if isinstance(f, Signal)]
