"""Cities that a text names. Precision first: a bare word is a city only where something says so."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from accord_sdk import Place
from accord_selectors.cities import CANADA, SHORT_FORMS, City, distance_km
from accord_selectors.folding import Folded, fold
from accord_selectors.gazetteer import Gazetteer
from accord_selectors.mentions import Attributes, Mention

_BEFORE = frozenset(
    """
    in near from visiting around downtown located location city town to area en de cerca desde
    ciudad at of central greater outside east west north south northeast northwest southeast
    southwest hotel airport visit serving covering metro based
    """.split()
)
_PLAIN_BEFORE = frozenset("in near visiting downtown from around en".split())
_CITY_WORDS = frozenset(
    """
    mobile reading nice bath most split man best hot sale young male bell orange independence normal
    police enterprise union liberty hope sandy surprise pearl university date page beauty of as same
    much many van bar sun mission victory progress central clinton lincoln eden grace joy faith star
    rose angel angels sugar hurst weston parker tyler allen irving logan kent dover troy rome milan
    lima cuba bend hobbs opportunity dale hull deal sand lagos para pune patna born bari salt bury
    wells poole crewe call time open home park lake valley center centre green golden diamond
    superior commerce industry paradise price camden chelsea sale sweet real total casa nova villa
    santa la san el los las del rio ocean bay beach hill hills summit corona texas plaza spring
    springs winter haven grand island highland garden gardens temple gay slough ware barking asia
    pasco media latina linda mesa pinto valle natural special delicias victoria perfect manta sucre
    loja salto melo oral safi male cali tours brest nancy lens basel mons bonn essen hamm wesel
    moers celle male hit sur
    """.split()
)
"""Names that are words too: only with their state or country behind them."""
_PEOPLE = frozenset(
    """
    austin dallas charlotte jackson paris london sydney victoria florence madison savannah brooklyn
    phoenix denver aurora augusta alexandria chelsea diana santiago sofia valencia lorraine carolina
    virginia georgia jordan israel chad francisco antonio diego jose juan angela bethany vienna
    geneva milan roma verona siena odessa athens cheyenne dakota montana lourdes guadalupe trinidad
    kingston preston chester bradford lancaster stafford raleigh orlando eugene gary marion salem
    carmel shelby vivian medina cordoba leon mercedes rosario salvador marina natal irvine macon
    laredo abilene
    """.split()
)
"""Names that people have too: not taken on their size alone."""
_WORDY_STATES = frozenset("in or me hi ok oh de la pa ma al id co mo ar on".split())
_BEFORE_STATE = frozenset({" ", " ("})
_PARTED = frozenset({" ", "-", ". ", "'", "."})
_JOINING = frozenset({" ", ", ", "/", " / ", " & ", "and", "or", "y", "to", " - "})
_INTRODUCING = frozenset({" ", ": ", " - ", ":", " : "})
_SHOUTED = 100_000
_BIG = 250_000
_NAMED_SMALL = 150_000
"""Smallest city that is taken when its name is written without a capital."""
_HUGE = 1_500_000
_NAMES = re.compile(b"[\x80-\xff]")
"""The codes of words with which names begin (`triggers.NAME`)."""


class Hint(NamedTuple):
    """Where the record itself says it is: country, and its city where that was found."""

    country: str
    city: City | None = None


def city_of(place: Place, gazetteer: Gazetteer) -> City | None:
    """The city that a record's place field means, None where it cannot be told."""
    if place.name:
        hint = Hint((place.country or "US").upper())
        found = list(_mentions(fold(place.name, gazetteer.codes), gazetteer, hint, certain=True))
        if found:
            candidates, explicit = found[0][2], found[0][3]
            if place.lat is not None and place.lon is not None and not explicit:
                lat, lon = place.lat, place.lon
                return min(candidates, key=lambda c: distance_km(lat, lon, c.lat, c.lon))
            return candidates[0]
    if place.lat is not None and place.lon is not None:
        return gazetteer.nearest(place.lat, place.lon)
    return None


def places(folded: Folded, gazetteer: Gazetteer, hint: Hint) -> Iterator[Mention]:
    """The cities of a text."""
    for start, end, cities, _, confidence in _mentions(folded, gazetteer, hint, certain=False):
        city = cities[0]
        yield Mention("place", _label(city), start, end, confidence, place_attributes(city))


@lru_cache(4096)
def _label(city: City) -> str:
    return city.label


@lru_cache(4096)
def place_attributes(city: City) -> Attributes:
    """The parts of a place."""
    return {
        "name": city.name,
        "admin1": city.admin1,
        "country": city.country,
        "lat": city.lat,
        "lon": city.lon,
        "geonameid": city.geonameid,
    }


_Found = tuple[int, int, tuple[City, ...], bool, float]


def _mentions(folded: Folded, gazetteer: Gazetteer, hint: Hint, *, certain: bool) -> Iterator[_Found]:
    """Spans with their cities, likeliest first. `certain`: the text is nothing but a place."""
    tokens, last = folded.tokens, len(folded.tokens) - 2
    single, seconds = gazetteer.single, gazetteer.seconds
    reader: _Reader | None = None
    for match in _NAMES.finditer(folded.codes):
        i = match.start()
        word = tokens[i]
        follow = seconds.get(word)
        several = follow is not None and i < last and tokens[i + 2] in follow
        if not several and word not in single:
            continue
        reader = reader or _Reader(folded, gazetteer, hint, certain=certain)
        if i > reader.previous and (several or reader.may_stand_alone(i, word)):
            found = reader.read(i, several=several)
            if found:
                reader.previous = found[1]
                yield found[0]


class _Reader:
    """Reads names at tokens of one text."""

    def __init__(self, folded: Folded, gazetteer: Gazetteer, hint: Hint, *, certain: bool) -> None:
        self.folded, self.gazetteer, self.hint, self.certain = folded, gazetteer, hint, certain
        self.tokens, self.ends = folded.tokens, folded.ends
        self.caseless = folded.text.islower()
        self.shouting = self.caseless or folded.text.isupper()
        self.previous = -9

    def read(self, i: int, *, several: bool) -> tuple[_Found, int] | None:
        """The longest name at token `i` that is meant as a place, and its last token."""
        word = SHORT_FORMS.get(self.tokens[i], self.tokens[i])
        for n in range(self.gazetteer.longest(word) if several else 1, 0, -1):
            last = i + 2 * (n - 1)
            key = self._key(i, last)
            if key is None:
                continue
            cities, alias = self.gazetteer.cities(key)
            if cities and (found := self._judge(i, last, key, cities, alias=alias)):
                return found, bisect_left(self.ends, found[1])
        return None

    def may_stand_alone(self, i: int, word: str) -> bool:
        """A first look at a name of one word: written large, or a comma behind it."""
        if self.certain or (i + 1 < len(self.tokens) and self.tokens[i + 1][0] == ","):
            return True
        if word in _CITY_WORDS and (i + 1 >= len(self.tokens) or self.tokens[i + 1] != " "):
            return False
        start = self.ends[i] - len(word)
        if (
            self.caseless
            or (
                self.folded.text[start]
                if self.folded.origin is None
                else self.folded.original(start, start + 1)
            ).isupper()
        ):
            return True
        return i >= 2 and self.tokens[i - 2] in _PLAIN_BEFORE and self.tokens[i - 1] == " "

    def _key(self, i: int, last: int) -> str | None:
        """The words from token `i` to `last` as a name is looked up, None where they are apart."""
        if last == i:
            return self.tokens[i]
        if last >= len(self.tokens) or not _PARTED.issuperset(self.tokens[i + 1 : last : 2]):
            return None
        return " ".join([SHORT_FORMS.get(word, word) for word in self.tokens[i : last + 1 : 2]])

    def _judge(self, i: int, last: int, key: str, cities: tuple[City, ...], *, alias: bool) -> _Found | None:
        start, end = self.ends[i] - len(self.tokens[i]), self.ends[last]
        if self._glued(i, last):
            return None
        division, after = self._division(last)
        if division is not None:
            within = tuple(c for c in cities if division in {(c.admin1, c.country), ("", c.country)})
            if within:
                return start, self.ends[after], within, True, 0.95
            if division[0]:
                return None
        largest = cities[0].population
        ranked = cities
        if len(cities) > 1:
            ranked = tuple(sorted(cities, key=lambda city: self._rank(city, largest)))
        confidence = self._confidence(i, key, ranked[0], start, end, alias=alias)
        return (start, end, ranked, False, confidence) if confidence else None

    def _glued(self, i: int, last: int) -> bool:
        """Whether the name is part of an address, handle or longer compound."""
        before = self.tokens[i - 1] if i else ""
        after = self.tokens[last + 1] if last + 1 < len(self.tokens) else ""
        if after[:1] in {"@", "_"} or (after == "." and last + 2 < len(self.tokens)):
            return True
        return before[-1:] in {"@", "_", "."} or before[-1:].isdigit()

    def _rank(self, city: City, largest: int) -> tuple[bool, bool, int]:
        """The hint's state first, then its country (unless a namesake is a world city), then size."""
        near = self.hint.city
        same_state = near is not None and (city.admin1, city.country) == (near.admin1, near.country)
        overshadowed = not self.certain and largest >= 1_000_000 and largest >= 20 * city.population
        return not same_state, city.country != self.hint.country or overshadowed, -city.population

    def _is_introduced(self, i: int) -> bool:
        """Whether a word such as "in" stands before token `i`, or another place and a conjunction."""
        if i - self.previous <= 4 and not set(self.tokens[self.previous + 1 : i]) - _JOINING:
            return True
        return i >= 2 and self.tokens[i - 2] in _BEFORE and self.tokens[i - 1] in _INTRODUCING

    def _division(self, last: int) -> tuple[tuple[str, str] | None, int]:
        """The state or country written right after a name, and its last token."""
        if last + 2 >= len(self.tokens) or self.tokens[last + 2] not in self.gazetteer.division_words:
            return None, last
        gap = self.tokens[last + 1]
        if gap.strip() not in {"", ",", "(", ", (", "-"}:
            return None, last
        for n in (2, 1):
            end = last + 2 * n
            key = self._key(last + 2, end)
            if key is None:
                continue
            state = self.gazetteer.states.get(key) or self._abbreviation(key, gap, end)
            if state:
                return (state, "CA" if state in CANADA.values() else "US"), end
            if key in self.gazetteer.countries:
                return ("", self.gazetteer.countries[key]), end
        return None, last

    def _abbreviation(self, key: str, gap: str, i: int) -> str | None:
        """A two-letter state, unless it is more likely the word that it spells."""
        code = key.upper()
        if len(key) != 2 or code not in self.gazetteer.divisions:
            return None
        capital = self.folded.original(self.ends[i] - 2, self.ends[i]).isupper()
        if (
            "," in gap
            or self.certain
            or (self.caseless and gap in _BEFORE_STATE and key not in _WORDY_STATES)
            or (capital and not (self.folded.text.isupper() and key in _WORDY_STATES))
        ):
            return code
        return None

    def _confidence(self, i: int, key: str, city: City, start: int, end: int, *, alias: bool) -> float:
        """How sure a name without its state is a place; 0 where it is not sure enough."""
        if self.certain:
            return 0.8
        written = self.folded.original(start, end)
        if key in _CITY_WORDS or len(key) < 3:
            return 0.0
        near = self.hint.city
        if not (written[:1].isupper() or self.shouting):
            return self._small_confidence(i, key, city, alias=alias)
        local = near is not None and (city.admin1, city.country) == (near.admin1, near.country)
        home = city.country == self.hint.country
        likely = (home or city.population >= _BIG) and (
            local or not self.shouting or city.population >= _SHOUTED
        )
        if likely and self._is_introduced(i):
            return 0.85
        if alias or key in _PEOPLE:
            return 0.0
        if local and not self.shouting:
            return 0.85
        size = _BIG if home else _HUGE
        if " " in key:
            size //= 5
        return 0.7 if city.population >= size else 0.0

    def _small_confidence(self, i: int, key: str, city: City, *, alias: bool) -> float:
        """How sure a name without a capital is a place: only behind "in" and the like, only a large city."""
        plain = i >= 2 and self.tokens[i - 2] in _PLAIN_BEFORE and self.tokens[i - 1] == " "
        if not plain or alias or key in _PEOPLE or city.country != self.hint.country:
            return 0.0
        return 0.75 if city.population >= _NAMED_SMALL else 0.0
