"""Facts of a lead: a commutative, associative sum over its records, so that order never matters."""

from __future__ import annotations

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
    """What is known of a lead. `anchor` is its smallest source/external id; `days` are ordinals."""

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
        visits = _sum(self.visits, other.visits)
        if len(visits) > MOST_VISITS:
            kept = sorted(visits.items(), key=lambda item: (-item[1].records, item[0]))[:MOST_VISITS]
            visits = dict(kept)
        ages = {age: self.ages.get(age, 0) + other.ages.get(age, 0) for age in self.ages | other.ages}
        return Facts(
            anchor=min(self.anchor, other.anchor),
            records=self.records + other.records,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
            days=tuple(sorted({*self.days, *other.days})[-MOST_DAYS:]),
            visits=visits,
            signals=_sum(self.signals, other.signals),
            ages=ages,
        )


def _sum(left: dict[str, Fact], right: dict[str, Fact]) -> dict[str, Fact]:
    total = dict(left)
    for name, fact in right.items():
        total[name] = total[name].plus(fact) if name in total else fact
    return total
