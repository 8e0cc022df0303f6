"""Prices with the time they are for."""

from __future__ import annotations

import pytest

from accord_sdk import Place, Record, Selector
from accord_sdk.runner import Plugin
from accord_sdk.testing import findings, load


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    return load("selectors")


def prices_of(plugin: Plugin, body: str, country: str | None = None) -> list[Selector]:
    place = Place(country=country) if country else None
    return [
        f
        for f in findings(plugin, Record(body=body, place=place))
        if isinstance(f, Selector) and f.kind == "price"
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("$200/hr", ["200 USD/60"]),
        ("200/hr", ["200/60"]),
        ("$2 hundred hr", ["200 USD/60"]),
        ("30min $40, 60min $60", ["40 USD/30", "60 USD/60"]),
        ("30 min - 80 roses 90 min - 200 roses", ["80/30", "200/90"]),
        ("50 roses 20 mins, 60 roses 30 mins,100 roses hour", ["50/20", "60/30", "100/60"]),
        ("1 hr - 300 roses 350 roses 2 hr - 550 roses", ["300/60", "350/60", "550/120"]),
        ("80 roses for hh, 60 roses for qv", ["80/30", "60/15"]),
        ("100-200 roses for 1 hour", ["100/60", "200/60"]),
        ("qv 60 hh 100 hr 160", ["60/15", "100/30", "160/60"]),
        ("60 qv 80 hh 150 hr", ["60/15", "80/30", "150/60"]),
        ("hh = 120; hr = 200", ["120/30", "200/60"]),
        ("$150 15min ok. $300 Half hour ok. $600 Full hour", ["150 USD/15", "300 USD/30", "600 USD/60"]),
        ("100 por hora, media hora 60", ["100/60", "60/30"]),
        ("$1,200 overnight", ["1200 USD/480"]),
        ("1.5 hours $250", ["250 USD/90"]),
        ("200 roses hour and a half", ["200/90"]),
        ("€150/h or £60 half hour", ["150 EUR/60", "60 GBP/30"]),
        ("two hours $300", ["300 USD/120"]),
        ("30 min - 150 roses; 1x - 250 roses; 12 - 1200 roses", ["150/30", "250/60", "1200/720"]),
        ("$100", ["100 USD"]),
        ("two hundred dollars an hour", ["200 USD/60"]),
        ("one fifty for the hour", ["150/60"]),
        ("one hundred and twenty bucks per half hour", ["120 USD/30"]),
        ("cien dolares media hora", ["100 USD/30"]),
        ("twenty dollars for thirty minutes", ["20 USD/30"]),
        ("rates in dollars: hh 100 / hr 180", ["100 USD/30", "180 USD/60"]),
        ("USD: 30 min 100, 1 hour 180", ["100 USD/30", "180 USD/60"]),
        ("$120 hh, 200 hr", ["120 USD/30", "200 USD/60"]),
        ("500 aed 1 hour, 800 aed 2 hours", ["500 AED/60", "800 AED/120"]),
        ("15min...$60 30min...$100", ["60 USD/15", "100 USD/30"]),
        ("h/h 100 f/h 180", ["100/30", "180/60"]),
        ("100hh 160h", ["100/30", "160/60"]),
        ("2oo/hr 12o/hh", ["200/60", "120/30"]),
        ("all day 1500 USD", ["1500 USD/1440"]),
        ("$900/day", ["900 USD/1440"]),
        ("all day parking $20", ["20 USD"]),
        ("$20 all day parking", ["20 USD"]),
        ("all day breakfast $12", ["12 USD"]),
        ("2 hour parking $10", ["10 USD"]),
        ("24 hour notice, $50 deposit", ["50 USD"]),
        ("30 min away, $200/hr", ["200 USD/60"]),
        ("$200/hr 90 hh parking", ["200 USD/60", "90 USD/30"]),
    ],
)
def test_an_amount_is_joined_with_its_time(plugin: Plugin, body: str, expected: list[str]) -> None:
    assert [price.value for price in prices_of(plugin, body)] == expected


@pytest.mark.parametrize(
    "body",
    [
        "open 24 hours",
        "5 min from the airport",
        "call 24 hours 614-555-0134",
        "10am to 10pm",
        "5'4 120 lbs",
        "1 hour away, 23 and new",
        "one of two hundred, half an hour away",
        "a hundred reviews, open all day",
        "any day 200 times",
        "twenty two years old, one hour",
        "https://ads.example.com/200/hr",
    ],
)
def test_no_price_is_made_up(plugin: Plugin, body: str) -> None:
    assert prices_of(plugin, body) == []


def test_a_price_tells_its_parts_and_its_span(plugin: Plugin) -> None:
    body = "today $80 for half an hour only"
    (price,) = prices_of(plugin, body)
    assert price.attributes == {"amount": 80.0, "currency": "USD", "minutes": 30}
    assert body[price.start : price.end] == "$80 for half an hour"


def test_a_euphemism_is_kept_and_no_currency_made_of_it(plugin: Plugin) -> None:
    (price,) = prices_of(plugin, "200 roses 1 hr")
    assert price.attributes == {"amount": 200.0, "euphemism": "rose", "minutes": 60}


def test_a_dollar_is_the_dollar_of_the_records_country(plugin: Plugin) -> None:
    (price,) = prices_of(plugin, "$200/hr", "CA")
    assert price.value == "200 CAD/60"
