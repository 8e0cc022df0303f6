"""Cities of the world by name."""

from __future__ import annotations

import math
from functools import lru_cache
from importlib import resources

import msgspec

from accord_selectors import geonames
from accord_selectors.cities import FORMAT, City, Index, cell, distance_km
from accord_selectors.triggers import Codes

FILE = "cities.msgpack"
"""The index, beside this module: made when the plugin is built (`hatch_build.py`)."""
_NEAR_KM = 40.0
_REMEMBERED = 8192


class Gazetteer:
    """Looks cities up, by name and by where they are.

    `codes` mark the words that a name can begin with (see `triggers`), `single` are the names of one word,
    `seconds` the words that can follow the first one of a longer name. `states` and `countries` are codes by
    name, `divisions` the codes of the states, `division_words` what any of these begins with.
    `cities(key)` are the cities of a name (see `name_key`), largest first, and whether it is not their own.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self.states = index.states
        self.countries = index.countries
        self.single = index.single
        self.divisions = frozenset(index.states.values())
        self.seconds = index.seconds
        self.division_words = frozenset(
            [name.split(" ")[0] for name in (*index.states, *index.countries)]
            + [code.lower() for code in self.divisions]
        )
        self.cities = lru_cache(_REMEMBERED)(self._find)
        self.codes = Codes(index.single.union(index.seconds))

    def longest(self, first: str) -> int:
        """The number of words of the longest name with this first word."""
        return self._index.longest.get(first, 1)

    def _find(self, key: str) -> tuple[tuple[City, ...], bool]:
        own = self._index.names.get(key)
        if own:
            return self._cities(own), False
        other = self._index.aliases.get(key)
        if other:
            return self._cities(other), key not in self._index.nicknames
        return self._cities(self._index.misspelt.get(key, ())), True

    def _cities(self, places: tuple[int, ...]) -> tuple[City, ...]:
        return tuple([City(*self._index.rows[at]) for at in places])

    def nearest(self, lat: float, lon: float) -> City | None:
        """The city that a point in degrees is in or near (40 km); None in the wild.

        A city ten times as large is taken from 5 km further away.
        """
        row, column = math.floor(lat), math.floor(lon)
        near = [
            city
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            for city in self._cities(self._index.cells.get(cell(row + i, column + j), ()))
        ]
        within = [(distance_km(lat, lon, city.lat, city.lon), city) for city in near]
        within = [pair for pair in within if pair[0] <= _NEAR_KM]
        return (
            min(within, key=lambda pair: pair[0] - 5 * math.log10(pair[1].population))[1] if within else None
        )


def load() -> Gazetteer:
    """The gazetteer from the index beside this module; made anew where there is none of this version."""
    try:
        data = resources.files(__package__ or "accord_selectors").joinpath(FILE).read_bytes()
        index = msgspec.msgpack.decode(data, type=Index)
    except (FileNotFoundError, msgspec.MsgspecError):
        return Gazetteer(geonames.index())
    return Gazetteer(index if index.format == FORMAT else geonames.index())
