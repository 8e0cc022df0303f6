"""Generation: casts actors day by day and merges their records in the order of arrival.

Only the plan (a small row an actor) is held for the whole world; people, texts and numbers exist
from an actor's first day to its last record.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from accord.demo.world.casting import Casting
from accord.demo.world.dice import dice
from accord.demo.world.lines import ActorTruth, WorldRecord
from accord.demo.world.posting import Poster
from accord.demo.world.settings import WorldSettings


class _Identities:
    """External ids: per site a rising number with gaps, so that it says only the order of arrival."""

    def __init__(self, settings: WorldSettings) -> None:
        self._rng = dice(settings.seed, "identities")
        self._last = {site.slug: self._rng.randint(1_000_000, 4_000_000) for site in settings.sites}
        self._prefix = {site.slug: f"{site.slug[:2]}{at}-" for at, site in enumerate(settings.sites)}

    def __call__(self, slug: str) -> str:
        self._last[slug] += self._rng.randint(1, 9)
        return f"{self._prefix[slug]}{self._last[slug]}"


def events(settings: WorldSettings) -> Iterator[ActorTruth | WorldRecord]:
    """Actors and records of the world: an actor comes before its first record."""
    casting = Casting(settings)
    identify = _Identities(settings)
    waiting: list[tuple[float, int, Poster]] = []
    for actor in casting.actors():
        yield from _until(actor.window.start, waiting, identify)
        yield actor.truth()
        poster = Poster(actor, settings, casting.pool)
        if poster.next_arrival is not None:
            heapq.heappush(waiting, (poster.next_arrival, actor.number, poster))
    yield from _until(float("inf"), waiting, identify)


def _until(
    moment: float, waiting: list[tuple[float, int, Poster]], identify: _Identities
) -> Iterator[WorldRecord]:
    while waiting and waiting[0][0] <= moment:
        arrived, number, poster = waiting[0]
        source, record, truth = poster.post(identify)
        following = poster.next_arrival
        if following is None:
            heapq.heappop(waiting)
        else:
            heapq.heapreplace(waiting, (following, number, poster))
        yield WorldRecord(arrived, source, record, truth)


def generate(settings: WorldSettings) -> Iterator[WorldRecord]:
    """The records of a world, `settings.records` of them, in the order of their arrival.

    :raises WorldError: when the settings need more telephone numbers than are kept for fiction.
    """
    return (event for event in events(settings) if isinstance(event, WorldRecord))


def actors(settings: WorldSettings) -> Iterator[ActorTruth]:
    """The table of actors of a world, in the order of their first day.

    :raises WorldError: as `generate` does.
    """
    return (actor.truth() for actor in Casting(settings).actors())
