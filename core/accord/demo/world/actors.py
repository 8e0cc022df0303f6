"""An actor: who advertises, with everything that its records are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from accord.demo.world.lines import ActorTruth, TrueContact
from accord.demo.world.pictures import Picture
from accord.demo.world.prices import RateCard
from accord.demo.world.schedule import Itinerary, Tenure, Window
from accord.demo.world.settings import Site
from accord.demo.world.texts import Template


@dataclass(frozen=True, slots=True)
class Person:
    """A person who is advertised: `id` for the truth, working names, age in years, pictures."""

    id: str
    names: tuple[str, ...]
    age: int
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """A round of its own through the cities, with its telephone numbers in order of their start."""

    itinerary: Itinerary
    tenures: tuple[Tenure, ...]

    def tenures_at(self, moment: float) -> list[Tenure]:
        """The tenures that run at that moment; the first one where none does."""
        return [tenure for tenure in self.tenures if tenure.start <= moment <= tenure.end] or [
            self.tenures[0]
        ]


@dataclass(frozen=True, slots=True)
class Business:
    """What a spa or an agency says of itself."""

    name: str
    licence: str
    street: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Everything about an actor; `number` counts actors in the order of their first day.

    `channels` are its own contacts other than telephones and `link`; `hubs` those it shares
    with strangers, by slot (`booking`, `answering`).
    """

    number: int
    kind: str
    ring: str | None
    urgency: int
    records: int
    window: Window
    language: str
    sites: tuple[Site, ...]
    people: tuple[Person, ...]
    tracks: tuple[Track, ...]
    templates: tuple[Template, ...]
    edit_rate: float
    obscures: bool
    rates: RateCard
    business: Business
    channels: tuple[TrueContact, ...]
    links: tuple[TrueContact, ...]
    hubs: dict[str, TrueContact]
    borrows_text: bool
    steals_pictures: bool

    @property
    def id(self) -> str:
        """The actor's name in the truth."""
        return actor_id(self.number)

    def truth(self) -> ActorTruth:
        """The actor's line of the table of actors."""
        tenures = sorted({(t.start, t.number, t.end) for track in self.tracks for t in track.tenures})
        cities = dict.fromkeys(city.name for track in self.tracks for city in track.itinerary.cities)
        return ActorTruth(
            actor=self.id,
            kind=self.kind,
            ring=self.ring,
            urgency=self.urgency,
            records=self.records,
            people=tuple(person.id for person in self.people),
            phones=tuple((number, _day(start), _day(end)) for start, number, end in tenures),
            contacts=tuple(f"{contact.kind} {contact.value}" for contact in (*self.channels, *self.links)),
            cities=tuple(cities),
            sites=tuple(site.slug for site in self.sites),
            language=self.language,
            edit_rate=round(self.edit_rate, 4),
            obscures=self.obscures,
            borrows_text=self.borrows_text,
            steals_pictures=self.steals_pictures,
        )


def actor_id(number: int) -> str:
    """The name in the truth of the actor with this number."""
    return f"a{number:06d}"


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
