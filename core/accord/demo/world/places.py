"""The cities of the world: real places, so that distances, countries and area codes are right.

Coordinates are WGS 84 degrees to two decimals. `weight` is roughly the population of the
metropolitan area in hundreds of thousands (rounded; it only says where more is advertised).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any


@dataclass(frozen=True)
class City:
    """A city: name as advertised, ISO 3166 country, degrees, weight.

    `codes`: area codes of the North American Numbering Plan, elsewhere the prefix of a number
    block (see `numbers`); one that stands twice is drawn twice as often.
    """

    name: str
    country: str
    lat: float
    lon: float
    codes: tuple[str, ...]
    weight: int

    @property
    def short(self) -> str:
        """The name without state or province, as in a title."""
        return self.name.partition(",")[0]

    def to_json(self) -> dict[str, Any]:
        """The `place` of a record line."""
        return {"name": self.name, "country": self.country, "lat": self.lat, "lon": self.lon}


def _read(country: str, table: str) -> tuple[City, ...]:
    rows = (row.split("|") for row in table.strip().splitlines())
    return tuple(
        City(name, country, float(lat), float(lon), tuple(codes.split()), int(weight))
        for name, lat, lon, codes, weight in rows
    )


CITIES = (
    *_read("US", """
New York, NY|40.71|-74.01|212 646 332 917 718 347 929|196
Los Angeles, CA|34.05|-118.24|213 310 323 424 747 818|128
Chicago, IL|41.88|-87.63|312 773 872 708 847|93
Dallas, TX|32.78|-96.80|214 469 972 945|81
Houston, TX|29.76|-95.37|713 281 832 346|75
Atlanta, GA|33.75|-84.39|404 678 770 470|63
Washington, DC|38.91|-77.04|202 301 240 703 571|63
Philadelphia, PA|39.95|-75.17|215 267 445 610|62
Miami, FL|25.76|-80.19|305 786 645|62
Phoenix, AZ|33.45|-112.07|602 480 623|51
Boston, MA|42.36|-71.06|617 857 781|49
Riverside, CA|33.95|-117.40|951 909|47
San Francisco, CA|37.77|-122.42|415 628 650|46
Detroit, MI|42.33|-83.05|313 248 586|43
Seattle, WA|47.61|-122.33|206 425 253|40
Minneapolis, MN|44.98|-93.27|612 763 952|37
Tampa, FL|27.95|-82.46|813 727|33
San Diego, CA|32.72|-117.16|619 858|33
Denver, CO|39.74|-104.99|303 720|30
Orlando, FL|28.54|-81.38|407 321 689|28
Baltimore, MD|39.29|-76.61|410 443 667|28
St. Louis, MO|38.63|-90.20|314 636|28
Charlotte, NC|35.23|-80.84|704 980|27
San Antonio, TX|29.42|-98.49|210 726|27
Portland, OR|45.52|-122.68|503 971|25
Austin, TX|30.27|-97.74|512 737|24
Pittsburgh, PA|40.44|-80.00|412 878|24
Sacramento, CA|38.58|-121.49|916 279|24
Las Vegas, NV|36.17|-115.14|702 725|23
Cincinnati, OH|39.10|-84.51|513 283|23
Kansas City, MO|39.10|-94.58|816 913|22
Columbus, OH|39.96|-83.00|614 380|22
Cleveland, OH|41.50|-81.69|216 440|21
Indianapolis, IN|39.77|-86.16|317 463|21
San Jose, CA|37.34|-121.89|408 669|20
Nashville, TN|36.16|-86.78|615 629|20
Virginia Beach, VA|36.85|-75.98|757 948|18
Providence, RI|41.82|-71.41|401|17
Jacksonville, FL|30.33|-81.66|904 324|16
Milwaukee, WI|43.04|-87.91|414|16
Oklahoma City, OK|35.47|-97.52|405 572|14
Raleigh, NC|35.78|-78.64|919 984|14
Memphis, TN|35.15|-90.05|901|13
Richmond, VA|37.54|-77.44|804 686|13
Louisville, KY|38.25|-85.76|502|13
New Orleans, LA|29.95|-90.07|504|12
Salt Lake City, UT|40.76|-111.89|801 385|12
Hartford, CT|41.77|-72.67|860 959|12
Buffalo, NY|42.89|-78.88|716|11
Birmingham, AL|33.52|-86.80|205 659|11
Tucson, AZ|32.22|-110.97|520|10
Fresno, CA|36.74|-119.79|559|10
Tulsa, OK|36.15|-95.99|918 539|10
Omaha, NE|41.26|-95.93|402 531|9
Albuquerque, NM|35.08|-106.65|505|9
Knoxville, TN|35.96|-83.92|865|9
El Paso, TX|31.76|-106.49|915|8
Baton Rouge, LA|30.45|-91.19|225|8
Columbia, SC|34.00|-81.03|803 839|8
Little Rock, AR|34.75|-92.29|501|7
Boise, ID|43.62|-116.21|208 986|7
Toledo, OH|41.65|-83.54|419 567|6
Des Moines, IA|41.59|-93.62|515|7
Spokane, WA|47.66|-117.43|509|6
Wichita, KS|37.69|-97.34|316|6
Anchorage, AK|61.22|-149.90|907|4
"""),
    *_read("CA", """
Toronto, ON|43.65|-79.38|416 647 437|62
Montreal, QC|45.50|-73.57|514 438|43
Vancouver, BC|49.28|-123.12|604 778 236|26
Calgary, AB|51.05|-114.07|403 587|15
Edmonton, AB|53.55|-113.49|780 825|14
Ottawa, ON|45.42|-75.70|613 343|14
Winnipeg, MB|49.90|-97.14|204 431|8
Hamilton, ON|43.26|-79.87|905 289|8
Halifax, NS|44.65|-63.58|902 782|4
"""),
    *_read("GB", """
London|51.51|-0.13|+442079460 +442079460 +447700900|60
Birmingham|52.48|-1.90|+441214960 +441214960 +447700900|14
Manchester|53.48|-2.24|+441614960 +441614960 +447700900|14
Leeds|53.80|-1.55|+441134960 +441134960 +447700900|9
Glasgow|55.86|-4.25|+441414960|8
Bristol|51.45|-2.59|+441174960|6
Edinburgh|55.95|-3.19|+441314960|5
Cardiff|51.48|-3.18|+442920180|4
"""),
    *_read("FR", """
Lyon|45.76|4.84|+3346571|8
Toulouse|43.60|1.44|+3353649|5
Nantes|47.22|-1.55|+3326191|4
Lille|50.63|3.06|+3335301|4
"""),
)  # fmt: skip

AMERICAN = frozenset({"US", "CA"})
"""The countries that share the North American Numbering Plan and a road network."""

_WEIGHTS = tuple(accumulate(city.weight for city in CITIES))


def some_city(rng: Random) -> City:
    """A city drawn by weight."""
    return rng.choices(CITIES, cum_weights=_WEIGHTS)[0]


def kilometres(one: City, other: City) -> float:
    """Great-circle distance (haversine, mean earth radius 6371 km)."""
    lat1, lat2 = math.radians(one.lat), math.radians(other.lat)
    half_lat = math.sin((lat2 - lat1) / 2) ** 2
    half_lon = math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(half_lat + math.cos(lat1) * math.cos(lat2) * half_lon))


def _neighbours(city: City) -> tuple[City, ...]:
    american = city.country in AMERICAN
    near = sorted(CITIES, key=lambda other: (kilometres(city, other), other.name))
    return tuple(other for other in near[1:] if (other.country in AMERICAN) == american)[:12]


NEIGHBOURS = {city: _neighbours(city) for city in CITIES}
"""For each city its twelve nearest on the same continent, nearest first."""


def circuit(rng: Random, home: City, length: int) -> tuple[City, ...]:
    """A round of `length` cities from `home`, each among the twelve nearest of the one before."""
    stops = [home]
    while len(stops) < length:
        fresh = [city for city in NEIGHBOURS[stops[-1]] if city not in stops]
        stops.append(rng.choice(fresh) if fresh else rng.choice(NEIGHBOURS[home]))
    return tuple(stops)
