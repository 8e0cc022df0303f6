"""What a lead's visits show: movement observed, as opposed to movement claimed in a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import asin, cos, radians, sin, sqrt

from accord_indicators.sources import DESCRIBES, TNET, rising
from accord_sdk import Indicator, Lead, Visit

SAME_PLACE_KM = 50.0
"""Places nearer to each other than this are one: suburbs of one city are no journey."""
RECENT = timedelta(days=7)
SETTLED = timedelta(days=60)
SETTLED_RECORDS = 5
THROUGHOUT = 2 / 3
"""A place that is seen from the beginning to the end of this part of a lead's days is there all the time."""
PLACES_OF_A_DAY = {3: 1.0, 4: 0.8}
"""From so many places on: different places on each day with records. A circuit of one or two days in each
place stays below, and so do three places on three days."""


def movement(lead: Lead) -> Iterator[Indicator]:
    """Indicators from where and when the lead's records were seen."""
    places = distinct_places(lead.visits)
    days = whole_days(lead.last - lead.first)
    if len(places) > 1:
        evidence = f"seen in {len(places)} places in {count(days, 'day')}"
        yield Indicator("several_places_observed", 1, rising(len(places) - 1, half=2), evidence, TNET)
        yield from _pace(len(places), days)
        yield from _circuit(places)
        yield from _scattered(lead, places)
        yield from _branches(lead, places, days)
    yield from _settled(lead, places, days)
    yield from _growth(lead, places)


def distinct_places(visits: Sequence[Visit]) -> list[Visit]:
    """The visits with places of one name, or nearer than `SAME_PLACE_KM`, put together; first seen first."""
    places: list[Visit] = []
    for visit in sorted(visits, key=lambda visit: (visit.first, visit.last, visit.name)):
        for index, place in enumerate(places):
            if _same(place, visit):
                places[index] = Visit(
                    place.name,
                    place.records + visit.records,
                    min(place.first, visit.first),
                    max(place.last, visit.last),
                    place.lat,
                    place.lon,
                )
                break
        else:
            places.append(visit)
    return places


def whole_days(span: timedelta) -> int:
    """The number of days that a span touches, at least 1."""
    return max(span.days, 0) + 1


def count(number: int, noun: str) -> str:
    """A number with its noun, such as "1 day" or "3 days"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _same(one: Visit, other: Visit) -> bool:
    if one.name.strip().casefold() == other.name.strip().casefold():
        return True
    if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
        return False
    north, south = radians(one.lat), radians(other.lat)
    half = sin((north - south) / 2) ** 2
    half += cos(north) * cos(south) * sin(radians(one.lon - other.lon) / 2) ** 2
    return 2 * 6371.0 * asin(sqrt(min(1.0, max(0.0, half)))) < SAME_PLACE_KM


def _pace(places: int, days: int) -> Iterator[Indicator]:
    per_week = 7 * (places - 1) / max(days, 7)
    if per_week >= 0.5:
        evidence = f"changes place about {count(max(1, round(per_week)), 'time')} a week"
        yield Indicator("pace_of_places", 1, rising(per_week, half=2), evidence, TNET)


def _circuit(places: Sequence[Visit]) -> Iterator[Indicator]:
    """A place returned to: seen there before and after some other place's whole stay."""
    back = sum(any(home.first < away.first and away.last < home.last for away in places) for home in places)
    if back and len(places) > 2:
        evidence = f"seen again in {count(back, 'place')} after being seen elsewhere"
        yield Indicator("circuit", 1, rising(back, half=2), evidence, TNET)


def _scattered(lead: Lead, places: Sequence[Visit]) -> Iterator[Indicator]:
    """More places than anybody travels to: one post that was put up everywhere is no movement."""
    most = PLACES_OF_A_DAY.get(min(len(places), max(PLACES_OF_A_DAY)))
    of_day = len(places) / max(1, lead.days)
    if most is not None and of_day > most:
        days = count(max(1, lead.days), "day")
        evidence = f"{len(places)} places on {days} with records: more than anybody travels to"
        yield Indicator("scattered", -1, rising(of_day - most, half=0.5), evidence, TNET)


def _settled(lead: Lead, places: Sequence[Visit], days: int) -> Iterator[Indicator]:
    if len(places) != 1 or lead.selectors.get("phone", 0) != 1 or lead.records < SETTLED_RECORDS:
        return
    if days >= SETTLED.days:
        evidence = f"one place and one phone number over {days} days"
        yield Indicator("settled", -1, rising(days, half=180), evidence, TNET)


def _branches(lead: Lead, places: Sequence[Visit], days: int) -> Iterator[Indicator]:
    """Several places, most of them all the time, with a number each at most: branches do not move."""
    phones = lead.selectors.get("phone", 0)
    throughout = sum(whole_days(place.last - place.first) >= THROUGHOUT * days for place in places)
    if days >= SETTLED.days and 0 < phones <= len(places) and throughout >= THROUGHOUT * len(places):
        evidence = f"{throughout} of {len(places)} places throughout {days} days"
        evidence += f" with {count(phones, 'phone number')}, as branches have"
        yield Indicator("branches", -1, rising(days - SETTLED.days / 2, half=60), evidence, TNET)


def _growth(lead: Lead, places: Sequence[Visit]) -> Iterator[Indicator]:
    """Relative to the lead's last record, so that the same facts always give the same answer."""
    since = lead.last - RECENT
    if lead.first >= since:
        evidence = f"all of {count(lead.records, 'record')} within the last 7 days of the lead"
        yield Indicator("recent", 0, 1.0, evidence, DESCRIBES)
        return
    new = sum(place.first > since for place in places)
    if new:
        evidence = f"{count(new, 'place')} of {len(places)} first seen in the last 7 days of the lead"
        yield Indicator("recent_growth", 0, new / len(places), evidence, DESCRIBES)
