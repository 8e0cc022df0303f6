"""The lead as an assessor sees it: facts gathered over joined records, never the records themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class Visit(msgspec.Struct, frozen=True, omit_defaults=True):
    """Records of one lead in one place: how many, first and last time seen."""

    name: str
    records: int
    first: datetime
    last: datetime
    lat: float | None = None
    lon: float | None = None


class SignalCount(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many of a lead's records carry an indicator, and the strongest strength (0-1) among them."""

    kind: str
    sign: Literal[-1, 0, 1]
    records: int
    strength: float = 1.0
    source: str = ""
    note: str = ""


class Lead(msgspec.Struct, frozen=True, omit_defaults=True):
    """Facts of a proposed case. `selectors` counts distinct values by kind (phone, image, ...).

    `hubs` counts those, by kind, that many unrelated leads show as well, such as stock images; `selectors`
    leaves them out.
    `days` counts distinct days with records; `ages` and `visits` are bounded by the host
    (at most 50 entries each, the most frequent first).
    """

    records: int
    first: datetime
    last: datetime
    days: int = 1
    selectors: dict[str, int] = {}
    visits: tuple[Visit, ...] = ()
    signals: tuple[SignalCount, ...] = ()
    ages: tuple[int, ...] = ()
    hubs: dict[str, int] = {}


class Indicator(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing an assessor says of a lead; same meaning of sign, strength and source as a signal.

    `evidence` says in plain words what was observed, such as "seen in 5 places in 12 days".
    """

    kind: str
    sign: Literal[-1, 0, 1]
    strength: float
    evidence: str
    source: str = ""


class Assessed(msgspec.Struct, frozen=True, tag="assessed"):
    """What an assessor says of lead `ref` of its batch."""

    ref: int
    indicators: tuple[Indicator, ...] = ()
