"""Worlds that several tests look at; each is made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from accord.demo.world import ActorTruth, WorldRecord, WorldSettings, actors, generate, hard
from accord.demo.world.actors import Actor
from accord.demo.world.casting import Casting


@dataclass(frozen=True)
class World:
    """A whole world in memory."""

    settings: WorldSettings
    records: Sequence[WorldRecord]
    actors: Mapping[str, ActorTruth]

    def of_kind(self, kind: str) -> list[WorldRecord]:
        return [record for record in self.records if record.truth.kind == kind]


def _world(settings: WorldSettings) -> World:
    return World(settings, tuple(generate(settings)), {actor.actor: actor for actor in actors(settings)})


@pytest.fixture(scope="session")
def cast() -> Sequence[Actor]:
    """The actors of a large world, without their records."""
    return tuple(Casting(WorldSettings(records=40_000, seed="cast")).actors())


@pytest.fixture(scope="session")
def world() -> World:
    return _world(WorldSettings(records=8_000, seed="tests"))


@pytest.fixture(scope="session")
def hard_world() -> World:
    return _world(hard(records=4_000, seed="tests"))
