"""The detector `selectors`: reads every field it was granted and says what it found where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from accord_sdk import Call, Context, Detector, Finding, Found, Place, Record, Result, Selector, hookimpl
from accord_selectors.ages import ADULT, ages, stated_under_age
from accord_selectors.dates import dates
from accord_selectors.emails import emails
from accord_selectors.folding import Folded, fold
from accord_selectors.gazetteer import City, Gazetteer, load
from accord_selectors.handles import handles
from accord_selectors.mentions import Mention
from accord_selectors.phones import phones
from accord_selectors.places import Hint, city_of, places
from accord_selectors.prices import prices
from accord_selectors.structured import (
    contact_selectors,
    phone_attributes,
    place_selector,
    price_selector,
    url_selectors,
)
from accord_selectors.urls import urls
from accord_selectors.wallets import wallets

DEFAULT_COUNTRY = "US"
_PLACES_REMEMBERED = 4096


class _Setting(NamedTuple):
    """What a record says of its texts: the country, its place, the day that it was posted."""

    region: str
    hint: Hint
    posted: date | None


class SelectorDetector:
    """Finds phones, e-mail addresses, handles, URLs, wallets, prices, ages and places.

    `country` (ISO 3166 alpha-2) is where a record is taken to be that does not say it.
    """

    name = "selectors"

    def __init__(self, country: str = DEFAULT_COUNTRY) -> None:
        self._country = country
        self._gazetteer = Gazetteer((), {}, {})

    def open(self) -> None:
        """Load the cities (half a second)."""
        self._gazetteer = load()
        self._city_of = lru_cache(_PLACES_REMEMBERED)(self._find_city)

    def close(self) -> None:
        """Nothing is kept open."""

    def detect(self, batch: Sequence[Record], call: Call) -> Iterable[Result]:
        """One `Found` for each record; stops early when the host no longer wants the answer."""
        for ref, record in enumerate(batch):
            if call.cancelled():
                return
            yield Found(ref, tuple(_distinct(self._read(record))))

    def _find_city(self, place: Place) -> City | None:
        return city_of(place, self._gazetteer)

    def _read(self, record: Record) -> Iterator[Finding]:
        place = record.place
        region = self._region(place)
        city = self._city_of(place) if place is not None else None
        posted = record.posted_at or record.observed_at
        setting = _Setting(region, Hint(region, city), posted.date() if posted else None)
        for field, text in record.texts():
            yield from self._read_text(field, text, setting)
        if record.url:
            yield from url_selectors(record.url, region)
        for contact in record.contacts:
            yield from contact_selectors(contact, region)
        yield from map(price_selector, record.prices)
        if place is not None and (selector := place_selector(place, city)):
            yield selector

    def _region(self, place: Place | None) -> str:
        country = place.country.upper() if place is not None and place.country else self._country
        return country if country in phonenumbers.SUPPORTED_REGIONS else self._country

    def _read_text(self, field: str, text: str, setting: _Setting) -> Iterator[Finding]:
        folded = fold(text)
        for mention in self._mentions(folded, setting, title=field == "title"):
            start, end = folded.span(mention.start, mention.end)
            yield Selector(
                mention.kind,
                mention.value,
                field,
                start,
                end,
                mention.confidence,
                attributes=mention.attributes,
            )
            if mention.kind == "age" and int(mention.value) < ADULT:
                yield stated_under_age(field, start, end, mention.confidence)

    def _mentions(self, folded: Folded, setting: _Setting, *, title: bool) -> Iterator[Mention]:
        """Everything in a text. What is surely one thing is not read as another as well."""
        named = [*wallets(folded), *emails(folded)]
        named += _apart(handles(folded), named)
        numbers = [
            Mention("phone", p.number.e164, p.start, p.end, p.confidence, phone_attributes(p))
            for p in phones(folded, setting.region)
        ]
        numbers = list(_apart(numbers, named))
        links = list(_apart(urls(folded), [m for m in named if m.kind != "handle"]))
        yield from numbers
        yield from named
        yield from links
        taken = [*numbers, *named, *links]
        yield from prices(folded, setting.region, [(m.start, m.end) for m in taken])
        yield from _apart(ages(folded, title=title), taken)
        yield from _apart(places(folded, self._gazetteer, setting.hint), taken)
        yield from _apart(dates(folded, setting.posted, setting.region), taken)


def _apart(mentions: Iterable[Mention], taken: Sequence[Mention]) -> Iterator[Mention]:
    """The mentions that overlap nothing taken."""
    for mention in mentions:
        if not _overlaps(mention, taken):
            yield mention


def _overlaps(mention: Mention, others: Sequence[Mention]) -> bool:
    for other in others:  # noqa: SIM110 - called for every mention; a generator costs three times as much
        if other.start < mention.end and mention.start < other.end:
            return True
    return False


def _distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for each value, field and way of writing it: the first. One signal for each field."""
    seen: set[tuple[str, str, str | None, object]] = set()
    for finding in findings:
        if isinstance(finding, Selector):
            key = (finding.kind, finding.value, finding.field, finding.attributes.get("obscured"))
        else:
            key = (finding.kind, "", finding.field, None)
        if key not in seen:
            seen.add(key)
            yield finding


@hookimpl
def accord_detectors(context: Context) -> Sequence[Detector]:
    """The one detector of this plugin, with the organisation's default country."""
    country = str(context.config.get("country") or DEFAULT_COUNTRY).strip().upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"country {country!r} is no ISO 3166 alpha-2 code: use one such as US")
    return [SelectorDetector(country)]
