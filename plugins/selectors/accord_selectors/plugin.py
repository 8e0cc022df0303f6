"""The detector `selectors`: reads every field it was granted and says what it found where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain

import phonenumbers

from accord_sdk import (
    Call,
    Contact,
    Context,
    Detector,
    Finding,
    Found,
    Place,
    Price,
    Record,
    Result,
    hookimpl,
)
from accord_selectors.cities import City
from accord_selectors.gazetteer import load
from accord_selectors.places import Hint, city_of
from accord_selectors.reading import Key, Setting, keyed, read
from accord_selectors.structured import contact_selectors, place_selectors, price_selector, url_selectors

DEFAULT_COUNTRY = "US"
_AT_ONCE = 128
"""Records that are read together (see `reading`)."""
_REMEMBERED = 4096
"""Places, prices, contacts and short texts that are remembered of each."""
_SHORT_TEXT = 120
"""Contact fields and titles repeat: who advertises does so many times. Longer texts are not remembered."""

_Asked = tuple[str, str, Setting]


class SelectorDetector:
    """Finds phones, e-mail addresses, handles, URLs, wallets, prices, ages, places and dates.

    `country` (ISO 3166 alpha-2) is where a record is taken to be that does not say it.
    """

    name = "selectors"

    def __init__(self, country: str = DEFAULT_COUNTRY) -> None:
        self._country = country

    def open(self) -> None:
        """Load the cities."""
        self._gazetteer = load()
        self._city_of = lru_cache(_REMEMBERED)(self._find_city)
        self._setting_of = lru_cache(_REMEMBERED)(self._make_setting)
        self._price = lru_cache(_REMEMBERED)(_keyed_price)
        self._contact = lru_cache(_REMEMBERED)(_keyed_contact)
        self._short: dict[_Asked, list[tuple[Key, Finding]]] = {}

    def close(self) -> None:
        """Nothing is kept open."""

    def detect(self, batch: Sequence[Record], call: Call) -> Iterable[Result]:
        """One `Found` for each record; stops early when the host no longer wants the answer."""
        for first in range(0, len(batch), _AT_ONCE):
            if call.cancelled():
                return
            for ref, findings in enumerate(self._read(batch[first : first + _AT_ONCE]), first):
                yield Found(ref, findings)

    def _find_city(self, place: Place) -> City | None:
        return city_of(place, self._gazetteer)

    def _make_setting(self, place: Place | None, posted: date | None) -> Setting:
        country = place.country.upper() if place is not None and place.country else self._country
        region = country if country in phonenumbers.SUPPORTED_REGIONS else self._country
        if place is None:
            return Setting(region, Hint(region), posted)
        city = self._city_of(place)
        return Setting(region, Hint(region, city), posted, keyed(place_selectors(place, city)))

    def _read(self, records: Sequence[Record]) -> Iterator[tuple[Finding, ...]]:
        """The findings of each record: one for each value, field and way of writing it, the first."""
        settings = [self._setting(record) for record in records]
        asked = [
            [(field, text, setting) for field, text in record.texts()]
            for record, setting in zip(records, settings, strict=True)
        ]
        read_texts = self._read_texts(chain.from_iterable(asked))
        for record, setting, texts in zip(records, settings, asked, strict=True):
            found: dict[Key, Finding] = {}
            for text in texts:
                for key, finding in read_texts[text]:
                    found.setdefault(key, finding)
            self._read_fields(record, setting, found)
            yield tuple(found.values())

    def _setting(self, record: Record) -> Setting:
        posted = record.posted_at or record.observed_at
        return self._setting_of(record.place, posted.date() if posted else None)

    def _read_texts(self, asked: Iterable[_Asked]) -> dict[_Asked, list[tuple[Key, Finding]]]:
        """The findings of texts. Those of short ones are remembered."""
        known: dict[_Asked, list[tuple[Key, Finding]]] = {}
        new: list[_Asked] = []
        for text in asked:
            if text in self._short:
                known[text] = self._short[text]
            elif text not in known:
                known[text] = []
                new.append(text)
        for text, findings in zip(new, read(new, self._gazetteer), strict=True):
            known[text] = findings
            if len(text[1]) <= _SHORT_TEXT:
                self._short[text] = findings
        if len(self._short) > _REMEMBERED:
            self._short.clear()
        return known

    def _read_fields(self, record: Record, setting: Setting, found: dict[Key, Finding]) -> None:
        """Add what the fields say that are no texts."""
        said: list[tuple[Key, Finding]] = []
        if record.url:
            said += keyed(url_selectors(record.url, setting.region))
        for contact in record.contacts:
            said += self._contact(contact, setting.region)
        for price in record.prices:
            said += self._price(price)
        said += setting.place
        for key, selector in said:
            found.setdefault(key, selector)


def _keyed_price(price: Price) -> tuple[tuple[Key, Finding], ...]:
    return keyed((price_selector(price),))


def _keyed_contact(contact: Contact, region: str) -> tuple[tuple[Key, Finding], ...]:
    return keyed(contact_selectors(contact, region))


@hookimpl
def accord_detectors(context: Context) -> Sequence[Detector]:
    """The one detector of this plugin, with the organisation's default country."""
    country = str(context.config.get("country") or DEFAULT_COUNTRY).strip().upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"country {country!r} is no ISO 3166 alpha-2 code: use one such as US")
    return [SelectorDetector(country)]
