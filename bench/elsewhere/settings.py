"""What a world of the second generator is asked for, and what is true of each of its records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

RECORDS = 20_000
TUNE = {"tune-1": 0.03, "tune-2": 0.08, "tune-3": 0.13, "tune-4": 0.18}
REPORT = {"report-1": 0.0, "report-2": 0.05, "report-3": 0.1, "report-4": 0.15, "report-5": 0.2}
FINAL = {"final-1": 0.0, "final-2": 0.05, "final-3": 0.1, "final-4": 0.15, "final-5": 0.2}
LATER = {"report-a": 0.0, "report-b": 0.05, "report-c": 0.1, "report-d": 0.15, "report-e": 0.2}
"""Seeds, and the part of the words that a copy of a text has edited. Nobody looked at those of `LATER` before
version 8 of the weights was fixed; `FINAL` reported version 7, `REPORT` the versions before.
"""


@dataclass(frozen=True)
class Elsewhere:
    """A world: its seed, size, edits, and which telephone numbers it has (`reserved` or `tests`)."""

    seed: str
    records: int = RECORDS
    edits: float = 0.1
    look: str = "reserved"
    rings: float = 0.24
    """Part of the records that rings write; the others' parts follow."""


def of_seed(*, seed: str, records: int = RECORDS, look: str = "reserved") -> Elsewhere:
    """The world of a seed for tuning or reporting; any other seed has a tenth of the words edited."""
    return Elsewhere(seed, records, (TUNE | REPORT | FINAL | LATER).get(seed, 0.1), look)


@dataclass(frozen=True)
class Truth:
    """The truth about a record.

    `ring` is None for lawful actors and `urgency` 0; rings have 1 to 3. `change` is what a ring kept through
    a full change of its numbers (`text`, `picture`, or empty) and `after` whether the record came after it.
    `copied` is the actor from whom a lawful actor took its text; `hub` the shared thing that the record
    shows; `former` the actor who held the record's number before.
    """

    external_id: str
    source: str
    actor: str
    kind: str
    ring: str | None = None
    urgency: int = 0
    change: str = ""
    after: bool = False
    copied: str = ""
    hub: str = ""
    former: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """(source, external_id): what identifies the record."""
        return self.source, self.external_id

    @property
    def entity(self) -> str:
        """What a perfect linker joins the record to."""
        return self.actor

    @classmethod
    def of(cls, line: dict[str, Any]) -> Truth:
        """From a line of JSON."""
        return cls(**line)
