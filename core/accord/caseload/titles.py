"""What a lead is called: where and when it was seen."""

from __future__ import annotations

from datetime import datetime

from accord.linking.facts import Facts, VisitFact

NAMED = 2
"""Places that a title names; the others are counted."""
LONGEST_NAME = 60
SAME_DEGREES = 0.15
"""Two names whose coordinates lie closer than this are one place: about 15 km, a city's own width."""


def title_of(facts: Facts) -> str:
    """What a lead is called until a person names its case.

    Such as `Denver, CO · Dallas, TX · 3 more places · 17-18 Jul 2026`: the most frequent places, then the
    days from first to last seen.
    """
    names = distinct_places(facts.visits)
    parts = [_short(name) for name in names[:NAMED]] or ["Place unknown"]
    left = len(names) - NAMED
    if left > 0:
        parts.append(f"{left} more place{'' if left == 1 else 's'}")
    return " · ".join((*parts, days(facts.first, facts.last)))


def distinct_places(visits: dict[str, VisitFact]) -> list[str]:
    """Names of places, the most frequent first; a place that goes by several names comes once."""
    kept: list[tuple[str, VisitFact]] = []
    for name, visit in sorted(visits.items(), key=lambda item: (-item[1].records, item[0])):
        if not any(_same(name, visit, *known) for known in kept):
            kept.append((name, visit))
    return [name for name, _ in kept]


def _same(name: str, visit: VisitFact, other: str, known: VisitFact) -> bool:
    """Whether both are one place: equally named but for a country at the end, or next to each other."""
    if name.startswith(f"{other}, ") or other.startswith(f"{name}, "):
        return True
    if visit.lat is None or visit.lon is None or known.lat is None or known.lon is None:
        return False
    return abs(visit.lat - known.lat) < SAME_DEGREES and abs(visit.lon - known.lon) < SAME_DEGREES


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def days(first: datetime, last: datetime) -> str:
    """Two days as briefly as they can be told apart, from one day to `1 Dec 2025 - 3 Jan 2026`."""
    end = f"{last.day} {last:%b %Y}"
    if first.date() == last.date():
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}\N{EN DASH}{end}"
    start = f"{first.day} {first:%b}" if first.year == last.year else f"{first.day} {first:%b %Y}"
    return f"{start} \N{EN DASH} {end}"
