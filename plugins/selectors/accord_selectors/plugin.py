"""The detector `selectors`: reads every field it was granted and says what it found where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import phonenumbers

from accord_sdk import Call, Context, Detector, Finding, Found, Place, Record, Result, Selector, hookimpl
from accord_selectors.ages import ADULT, ages, stated_under_age
from accord_selectors.cities import City
from accord_selectors.dates import dates
from accord_selectors.emails import emails
from accord_selectors.folding import Folded, fold
from accord_selectors.gazetteer import load
from accord_selectors.handles import handles
from accord_selectors.mentions import Mention
from accord_selectors.phones import phones
from accord_selectors.places import Hint, city_of, places
from accord_selectors.prices import prices
from accord_selectors.structured import (
    contact_selectors,
    phone_attributes,
    place_selectors,
    price_selector,
    url_selectors,
)
from accord_selectors.urls import urls
from accord_selectors.wallets import wallets

DEFAULT_COUNTRY = "US"
_PLACES_REMEMBERED = 4096
_CONTACTS_REMEMBERED = 4096
_TEXTS_REMEMBERED = 4096
_SHORT_TEXT = 120
"""Contact fields and titles repeat: who advertises does so many times. Longer texts are not remembered."""

_Key = tuple[str, str, str | None, object]
"""Kind, value, field, and whether it is obscured."""


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

    def open(self) -> None:
        """Load the cities."""
        self._gazetteer = load()
        self._city_of = lru_cache(_PLACES_REMEMBERED)(self._find_city)
        self._short_text = lru_cache(_TEXTS_REMEMBERED)(self._findings)
        self._contact = lru_cache(_CONTACTS_REMEMBERED)(contact_selectors)

    def close(self) -> None:
        """Nothing is kept open."""

    def detect(self, batch: Sequence[Record], call: Call) -> Iterable[Result]:
        """One `Found` for each record; stops early when the host no longer wants the answer."""
        for ref, record in enumerate(batch):
            if call.cancelled():
                return
            yield Found(ref, tuple(self._read(record)))

    def _find_city(self, place: Place) -> City | None:
        return city_of(place, self._gazetteer)

    def _read(self, record: Record) -> Iterable[Finding]:
        """One finding for each value, field and way of writing it: the first. One signal for each field."""
        place = record.place
        region = self._region(place)
        city = self._city_of(place) if place is not None else None
        posted = record.posted_at or record.observed_at
        setting = _Setting(region, Hint(region, city), posted.date() if posted else None)
        found: dict[_Key, Finding] = {}
        for field, text in record.texts():
            self._read_text(field, text, setting, found)
        for selector in chain(
            url_selectors(record.url, region) if record.url else (),
            *(self._contact(contact, region) for contact in record.contacts),
            map(price_selector, record.prices),
            place_selectors(place, city) if place is not None else (),
        ):
            key = selector.kind, selector.value, selector.field, selector.attributes.get("obscured")
            found.setdefault(key, selector)
        return found.values()

    def _region(self, place: Place | None) -> str:
        country = place.country.upper() if place is not None and place.country else self._country
        return country if country in phonenumbers.SUPPORTED_REGIONS else self._country

    def _read_text(self, field: str, text: str, setting: _Setting, found: dict[_Key, Finding]) -> None:
        read = self._short_text if len(text) <= _SHORT_TEXT else self._findings
        for key, finding in read(field, text, setting):
            found.setdefault(key, finding)

    def _findings(self, field: str, text: str, setting: _Setting) -> Sequence[tuple[_Key, Finding]]:
        folded = fold(text)
        same = folded.origin is None
        found: list[tuple[_Key, Finding]] = []
        for mention in self._mentions(folded, setting, title=field == "title"):
            kind, value, start, end, confidence, attributes = mention
            if not same:
                start, end = folded.span(start, end)
            selector = Selector(kind, value, field, start, end, confidence, attributes=attributes)
            found.append(((kind, value, field, attributes.get("obscured")), selector))
            if kind == "age" and int(value) < ADULT:
                signal = stated_under_age(field, start, end, confidence)
                found.append(((signal.kind, "", field, None), signal))
        return found

    def _mentions(self, folded: Folded, setting: _Setting, *, title: bool) -> list[Mention]:
        """Everything in a text. What is surely one thing is not read as another as well."""
        named = [*wallets(folded), *emails(folded)]
        named += _apart(handles(folded), named)
        numbers = [
            Mention("phone", p.number.e164, p.start, p.end, p.confidence, phone_attributes(p))
            for p in phones(folded, setting.region)
        ]
        numbers = _apart(numbers, named)
        links = _apart(urls(folded), [m for m in named if m.kind != "handle"])
        taken = [*numbers, *named, *links]
        return [
            *taken,
            *prices(folded, setting.region, [(m.start, m.end) for m in taken]),
            *_apart(ages(folded, title=title), taken),
            *_apart(places(folded, self._gazetteer, setting.hint), taken),
            *_apart(dates(folded, setting.posted, setting.region), taken),
        ]


def _apart(mentions: Iterable[Mention], taken: Sequence[Mention]) -> list[Mention]:
    """The mentions that overlap nothing taken."""
    found = list(mentions)
    if not (found and taken):
        return found
    return [mention for mention in found if not _overlaps(mention, taken)]


def _overlaps(mention: Mention, others: Sequence[Mention]) -> bool:
    for other in others:  # noqa: SIM110 - called for every mention; a generator costs three times as much
        if other.start < mention.end and mention.start < other.end:
            return True
    return False


@hookimpl
def accord_detectors(context: Context) -> Sequence[Detector]:
    """The one detector of this plugin, with the organisation's default country."""
    country = str(context.config.get("country") or DEFAULT_COUNTRY).strip().upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"country {country!r} is no ISO 3166 alpha-2 code: use one such as US")
    return [SelectorDetector(country)]
