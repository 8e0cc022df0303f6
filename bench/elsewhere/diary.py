"""Who posts what, when and where; the records as JSON lines and the truth about each."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from elsewhere.cast import Actor, Casting, Person, Town
from elsewhere.settings import Elsewhere, Truth
from elsewhere.texts import PLAIN_STYLES, WHEN, Template, edit, fill, number_as

SOURCE = "elsewhere"
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 180
LAWFUL = {"independent": 0.48, "agency": 0.08, "spa": 0.08, "spam": 0.12}
REASSIGNED_AFTER = (60, 100)


@dataclass(frozen=True)
class Post:
    """One advertisement before it is written out."""

    actor: Actor
    when: datetime
    town: Town
    person: Person
    template: Template
    numbers: tuple[str, ...]
    after: bool = False


def write_world(settings: Elsewhere, directory: Path) -> Path:
    """Write `records/elsewhere.jsonl` and `truth.jsonl`; returns the file of the records."""
    rng = random.Random(f"elsewhere/{settings.seed}/{settings.look}")
    casting = Casting(settings, rng)
    posts = sorted(_posts(settings, casting, rng), key=lambda post: post.when)[: settings.records]
    (directory / "records").mkdir(parents=True, exist_ok=True)
    path = directory / "records" / f"{SOURCE}.jsonl"
    with (
        path.open("w", encoding="utf-8") as records,
        (directory / "truth.jsonl").open("w", encoding="utf-8") as truth,
    ):
        for number, post in enumerate(posts):
            line, true = _written(post, f"e{number}", settings, rng)
            records.write(json.dumps(line, ensure_ascii=False) + "\n")
            truth.write(json.dumps(asdict(true)) + "\n")
    return path


def _posts(settings: Elsewhere, casting: Casting, rng: random.Random) -> Iterator[Post]:
    free: list[tuple[int, str, str]] = []
    for actor in _of(casting.ring, settings.rings * settings.records):
        posts = list(_ring(actor, casting, rng))
        yield from posts
        if actor.change:
            last = max(((post.when - BEGIN).days for post in posts if not post.after), default=0)
            free += [(last, number, actor.name) for number in actor.numbers]
    for kind, part in LAWFUL.items():
        for actor in _of(getattr(casting, kind), part * settings.records):
            if kind == "independent" and free and rng.random() < 0.04:
                last, number, former = free.pop()
                starts = last + rng.randrange(*REASSIGNED_AFTER)
                if starts < DAYS - 10:
                    actor.numbers, actor.former, actor.starts = [number], former, starts
            yield from _lawful(actor, rng)


def _of(make: Callable[[], Actor], records: float) -> Iterator[Actor]:
    while records > 0:
        actor = make()
        actor.budget = min(actor.budget, max(1, int(records)))
        records -= actor.budget
        yield actor


def _ring(actor: Actor, casting: Casting, rng: random.Random) -> Iterator[Post]:
    """Crews that go from town to town; numbers that rotate, or one change of all but one thing."""
    pace = 0.8 + 2.2 * actor.severity * rng.uniform(0.5, 1.5)
    days = min(DAYS - 5, max(6, round(actor.budget / pace)))
    starts = rng.randrange(0, DAYS - days)
    crews = [actor.people] if len(actor.people) < 4 else [actor.people[::2], actor.people[1::2]]
    stays = [_stays(actor.towns, days, rng, round(11 - 6 * actor.severity)) for _ in crews]
    turn = starts + days // 2
    rotates, held, next_turn = rng.randrange(5, 25), list(actor.numbers), starts
    later = [casting.number() for _ in actor.numbers]
    again = _changed(actor, casting)
    for day in sorted(starts + int(rng.random() * days) for _ in range(actor.budget)):
        after = bool(actor.change) and day >= turn
        if day >= next_turn + rotates and not actor.change:
            held[rng.randrange(len(held))] = casting.number()
            next_turn = day
        crew = rng.randrange(len(crews))
        person = rng.choice(crews[crew])
        templates = actor.templates
        if after:
            held, (person, templates) = later, (again[person.name + str(person.age)], again["templates"])
        template = templates[hash_of(person.name) % len(templates)]
        town = stays[crew][day - starts]
        numbers = tuple(rng.sample(held, 1 if len(held) == 1 or rng.random() < 0.75 else 2))
        yield Post(actor, _at(day, rng), town, person, template, numbers, after)


def _changed(actor: Actor, casting: Casting) -> dict[str, Any]:
    """The people and templates after a full change of numbers: text or pictures are new."""
    fresh = [casting.template("ring", actor.severity) for _ in actor.templates]
    found: dict[str, Any] = {"templates": fresh if actor.change == "picture" else actor.templates}
    for one in actor.people:
        album = (
            one.album if actor.change == "picture" or casting.rng.random() < 0.3 else casting.person().album
        )
        found[one.name + str(one.age)] = Person(one.name, one.age, album)
    return found


def hash_of(name: str) -> int:
    """The same for a name in each process."""
    return sum(map(ord, name))


def _stays(towns: list[Town], days: int, rng: random.Random, longest: int = 10) -> list[Town]:
    found: list[Town] = []
    at = rng.randrange(len(towns))
    while len(found) < days:
        found += [towns[at % len(towns)]] * rng.randrange(2, longest)
        at += 1 if rng.random() < 0.7 else rng.randrange(len(towns))
    return found


def _lawful(actor: Actor, rng: random.Random) -> Iterator[Post]:
    """Independents at home with a tour now and then; houses at home; spam everywhere in bursts."""
    left = DAYS - actor.starts
    if actor.kind == "spam":
        bursts = [rng.randrange(DAYS) for _ in range(rng.randrange(3, 12))]
        days = sorted(min(DAYS - 1, rng.choice(bursts) + rng.randrange(3)) for _ in range(actor.budget))
    else:
        gap = rng.uniform(0.4, 2) if rng.random() < 0.2 else rng.uniform(1.5, 7)
        long = min(
            left, max(1, round(actor.budget * (gap if actor.kind == "independent" else left / actor.budget)))
        )
        starts = actor.starts + rng.randrange(max(1, left - long))
        days = sorted(starts + int(rng.random() * long) for _ in range(actor.budget))
    tours = _stays(actor.towns[1:], DAYS, rng) if len(actor.towns) > 1 else []
    away = rng.uniform(0.2, 0.5)
    on_tour = {day for week in range(0, DAYS, 7) if rng.random() < away for day in range(week, week + 7)}
    for index, day in enumerate(days):
        if actor.kind in ("spam", "agency"):
            town = rng.choice(actor.towns)
        else:
            town = tours[day] if tours and day in on_tour else actor.home
        if actor.kind == "independent":
            number = actor.numbers[index * len(actor.numbers) // len(days)]
        elif actor.kind == "agency":
            number = actor.numbers[actor.towns.index(town)]
        else:
            number = rng.choice(actor.numbers)
        yield Post(
            actor, _at(day, rng), town, rng.choice(actor.people), rng.choice(actor.templates), (number,)
        )


def _at(day: int, rng: random.Random) -> datetime:
    return BEGIN + timedelta(days=day, seconds=rng.randrange(86_400))


def _written(
    post: Post, external_id: str, settings: Elsewhere, rng: random.Random
) -> tuple[dict[str, Any], Truth]:
    actor, person = post.actor, post.person
    fee = actor.fee + 10 * (hash_of(person.name) % 5)
    slots = {
        "person": person.name, "town": post.town.name.partition(",")[0], "fee": f"${fee}",
        "when": rng.choice(WHEN), "age": str(person.age),
    }  # fmt: skip
    body = edit(rng, fill(post.template.body, slots), settings.edits)
    hidden = rng.random() < actor.hides
    style = actor.style if hidden or actor.style in PLAIN_STYLES else "dashes"
    written = " or ".join(number_as(style, number, rng) for number in post.numbers)
    parts = [body, f"{rng.choice(('Call', 'Text', 'Tel', 'Write to', 'Contact'))} {written}"]
    if actor.desk:
        parts.append(f"Desk {number_as('dashes', actor.desk, rng)}")
    if actor.site:
        parts.append(f"https://{actor.site}")
    if actor.handle:
        parts.append(f"snapchat: {actor.handle}")
    line = {
        "external_id": external_id,
        "observed_at": post.when.isoformat().replace("+00:00", "Z"),
        "title": edit(rng, fill(post.template.title, slots), settings.edits),
        "body": ". ".join(parts),
        "prices": [{"amount": fee, "currency": "USD", "minutes": 60}] if rng.random() < 0.5 else [],
        "contacts": [{"kind": "phone", "value": post.numbers[0]}]
        if not hidden and rng.random() < 0.5
        else [],
        "images": [_picture(one, rng) for one in _shown(person, rng)],
        "language": "en",
    }
    if rng.random() < 0.93:
        line["place"] = {"name": post.town.name, "country": "US", "lat": post.town.lat, "lon": post.town.lon}
    return line, Truth(
        external_id=external_id,
        source=SOURCE,
        actor=actor.name,
        kind=actor.kind,
        ring=actor.name if actor.kind == "ring" else None,
        urgency=actor.urgency,
        change=actor.change,
        after=post.after,
        copied=actor.copied,
        hub=actor.desk or (actor.site if "/b" in actor.site else ""),
        former=actor.former,
    )


def _shown(person: Person, rng: random.Random) -> list[int]:
    return rng.sample(person.album, min(len(person.album), rng.randrange(1, 5)))


def _picture(pdq: int, rng: random.Random) -> dict[str, Any]:
    """The hash of a picture that was cut and compressed anew: some bits differ."""
    for bit in rng.sample(range(256), min(28, int(rng.expovariate(1 / 6)))):
        pdq ^= 1 << bit
    return {"pdq": f"{pdq:064x}", "quality": 100 if rng.random() < 0.96 else math.floor(rng.uniform(10, 60))}
