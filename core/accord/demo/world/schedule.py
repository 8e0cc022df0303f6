"""When and where: what an actor's days look like. Times are seconds since the epoch, UTC."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from random import Random

from accord.demo.world.places import City, circuit

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which an actor advertises."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Itinerary:
    """Stays one after another: `cities[i]` from `starts[i]` until the next begins."""

    starts: tuple[float, ...]
    cities: tuple[City, ...]

    def at(self, moment: float) -> tuple[City, City]:
        """The city at that moment, and the next (or the same, when there is none)."""
        now = max(0, bisect_right(self.starts, moment) - 1)
        return self.cities[now], self.cities[min(now + 1, len(self.cities) - 1)]


@dataclass(frozen=True, slots=True)
class Tenure:
    """A telephone number that an actor uses from `start` to `end`; `style` when it writes it obscured."""

    number: str
    start: float
    end: float
    style: str


def touring(
    home: City, window: Window, dwell_days: tuple[float, float], stops: int, rng: Random
) -> Itinerary:
    """Round after round through a circuit of `stops` cities, staying `dwell_days` in each."""
    cities = circuit(rng, home, stops)
    starts: list[float] = []
    places: list[City] = []
    moment = window.start
    while moment < window.end or not starts:
        starts.append(moment)
        places.append(cities[len(places) % stops])
        moment += rng.uniform(*dwell_days) * DAY
    return Itinerary(tuple(starts), tuple(places))


def at_home(home: City, window: Window, trips: int, rng: Random) -> Itinerary:
    """At home, with `trips` visits of two to five days elsewhere."""
    starts, places = [window.start], [home]
    length = window.end - window.start
    for leave in sorted(rng.uniform(0, length) for _ in range(trips)):
        away = window.start + leave
        back = away + rng.uniform(2, 5) * DAY
        if away > starts[-1] and back < window.end:
            starts += [away, back]
            places += [circuit(rng, home, 2)[1], home]
    return Itinerary(tuple(starts), tuple(places))


def rotation(window: Window, keep_days: tuple[int, int], rng: Random) -> list[Window]:
    """Tenures one after another through the window; two in five overlap the one before by days."""
    tenures: list[Window] = []
    moment = window.start
    while moment < window.end:
        end = moment + rng.uniform(*keep_days) * DAY
        overlap = rng.uniform(0.5, 3) * DAY if tenures and rng.random() < 0.4 else 0.0
        tenures.append(Window(max(window.start, moment - overlap), min(end, window.end)))
        moment = end
    return tenures or [window]


def arrivals(
    window: Window, count: int, late: float, late_days: int, rng: Random
) -> list[tuple[float, float]]:
    """(arrived, observed) of so many records, the last arrival first: `pop()` gives the next one.

    Records arrive minutes after they were observed, or, with probability `late`, days after.
    """
    length = window.end - window.start
    moments = []
    for _ in range(count):
        observed = window.start + rng.random() * length
        delay = rng.uniform(1, late_days) * DAY if rng.random() < late else rng.random() * 600
        moments.append((observed + delay, observed))
    moments.sort(reverse=True)
    return moments
