"""A seeded synthetic world: record lines of several sites, and the truth about them kept apart.

`generate` streams the records, `actors` the table of actors, `write` puts both on disk; `truth`
scores clusters and rankings. Everything is made up: reserved telephone numbers, example domains,
random bits for image hashes. See `docs/reference/world.md`.
"""

from accord.demo.world.files import read_truth, write
from accord.demo.world.generation import actors, generate
from accord.demo.world.lines import ActorTruth, RecordTruth, TrueContact, WorldRecord
from accord.demo.world.settings import KINDS, Shares, Site, WorldError, WorldSettings, hard
from accord.demo.world.variation import varied

__all__ = [
    "KINDS",
    "ActorTruth",
    "RecordTruth",
    "Shares",
    "Site",
    "TrueContact",
    "WorldError",
    "WorldRecord",
    "WorldSettings",
    "actors",
    "generate",
    "hard",
    "read_truth",
    "varied",
    "write",
]
