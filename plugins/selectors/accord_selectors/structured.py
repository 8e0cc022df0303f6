"""Selectors that a record's own fields give: contacts, prices, place, address. They have no span."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from accord_sdk import Contact, Place, Price, Selector
from accord_selectors.cities import City
from accord_selectors.emails import emails
from accord_selectors.folding import fold
from accord_selectors.handles import handles
from accord_selectors.mentions import Attributes, Mention
from accord_selectors.number_words import DIGIT_WORDS
from accord_selectors.phone_shapes import Phone
from accord_selectors.phones import phone_of, phones
from accord_selectors.places import place_attributes
from accord_selectors.platforms import PLATFORMS, SITES
from accord_selectors.prices import price_value
from accord_selectors.urls import canonical_url, urls
from accord_selectors.wallets import wallets

_PHONE_KINDS = frozenset("phone tel telephone mobile cell cellphone whatsapp wa sms viber fax text".split())
_FEWEST_DIGITS = 9
"""Digits of an address below which it is not read for a number: most have one of seven or eight."""
_DIGITS = re.compile(rf"[0-9]|{'|'.join(DIGIT_WORDS)}")
_WITHOUT_FIGURES = str.maketrans("", "", "0123456789")
_LETTERS_ALONE = str.maketrans("", "", "0123456789-_")
_PLAIN_NAME = re.compile("[A-Za-z0-9]++(?:[_-][A-Za-z0-9]++)*+")
"""The last part of an address, in which nothing is to be read but digits."""
_SHORTEST_WORD = min(map(len, DIGIT_WORDS))
_SITE_HOSTS = frozenset(site.partition("/")[0] for site in SITES)
_URL_KINDS = frozenset("url website web site link homepage".split())
_PLATFORM_OF = {
    word: platform for platform, words in PLATFORMS.items() for word in (platform, *words.split())
}


def phone_attributes(phone: Phone) -> Attributes:
    """The parts of a telephone number: whether it was obscured, and the country it belongs to."""
    return {"obscured": int(phone.obscured), "region": phone.number.region}


def contact_selectors(contact: Contact, region: str) -> tuple[Selector, ...]:
    """What a contact field says; a contact of a kind that is not known is read as text is."""
    return tuple(_contact(contact, region))


def _contact(contact: Contact, region: str) -> Iterator[Selector]:
    kind = contact.kind.strip().lower().replace("-", "").replace("_", "")
    value = contact.value.strip()
    if kind in _PHONE_KINDS:
        phone = phone_of(value, region)
        if phone:
            yield _phone(phone, "contacts")
    elif kind in _PLATFORM_OF and "/" not in value:
        name = value.lstrip("@").lower()
        if name and not any(map(str.isspace, name)):
            platform = _PLATFORM_OF[kind]
            attributes: Attributes = {"platform": platform, "name": name}
            yield Selector("handle", f"{platform}:{name}", field="contacts", attributes=attributes)
    elif kind in _URL_KINDS:
        url = canonical_url(value)
        if url:
            yield Selector("url", url, field="contacts")
    else:
        yield from _anything(value, region)


def _anything(value: str, region: str) -> Iterator[Selector]:
    folded = fold(value)
    found = [*wallets(folded), *emails(folded), *handles(folded)]
    if not found:
        found = list(urls(folded))
    for mention in found:
        yield _selector(mention, "contacts")
    if not found:
        yield from (_phone(phone, "contacts") for phone in phones(folded, region))


def price_selector(price: Price) -> Selector:
    """A price field."""
    attributes: Attributes = {"amount": price.amount}
    if price.currency:
        attributes["currency"] = price.currency.upper()
    if price.minutes:
        attributes["minutes"] = price.minutes
    value = price_value(price.amount, price.currency and price.currency.upper(), price.minutes)
    return Selector("price", value, field="prices", attributes=attributes)


def place_selectors(place: Place, city: City | None) -> tuple[Selector, ...]:
    """The place field: the city where one was found (`places.city_of`), else the name as it stands."""
    if city is not None:
        return (
            Selector("place", city.label, field="place", confidence=0.95, attributes=place_attributes(city)),
        )
    if not place.name or not place.name.strip():
        return ()
    parts = {"name": place.name.strip(), "country": place.country, "lat": place.lat, "lon": place.lon}
    attributes: Attributes = {key: part for key, part in parts.items() if part is not None}
    country = (place.country or "").upper()
    value = f"{place.name.strip()}, {country}" if country else place.name.strip()
    return (Selector("place", value, field="place", confidence=0.5, attributes=attributes),)


def url_selectors(url: str, region: str) -> Iterator[Selector]:
    """The record's own address, and telephone numbers and handles in it."""
    folder, slash, name = url.rpartition("/")
    if slash and _PLAIN_NAME.fullmatch(name):
        value, most = _folder(folder + slash)
        letters = len(name.translate(_LETTERS_ALONE))
        figures = len(name) - len(name.translate(_WITHOUT_FIGURES))
        if value and most + figures + letters // _SHORTEST_WORD < _FEWEST_DIGITS:
            yield Selector("url", value + name, field="url")
            return
    yield from long_url(url, region)


@lru_cache(1024)
def _folder(folder: str) -> tuple[str | None, int]:
    """What the canonical addresses of a folder's pages begin with, and how many digits stand in it.

    None where more than the digits must be looked at: no host, a fragment, the name of a platform's site.
    """
    low = folder.lower()
    if not folder.isascii() or "#" in low or any(map(low.__contains__, _SITE_HOSTS)):
        return None, 0
    value = canonical_url(folder.strip() + "x")
    return value and value[:-1], len(_DIGITS.findall(low))


def long_url(url: str, region: str) -> Iterator[Selector]:
    """The same, with all that can stand in an address."""
    value = canonical_url(url.strip())
    if value:
        yield Selector("url", value, field="url")
    low = url.lower()
    number = len(low) - len(low.translate(_WITHOUT_FIGURES)) >= _FEWEST_DIGITS or (
        any(map(low.__contains__, DIGIT_WORDS)) and len(_DIGITS.findall(low)) >= _FEWEST_DIGITS
    )
    site = any(map(low.__contains__, SITES))
    if not (number or site or not url.isascii()):
        return
    folded = fold(url)
    for phone in phones(folded, region):
        yield _phone(phone, "url")
    for mention in handles(folded):
        yield _selector(mention, "url")


def _phone(phone: Phone, field: str) -> Selector:
    attributes = phone_attributes(phone)
    return Selector(
        "phone", phone.number.e164, field=field, confidence=phone.confidence, attributes=attributes
    )


def _selector(mention: Mention, field: str) -> Selector:
    return Selector(
        mention.kind, mention.value, field=field, confidence=mention.confidence, attributes=mention.attributes
    )
