"""Casting: turns a row of the plan into an actor with people, numbers, texts and contacts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from random import Random

from accord.demo.world import names
from accord.demo.world.actors import Actor, Business, Person, Track, actor_id
from accord.demo.world.dice import dice
from accord.demo.world.lines import TrueContact
from accord.demo.world.numbers import ANSWERING_SERVICES, Numbers
from accord.demo.world.pictures import Picture, Pool, originals
from accord.demo.world.places import City, circuit, some_city
from accord.demo.world.plan import Part, parts
from accord.demo.world.prices import rate_card
from accord.demo.world.schedule import DAY, Itinerary, Tenure, Window, at_home, rotation, touring
from accord.demo.world.settings import Site, WorldSettings
from accord.demo.world.texts import Template, borrow, write
from accord.demo.world.traits import TRAITS, URGENCIES, Traits
from accord.demo.world.writing import STYLE_NAMES

BOOKING_SITE = "bookings.example.org"
"""The booking site that many unrelated actors use."""
_SHORTENERS = ("go.example.net", "lnk.example.org", "s.example.com")
_PLATFORMS = ("instagram", "telegram", "snapchat", "twitter")
_VICTIMS = 200
"""So many actors' pictures are remembered as possible loot of later actors."""


def _people_count(part: Part, rng: Random) -> int:
    if part.kind == "ring":
        return min(24, 2 + int(part.records**0.5 * rng.uniform(0.3, 0.8)))
    if part.kind == "agency":
        return rng.randint(3, 4 + min(12, part.records // 8))
    return 1


def _people(owner: str, count: int, pictures: tuple[int, int], rng: Random) -> tuple[Person, ...]:
    # Ages come from one distribution for every kind: a stated age says nothing of the kind (see world.md).
    people = []
    for at in range(count):
        called = tuple(rng.sample(names.PEOPLE, 1 + (rng.random() < 0.25)))
        age = min(48, 19 + int(rng.expovariate(1 / 6)))
        name = f"{owner}/p{at}"
        people.append(Person(name, called, age, originals(name, rng.randint(*pictures), rng)))
    return tuple(people)


def _cues(settings: WorldSettings, part: Part, traits: Traits, mimics: bool, rng: Random) -> tuple[str, ...]:
    cues = [cue for cue, probability in traits.cues.items() if rng.random() < probability]
    if mimics:
        cues.append("independent")
    if "in_call" in cues and "out_call" in cues:
        cues.remove("out_call")
    return tuple(cues)


def _business(kind: str, rng: Random) -> Business:
    name = names.business("agency" if kind == "agency" else "spa", rng)
    return Business(name, f"{rng.randint(10, 99)}-{rng.randint(1000, 99_999)}", names.street(rng))


class Casting:
    """Casts the actors of a world one after another, in the order of their first day."""

    def __init__(self, settings: WorldSettings) -> None:
        self._settings = settings
        self._numbers = Numbers(
            settings.seed, reassigned=settings.reassigned, silence_s=settings.silence_days * DAY
        )
        self.pool = Pool.of(settings.seed)
        self._loot: deque[tuple[Picture, ...]] = deque(maxlen=_VICTIMS)

    def actors(self) -> Iterator[Actor]:
        """All actors of the world."""
        for number, part in enumerate(parts(self._settings)):
            yield self._cast(number, part)

    def _cast(self, number: int, part: Part) -> Actor:
        settings = self._settings
        rng = dice(settings.seed, "actor", part.kind, part.serial)
        traits = TRAITS[part.kind]
        window = Window(part.start, part.end)
        ring = f"r{part.ring:05d}" if part.kind == "ring" else None
        language = "es" if rng.random() < settings.spanish else "en"
        home = some_city(rng)
        people, steals = self._cast_people(number, part, ring, rng)
        mimics = part.kind == "ring" and rng.random() < settings.mimicry
        obscuring = settings.obscured * traits.obscures
        if part.urgency:
            obscuring *= URGENCIES[part.urgency].obscures
        hubs = self._hubs(rng)
        channels, links = self._contacts(part, traits, mimics, people[0].names[0], rng)
        slots = (*hubs, *(["link"] if links else []))
        templates, borrows = self._templates(
            part, language, slots, rng, several=len(people) > 1, mimics=mimics
        )
        return Actor(
            number=number,
            kind=part.kind,
            ring=ring,
            urgency=part.urgency,
            records=part.records,
            window=window,
            language=language,
            sites=self._sites(rng),
            people=people,
            tracks=self._tracks(number, part, home, window, rng),
            templates=templates,
            edit_rate=rng.uniform(*settings.edit_rate) * traits.edits,
            obscures=rng.random() < obscuring,
            rates=rate_card(home.country, traits.hour, language, rng),
            business=_business(part.kind, rng),
            channels=channels,
            links=links,
            hubs=hubs,
            borrows_text=borrows,
            steals_pictures=steals,
        )

    def _cast_people(
        self, number: int, part: Part, ring: str | None, rng: Random
    ) -> tuple[tuple[Person, ...], bool]:
        settings, traits = self._settings, TRAITS[part.kind]
        if ring is None:
            people = _people(actor_id(number), _people_count(part, rng), traits.pictures, rng)
        else:
            # The cells of a ring share its people, so these come from the ring's own generator.
            together = dice(settings.seed, "ring", part.ring)
            people = _people(ring, _people_count(part, together), traits.pictures, together)
        stock = self.pool.stock
        if rng.random() < min(1.0, settings.stock_pictures * traits.stock):
            first = people[0]
            taken = tuple(rng.sample(stock, rng.randint(1, 2)))
            own = () if part.kind == "spam" else first.pictures
            people = (Person(first.id, first.names, first.age, own + taken), *people[1:])
        steals = (
            part.kind not in ("agency", "spa")
            and bool(self._loot)
            and rng.random() < settings.stolen_pictures
        )
        if steals:
            last = people[-1]
            stolen = rng.choice(self._loot)
            people = (*people[:-1], Person(last.id, last.names, last.age, stolen[: rng.randint(1, 3)]))
        elif part.kind in ("independent", "agency"):
            self._loot.append(people[0].pictures)
        return people, steals

    def _sites(self, rng: Random) -> tuple[Site, ...]:
        sites = self._settings.sites
        if rng.random() < self._settings.crossposting:
            return sites
        return (rng.choices(sites, [site.share for site in sites])[0],)

    def _hubs(self, rng: Random) -> dict[str, TrueContact]:
        hubs = {}
        if rng.random() < self._settings.booking_site:
            hubs["booking"] = TrueContact("url", BOOKING_SITE, "booking_site")
        if rng.random() < self._settings.answering_service:
            hubs["answering"] = TrueContact("phone", rng.choice(ANSWERING_SERVICES), "answering_service")
        return hubs

    def _contacts(
        self, part: Part, traits: Traits, mimics: bool, name: str, rng: Random
    ) -> tuple[tuple[TrueContact, ...], tuple[TrueContact, ...]]:
        channels = []
        if rng.random() < traits.handle:
            channels.append(TrueContact("handle", f"{rng.choice(_PLATFORMS)}:{names.slug(name, rng)}"))
        if rng.random() < traits.email:
            channels.append(TrueContact("email", f"{names.slug(name, rng)}@mail.example.com"))
        if part.kind == "spam":
            alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
            paths = ("".join(rng.choices(alphabet, k=6)) for _ in range(1 + part.records // 60))
            links = tuple(TrueContact("url", f"{rng.choice(_SHORTENERS)}/{path}") for path in paths)
        elif mimics or rng.random() < traits.website:
            host = names.slug(name, rng).replace(".", "-").replace("_", "-")
            links = (TrueContact("url", f"{host}.example.{rng.choice(('com', 'org', 'net'))}"),)
        else:
            links = ()
        return tuple(channels), links

    def _templates(
        self,
        part: Part,
        language: str,
        slots: tuple[str, ...],
        rng: Random,
        *,
        several: bool,
        mimics: bool,
    ) -> tuple[tuple[Template, ...], bool]:
        traits = TRAITS[part.kind]
        count = {"spam": 1, "spa": 1 + (part.records > 30), "agency": 2 + part.records // 60}.get(
            part.kind, 1 + min(5, part.records // 20)
        )
        written = []
        borrows = False
        for _ in range(count):
            borrowed = part.kind in ("ring", "independent") and rng.random() < self._settings.borrowed_texts
            voice = rng.choices(tuple(traits.voices), tuple(traits.voices.values()))[0]
            many = several and voice != "first"
            if borrowed:
                borrows = True
                written.append(borrow(language, rng))
                continue
            cues = (*_cues(self._settings, part, traits, mimics, rng), *slots)
            written.append(write(language, voice, cues, rng, several=many))
        return tuple(written), borrows

    def _tracks(self, number: int, part: Part, home: City, window: Window, rng: Random) -> tuple[Track, ...]:
        if part.kind == "ring":
            count = 1 + (part.records > 60) + (part.records > 200)
            return tuple(
                self._touring(number, part, home if at == 0 else some_city(rng), window, rng)
                for at in range(count)
            )
        if part.kind == "spam":
            return (self._everywhere(number, part, window, rng),)
        trips = rng.choice((0, 0, 1, 2, 3)) if part.kind == "independent" else 0
        itinerary = at_home(home, window, trips, rng)
        windows = [window]
        if part.kind == "independent" and rng.random() < 0.2:
            change = window.start + rng.random() * (window.end - window.start)
            overlap = rng.choice((0.0, 5.0)) * DAY
            windows = [Window(window.start, min(window.end, change + overlap)), Window(change, window.end)]
        elif part.kind != "independent" and rng.random() < 0.25:
            windows = [window, window]
        return (Track(itinerary, self._tenures(number, home, windows, rng)),)

    def _touring(self, number: int, part: Part, home: City, window: Window, rng: Random) -> Track:
        urgency = URGENCIES[part.urgency]
        itinerary = touring(home, window, urgency.dwell_days, rng.randint(*urgency.stops), rng)
        windows = rotation(window, self._settings.rotation_days, rng)
        return Track(itinerary, self._tenures(number, home, windows, rng))

    def _everywhere(self, number: int, part: Part, window: Window, rng: Random) -> Track:
        # Spam names a city for every few records, and has a number for every few as well.
        count = 1 + part.records // 4
        step = (window.end - window.start) / count
        starts = tuple(window.start + at * step for at in range(count))
        cities = tuple(some_city(rng) for _ in starts)
        windows = [Window(start, min(window.end, start + 2 * step)) for start in starts]
        return Track(
            Itinerary(starts, cities),
            self._tenures(number, rng.choice(circuit(rng, cities[0], 3)), windows, rng),
        )

    def _tenures(self, number: int, home: City, windows: list[Window], rng: Random) -> tuple[Tenure, ...]:
        return tuple(
            Tenure(
                self._numbers.take(home, window.start, window.end, number),
                window.start,
                window.end,
                rng.choice(STYLE_NAMES),
            )
            for window in windows
        )
