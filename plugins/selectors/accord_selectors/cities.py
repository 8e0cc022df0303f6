"""Cities, how they are looked up by name, and how far apart they are."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import msgspec

from accord_selectors.folding import folded_name

FORMAT = 2
"""Of the index; another number makes the plugin build it anew."""

SHORT_FORMS = {"ft": "fort", "st": "saint", "mt": "mount", "ste": "sainte"}
CANADA = dict(
    pair.split(":")
    for pair in "01:AB 02:BC 03:MB 04:NB 05:NL 07:NS 08:ON 09:PE 10:QC 11:SK 12:YT 13:NT 14:NU".split()
)
"""GeoNames codes of the provinces and territories of Canada, and their letters."""
_WORD = re.compile(r"[^\W\d_]+")


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


Row = tuple[int, str, str, str, float, float, int]
"""The fields of a `City`."""


class Index(msgspec.Struct, frozen=True):
    """What is known of cities, as it is kept in a file. Numbers are places in `rows`, the largest city first.

    `names`, `aliases` and `misspelt` hold the cities of a name (see `name_key`): its own, another, one with
    a slip of the pen. `nicknames` are the aliases as good as a name. `cells`: the cities of a square of one
    degree (see `cell`). `single`: the names of one word. `seconds` maps the first word of the longer names to
    the second words that may follow it, `longest` to the number of words of the longest.
    """

    format: int
    rows: list[Row]
    names: dict[str, tuple[int, ...]]
    aliases: dict[str, tuple[int, ...]]
    misspelt: dict[str, tuple[int, ...]]
    nicknames: frozenset[str]
    cells: dict[str, tuple[int, ...]]
    states: dict[str, str]
    countries: dict[str, str]
    single: frozenset[str]
    seconds: dict[str, frozenset[str]]
    longest: dict[str, int]


def name_key(name: str) -> str:
    """A place name as it is looked up: folded, words parted by one space, "St." and "Ft." written out."""
    words = _WORD.findall(folded_name(name.replace("'", "").replace("’", "")))
    return " ".join(SHORT_FORMS.get(word, word) if len(words) > 1 else word for word in words)


def cell(row: int, column: int) -> str:
    """The square of one degree whose southern and western edges these are."""
    return f"{row},{column}"


def distance_km(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Great-circle distance of two points in degrees (haversine, mean Earth radius)."""
    a = math.sin(math.radians(to_lat - lat) / 2) ** 2
    b = math.cos(math.radians(lat)) * math.cos(math.radians(to_lat))
    b *= math.sin(math.radians(to_lon - lon) / 2) ** 2
    return 12742.0 * math.asin(min(1.0, math.sqrt(a + b)))
