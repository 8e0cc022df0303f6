"""The records of the browser tests: neutral, synthetic, made anew from the same numbers every time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
CITIES = (("Columbus, OH", "614"), ("Dayton, OH", "937"), ("Toledo, OH", "419"), ("Cleveland, OH", "216"))
ROUTES = 16
"""Leads whose records move between four cities under one number."""
ROUTE_RECORDS = 14
SINGLES = 40
SPREAD_PHONES = 30
"""Telephone numbers on the lead that has more of them than a page shows at once."""
LONG_WORD = "brightgarden" * 40
LONG_TITLE = "Garden notice for the whole neighbourhood and everybody who lives near it, " * 12
RIGHT_TO_LEFT = "إعلان قصير عن الحديقة والموسيقى في المدينة"
HOSTILE = "<b>bold?</b> & <script>document.title='taken'</script>"
WORDS = (
    "garden music table river paper window coffee bicycle lantern market bridge orchard harbour kitchen "
    "blanket teacher ladder museum station carpet violin basket meadow printer candle library pocket saddle "
    "thunder velvet walnut yellow zipper anchor button cactus dragon engine feather guitar hammer island "
    "jacket kettle lemon magnet needle onion pepper quartz rocket silver tunnel umbrella valley willow"
).split()


def phone_of_route(route: int) -> str:
    """The number of a route as its records write it."""
    return f"614-555-01{route:02}"


def lines() -> Iterator[dict[str, Any]]:
    """Every record of the world."""
    for route in range(ROUTES):
        yield from _route(route)
    for number in range(SINGLES):
        yield single(number)
    yield from _spread()
    yield from _odd()


def _record(key: str, hours: int, **parts: Any) -> dict[str, Any]:
    return {"external_id": key, "observed_at": (BEGIN + timedelta(hours=hours)).isoformat(), **parts}


def _text(seed: str, count: int = 30) -> str:
    # Words of two words: with one word each, texts would share so many that they were near-duplicates.
    rng = random.Random(seed)
    return " ".join(
        f"{one}{other}" for one, other in zip(*(rng.choices(WORDS, k=count) for _ in "ab"), strict=True)
    )


def _route(route: int) -> Iterator[dict[str, Any]]:
    digits = f"six1four 555 01{route:02}"
    for number in range(ROUTE_RECORDS):
        city, _ = CITIES[number % len(CITIES)]
        written = phone_of_route(route) if number % 2 else digits
        asking = "We are new in town this week, ask for Robin or Sam."
        yield _record(
            f"route-{route}-{number}",
            31 * number + route,
            title=f"Two friends new in town {number}",
            body=f"{asking}\nCall {written}. {_text(f'{route}.{number}')}",
            place={"name": city, "country": "US"},
            contacts=[
                {"kind": "phone", "value": phone_of_route(route)},
                {"kind": "email", "value": f"route{route}@example.org"},
            ],
        )


def single(number: int) -> dict[str, Any]:
    """A record that nothing joins to another."""
    city, area = CITIES[number % len(CITIES)]
    phone = {"kind": "phone", "value": f"{area}-555-01{50 + number}"}
    return _record(
        f"single-{number}",
        17 * number,
        title=f"Notice {number}",
        body=_text(f"single {number}"),
        place={"name": city, "country": "US"},
        contacts=[phone],
    )


def _spread() -> Iterator[dict[str, Any]]:
    """Records that are joined in a chain, each to the next by a number of their own."""
    for number in range(SPREAD_PHONES):
        yield _record(
            f"spread-{number}",
            24 * number,
            title="Board",
            body=_text(f"spread {number}"),
            place={"name": "Akron, OH", "country": "US"},
            contacts=[
                {"kind": "phone", "value": f"330-555-01{each % SPREAD_PHONES:02}"}
                for each in (number, number + 1)
            ],
            images=[{"pdq": random.Random(number).randbytes(32).hex(), "quality": 100}],
        )


def _odd() -> Iterator[dict[str, Any]]:
    yield _record("odd-empty", 1, contacts=[{"kind": "phone", "value": "212-555-0101"}])
    yield _record("odd-plain", 2, body="A notice about nothing in particular.")
    yield _record(
        "odd-letters",
        3,
        title=LONG_TITLE,
        body=f"{RIGHT_TO_LEFT}\n{LONG_WORD}\n{HOSTILE}\n\u200f\u202e\U0001f469\u200d\U0001f680 ok",
        place={"name": f"Llan{'fair' * 48}", "country": "FR"},
        contacts=[{"kind": "phone", "value": "212-555-0102"}],
    )
