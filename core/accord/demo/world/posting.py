"""Posting: makes an actor's record lines one after another, with their truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from accord.demo.world.actors import Actor, Person, Track
from accord.demo.world.contacting import HOTLINE_WRITTEN, offer
from accord.demo.world.dice import dice
from accord.demo.world.lines import RecordTruth, TrueContact
from accord.demo.world.pictures import Encoding, Pool, post
from accord.demo.world.places import CITIES, City
from accord.demo.world.schedule import DAY, arrivals
from accord.demo.world.settings import Site, WorldSettings
from accord.demo.world.texts import fill, say_cue

_OPTIONAL = ("title", "prices", "place", "images", "language")
_REPEAT_WITHIN = 7 * DAY

Draft = tuple[str, dict[str, Any], RecordTruth]
"""The site's slug, a record line and its truth, both with the `external_id` given."""


def _without_title(contact: TrueContact) -> TrueContact:
    return dataclasses.replace(contact, where=tuple(name for name in contact.where if name != "title"))


def timestamp(moment: float) -> str:
    """Epoch seconds as the record line's time: whole seconds, UTC."""
    return datetime.fromtimestamp(int(moment), UTC).isoformat()[:19] + "Z"


class Poster:
    """Posts the records of one actor, in the order in which they arrive."""

    def __init__(self, actor: Actor, settings: WorldSettings, pool: Pool) -> None:
        self._actor = actor
        self._settings = settings
        self._pool = pool
        self._rng = dice(settings.seed, "posts", actor.number)
        self._encoding = Encoding(settings.re_encoded, settings.flipped_bits, settings.low_quality)
        self._moments = arrivals(actor.window, actor.records, settings.late, settings.late_days, self._rng)
        self._site_weights = [site.share for site in actor.sites]
        self._last: Draft | None = None
        self._last_observed = float("-inf")

    @property
    def next_arrival(self) -> float | None:
        """When the next record arrives, in epoch seconds; None after the last."""
        return self._moments[-1][0] if self._moments else None

    def post(self, identify: Callable[[str], str]) -> Draft:
        """The next record; `identify` gives the next external id of a site.

        :raises IndexError: after the last record.
        """
        _, observed = self._moments.pop()
        site = self._rng.choices(self._actor.sites, self._site_weights)[0]
        external_id = identify(site.slug)
        recent = self._last if abs(observed - self._last_observed) < _REPEAT_WITHIN else None
        if recent is not None and self._rng.random() < self._settings.duplicates:
            draft = self._repeat(recent, site, external_id, observed)
        else:
            draft = self._write(site, external_id, observed)
        self._last, self._last_observed = draft, observed
        return draft

    def _repeat(self, last: Draft, site: Site, external_id: str, observed: float) -> Draft:
        _, record, truth = last
        head = self._head(site, external_id, observed)
        again = head | {name: value for name, value in record.items() if name not in head and name != "url"}
        same = dataclasses.replace(truth, external_id=external_id, source=site.slug, repeats=True)
        return site.slug, {name: again[name] for name in (*head, *record) if name in again}, same

    def _head(self, site: Site, external_id: str, observed: float) -> dict[str, Any]:
        rng, missing = self._rng, self._settings.missing
        head: dict[str, Any] = {
            "external_id": external_id,
            "observed_at": timestamp(observed),
            "posted_at": None,
        }
        if rng.random() < 0.6:
            head["posted_at"] = timestamp(observed - rng.random() ** 3 * 5 * DAY)
        head["url"] = (
            None if rng.random() < missing else f"https://{site.slug}.example.com/post/{external_id}"
        )
        return head

    def _write(self, site: Site, external_id: str, observed: float) -> Draft:
        rng, actor, settings = self._rng, self._actor, self._settings
        track = rng.choice(actor.tracks)
        city, following = track.itinerary.at(observed)
        template = rng.choice(actor.templates)
        people = self._who(track, observed)
        offered = offer(
            actor, rng, site=site, tenures=track.tenures_at(observed), template=template, settings=settings
        )
        slots = self._slots(people, city, following) | offered.slots
        title, body = fill(template, slots, actor.edit_rate, rng)
        if offered.in_title:
            title = f"{title} {offered.in_title}"
        if rng.random() < settings.hotline:
            body += "\n" + say_cue(actor.language, "hotline", rng).format(hotline=HOTLINE_WRITTEN)
            offered = offered.with_hotline()
        shown, images = self._images(people)
        record = self._head(site, external_id, observed)
        record |= {"title": title, "body": body}
        record["prices"] = actor.rates.to_json() if rng.random() < site.prices_field else []
        record["place"] = (rng.choice(CITIES) if rng.random() < settings.wrong_place else city).to_json()
        record |= {"contacts": offered.fields, "images": images, "language": actor.language}
        record["extra"] = {"views": rng.randint(0, 900)} if rng.random() < 0.3 else {}
        for name in [name for name in _OPTIONAL if rng.random() < settings.missing]:
            del record[name]
        truth = RecordTruth(
            external_id=external_id,
            source=site.slug,
            actor=actor.id,
            kind=actor.kind,
            ring=actor.ring,
            urgency=actor.urgency,
            place=city.name,
            people=tuple(person.id for person in people),
            contacts=offered.true if "title" in record else tuple(map(_without_title, offered.true)),
            images=tuple(shown) if "images" in record else (),
            cues=template.cues,
            repeats=False,
        )
        return site.slug, record, truth

    def _who(self, track: Track, observed: float) -> list[Person]:
        # A ring passes its people from one round to the next every week; a record shows one to three.
        rng, people = self._rng, self._actor.people
        if len(people) == 1:
            return [people[0]]
        tracks = self._actor.tracks
        if len(tracks) > 1:
            turn = (tracks.index(track) + int(observed // (7 * DAY))) % len(tracks)
            people = people[turn :: len(tracks)] or people
        return rng.sample(people, min(len(people), rng.choice((1, 1, 1, 2, 2, 3))))

    def _slots(self, people: list[Person], city: City, following: City) -> dict[str, str]:
        rng, actor = self._rng, self._actor
        called = [rng.choice(person.names) for person in people]
        both = " and " if actor.language == "en" else " y "
        ages = [str(person.age) for person in people]
        return {
            "name": called[0],
            "names": both.join((", ".join(called[:-1]), called[-1])) if len(called) > 1 else called[0],
            "age": ages[0],
            "ages": ", ".join(ages),
            "names_ages": ", ".join(f"{name} ({age})" for name, age in zip(called, ages, strict=True)),
            "city": city.short,
            "next": following.short,
            "rates": actor.rates.text,
            "price": actor.rates.lowest,
            "biz": actor.business.name,
            "licence": actor.business.licence,
            "street": actor.business.street,
        }

    def _images(self, people: list[Person]) -> tuple[list[str], list[dict[str, Any]]]:
        rng = self._rng
        shown, images = [], []
        for person in people:
            for picture in rng.sample(person.pictures, min(len(person.pictures), rng.randint(1, 3))):
                name, image = post(picture, self._encoding, self._pool, rng)
                shown.append(name)
                images.append(image)
        return shown, images
