"""Facts of a lead: a commutative, associative sum over its records, so that order never matters.

Beyond `MOST_VISITS` places the sum is approximate: the rarest places are let go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

MOST_DAYS = 2_000
MOST_VISITS = 300
"""Bounds on what is remembered of one lead; beyond them the earliest or rarest are let go."""


class VisitFact(msgspec.Struct, frozen=True, array_like=True):
    """Records in one place, first and last time seen, WGS 84 degrees."""

    records: int
    first: datetime
    last: datetime
    lat: float | None = None
    lon: float | None = None

    def plus(self, other: VisitFact) -> VisitFact:
        """Both together."""
        located = self if self.lat is not None else other
        return VisitFact(
            self.records + other.records,
            min(self.first, other.first),
            max(self.last, other.last),
            located.lat,
            located.lon,
        )


class SignalFact(msgspec.Struct, frozen=True, array_like=True):
    """On how many records an indicator stands, how strong at most, where it comes from."""

    sign: Literal[-1, 0, 1]
    records: int
    strength: float
    source: str
    note: str

    def plus(self, other: SignalFact) -> SignalFact:
        """Both together."""
        sign, source, note = max((self.sign, self.source, self.note), (other.sign, other.source, other.note))
        return SignalFact(
            sign, self.records + other.records, max(self.strength, other.strength), source, note
        )


Fact = TypeVar("Fact", VisitFact, SignalFact)


class Facts(msgspec.Struct):
    """What is known of a lead. `anchor` is its smallest source/external id; `days` are ordinals, sorted."""

    anchor: str
    records: int
    first: datetime
    last: datetime
    days: tuple[int, ...] = ()
    visits: dict[str, VisitFact] = {}
    signals: dict[str, SignalFact] = {}
    ages: dict[str, int] = {}

    def plus(self, other: Facts) -> Facts:
        """Both together; neither is changed."""
        return total([self, other])


def total(facts: Iterable[Facts]) -> Facts:
    """All facts together; none of them is changed.

    :raises ValueError: when there are none.
    """
    every = list(facts)
    if not every:
        raise ValueError("a lead has at least one record")
    visits: dict[str, VisitFact] = {}
    signals: dict[str, SignalFact] = {}
    ages: Counter[str] = Counter()
    for one in every:
        _add(visits, one.visits)
        _add(signals, one.signals)
        ages.update(one.ages)
    if len(visits) > MOST_VISITS:
        kept = sorted(visits.items(), key=lambda item: (-item[1].records, item[0]))[:MOST_VISITS]
        visits = dict(kept)
    return Facts(
        anchor=min(one.anchor for one in every),
        records=sum(one.records for one in every),
        first=min(one.first for one in every),
        last=max(one.last for one in every),
        days=tuple(sorted({day for one in every for day in one.days})[-MOST_DAYS:]),
        visits=visits,
        signals=signals,
        ages=dict(ages),
    )


def _add(sums: dict[str, Fact], more: Mapping[str, Fact]) -> None:
    for name, fact in more.items():
        known = sums.get(name)
        sums[name] = fact if known is None else known.plus(fact)


_decoder = msgspec.json.Decoder(Facts)
_encoder = msgspec.json.Encoder()


def decode_facts(stored: str) -> Facts:
    """Facts from their JSON."""
    return _decoder.decode(stored)


def encode_facts(facts: Facts) -> str:
    """Facts as JSON."""
    return _encoder.encode(facts).decode()
