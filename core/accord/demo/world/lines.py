"""What a world consists of: record lines, and the truth that is kept apart from them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


def to_line(values: Mapping[str, Any]) -> str:
    """One JSON line without its line end; keys keep their order, so equal values give equal bytes."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class TrueContact:
    """A contact that a record really has.

    `value` is canonical as in `accord_sdk.SelectorKind`; `role` is `own`, or says which hub it is
    (`hotline`, `booking_site`, `answering_service`); `where` names the fields that it stands in
    (`title`, `body`, `contacts`); `style` is `plain` or how it is obscured.
    """

    kind: str
    value: str
    role: str = "own"
    where: tuple[str, ...] = ("body",)
    style: str = "plain"


@dataclass(frozen=True, slots=True)
class RecordTruth:
    """The truth about one record.

    `ring` is None for every lawful actor. `urgency` is 0 for those and 1-3 for rings. `people` and
    `images` name the people advertised and the original image behind each hash, in order;
    `place` is where the record really is; `repeats`: it repeats the actor's record before.
    """

    external_id: str
    source: str
    actor: str
    kind: str
    ring: str | None
    urgency: int
    place: str
    people: tuple[str, ...]
    contacts: tuple[TrueContact, ...]
    images: tuple[str, ...]
    cues: tuple[str, ...]
    repeats: bool

    @property
    def key(self) -> tuple[str, str]:
        """(source, external_id): what identifies the record."""
        return self.source, self.external_id

    @property
    def entity(self) -> str:
        """What a perfect linker joins the record to: the ring, or else the actor."""
        return self.ring or self.actor

    def to_json(self) -> dict[str, Any]:
        """The line of truth.jsonl."""
        values = {name: getattr(self, name) for name in RecordTruth.__slots__}
        values["contacts"] = [
            {"kind": c.kind, "value": c.value, "role": c.role, "where": c.where, "style": c.style}
            for c in self.contacts
        ]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RecordTruth:
        """Read a line of truth.jsonl back.

        :raises TypeError: when a field is missing or unknown.
        """
        read: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        read["contacts"] = tuple(
            TrueContact(**(one | {"where": tuple(one["where"])})) for one in values["contacts"]
        )
        return cls(**read)


@dataclass(frozen=True, slots=True)
class ActorTruth:
    """The truth about one actor: a line of actors.jsonl.

    `phones` are (E.164, first day, last day), days as ISO dates; `cities` in order of first stay.
    """

    actor: str
    kind: str
    ring: str | None
    urgency: int
    records: int
    people: tuple[str, ...]
    phones: tuple[tuple[str, str, str], ...]
    contacts: tuple[str, ...]
    cities: tuple[str, ...]
    sites: tuple[str, ...]
    language: str
    edit_rate: float
    obscures: bool
    borrows_text: bool
    steals_pictures: bool

    def to_json(self) -> dict[str, Any]:
        """The line of actors.jsonl."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class WorldRecord:
    """A record as its site gives it, with the truth beside it and the moment (epoch seconds) of arrival."""

    arrived: float
    source: str
    record: Mapping[str, Any]
    truth: RecordTruth

    @property
    def line(self) -> str:
        """The record line as `accord ingest` reads it."""
        return to_line(self.record)
