"""Dates that a text names, absolute or counted from the day on which it was posted.

Days without a year are taken from 60 days before the posting to ten months after it: advertisements
speak of what is near, mostly ahead. Opening hours ("mon-fri 9-5") are no dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice

from accord_selectors import date_forms
from accord_selectors.date_forms import COUNTS, MONTHS, SPANS, WEEKDAYS
from accord_selectors.folding import Folded
from accord_selectors.mentions import Mention

_MONTH_WORDS = frozenset(MONTHS)
_WEEKDAY_WORDS = frozenset(WEEKDAYS)
_NEAR_WORDS = frozenset("tomorrow tmrw tmw tomorow manana yesterday ayer weekend fin week semana".split())
_SPAN_WORDS = frozenset("day days week weeks month months dia dias semana semanas mes meses".split())
_UNTIL_WORDS = frozenset("until till til thru through hasta by to ends end ending".split())
_MONTH_BEFORE_DAY = frozenset({"US", "PR", "CA", "PH"})
_EARLIEST = timedelta(days=60)
_YEAR_SPAN = 305
_MOST = 50
"""Dates of one way of writing that are looked at: a text of thousands is no advertisement."""


def dates(folded: Folded, posted: date | None, region: str) -> Iterator[Mention]:
    """The dates of a text, as ISO 8601 days or intervals ("2026-05-09/2026-05-12").

    `posted` is the day from which relative ones are counted; without it only full dates are told.
    `region` (ISO 3166 alpha-2) says whether 5/9 is in May or in September.
    """
    taken: list[tuple[int, int]] = []
    for mention in _all(folded, posted, region):
        if not any(start < mention.end and mention.start < end for start, end in taken):
            taken.append((mention.start, mention.end))
            yield mention


def _all(folded: Folded, posted: date | None, region: str) -> Iterator[Mention]:
    low, words = folded.low, folded.words
    reader = _Reader(posted, region)
    if "/" in low or "-" in low or "." in low:
        yield from reader.read(date_forms.NUMERIC, low, reader.numeric)
    if not words.isdisjoint(_MONTH_WORDS):
        yield from reader.read(date_forms.DAY_FIRST, low, reader.by_month)
        yield from reader.read(date_forms.MONTH_FIRST, low, reader.by_month)
    if posted is None:
        return
    if "/" in low:
        yield from reader.read(date_forms.SHORT, low, reader.short)
    if not words.isdisjoint(_WEEKDAY_WORDS):
        yield from reader.read(date_forms.WEEKDAYS_RANGE, low, reader.weekdays)
        yield from reader.read(date_forms.WEEKDAY, low, reader.weekday)
    if not words.isdisjoint(_NEAR_WORDS):
        yield from reader.read(date_forms.NEAR, low, reader.near)
    if not words.isdisjoint(_SPAN_WORDS):
        yield from reader.read(date_forms.AGO, low, reader.ago)
        yield from reader.read(date_forms.AHEAD, low, reader.ahead)
    if not words.isdisjoint(_UNTIL_WORDS):
        yield from reader.read(date_forms.THE_DAY, low, reader.the_day)


_Found = tuple[date | None, date | None, float]


class _Reader:
    """Turns matches into days, counted from `posted`."""

    def __init__(self, posted: date | None, region: str) -> None:
        self.posted = posted
        self.today = posted or date.min
        self.month_first = region in _MONTH_BEFORE_DAY

    def read(
        self, pattern: re.Pattern[str], low: str, reading: Callable[[re.Match[str]], _Found]
    ) -> Iterator[Mention]:
        """The mentions of one way of writing."""
        for match in islice(pattern.finditer(low), _MOST):
            first, last, confidence = reading(match)
            if first is None or (last is not None and last < first):
                continue
            value = first.isoformat() if last in {None, first} else f"{first.isoformat()}/{last.isoformat()}"
            yield Mention("date", value, *match.span(), confidence)

    def numeric(self, match: re.Match[str]) -> _Found:
        """2026-05-12, 05/12/2026, 12.05.26."""
        if match["y"]:
            return _day(int(match["y"]), int(match["m"]), int(match["d"])), None, 0.98
        if match["t"] != "/" and len(match["year"]) == 2:
            return None, None, 0.0  # 34-24-36 and 1.2.10 are no dates
        year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
        month, day, sure = self._order(int(match["a"]), int(match["b"]), dotted=match["t"] == ".")
        return _day(year, month, day), None, 0.95 if sure else 0.75

    def by_month(self, match: re.Match[str]) -> _Found:
        """May 9, May 9th to 12th, 9-12 May, del 9 al 12 de mayo, with or without a year."""
        groups = match.groupdict()
        month = MONTHS[groups["month"]]
        year = int(groups["year"]) if groups["year"] else None
        after = MONTHS[groups["month2"]] if groups.get("month2") else month
        if groups["first"] is None:
            return self._dated(year, month, int(groups["last"])), None, 0.95 if year else 0.85
        first = self._dated(year, month, int(groups["first"]))
        if groups["last"] is None or first is None:
            return first, None, 0.95 if year else 0.85
        last = _day(first.year + (after < month), after, int(groups["last"]))
        return first, last, 0.95 if year else 0.85

    def short(self, match: re.Match[str]) -> _Found:
        """From 5/9 to 5/12."""
        a, b, c, d = (match[name] for name in ("abcd" if match["a"] else "efgh"))
        month, day, sure = self._order(int(a), int(b))
        first = self._dated(None, month, day)
        confidence = 0.8 if sure else 0.7
        if c is None or first is None:
            return first, None, confidence
        month, day, _ = self._order(int(c), int(d))
        return first, self._dated(first.year + (month < first.month), month, day), confidence

    def weekday(self, match: re.Match[str]) -> _Found:
        """Until Friday."""
        return self._next(WEEKDAYS[match["weekday"]], self.today), None, 0.7

    def weekdays(self, match: re.Match[str]) -> _Found:
        """Fri - Sun."""
        if date_forms.OPENING.search(match.string, max(0, match.start() - 12), match.start()):
            return None, None, 0.0
        first = self._next(WEEKDAYS[match["first"]], self.today)
        return first, self._next(WEEKDAYS[match["last"]], first), 0.6

    def near(self, match: re.Match[str]) -> _Found:
        """Tomorrow, yesterday, this weekend, next week."""
        days = {"after": 2, "tomorrow": 1, "yesterday": -1}.get(match.lastgroup or "")
        if days is not None:
            return self.today + timedelta(days=days), None, 0.7
        weekend = match.lastgroup == "weekend"
        start = self._next(5 if weekend else 0, self.today + timedelta(days=0 if weekend else 1))
        return start, start + timedelta(days=1 if weekend else 6), 0.6

    def ago(self, match: re.Match[str]) -> _Found:
        """Two days ago, hace 3 semanas."""
        count, unit = match["n"] or match["n2"], match["unit"] or match["unit2"]
        days = (COUNTS.get(count) or int(count)) * SPANS[unit]
        return self.today - timedelta(days=days), None, 0.6

    def ahead(self, match: re.Match[str]) -> _Found:
        """In 3 days."""
        return self.today + timedelta(days=int(match["n"]) * SPANS[match["unit"]]), None, 0.6

    def the_day(self, match: re.Match[str]) -> _Found:
        """Until the 12th."""
        day = int(match["day"])
        year, month = self.today.year, self.today.month
        if day < self.today.day:
            year, month = year + month // 12, month % 12 + 1
        return _day(year, month, day), None, 0.65

    def _order(self, a: int, b: int, *, dotted: bool = False) -> tuple[int, int, bool]:
        """Month and day of two numbers, and whether there is no other way to read them."""
        if a > 12 or b > 12 or a == b:
            return (b, a, True) if a > 12 else (a, b, True)
        return (a, b, False) if self.month_first and not dotted else (b, a, False)

    def _dated(self, year: int | None, month: int, day: int) -> date | None:
        if year is not None:
            return _day(year, month, day)
        if self.posted is None:
            return None
        for candidate in (self.posted.year - 1, self.posted.year, self.posted.year + 1):
            found = _day(candidate, month, day)
            if found and -_EARLIEST <= found - self.posted <= timedelta(days=_YEAR_SPAN):
                return found
        return None

    @staticmethod
    def _next(weekday: int, start: date) -> date:
        return start + timedelta(days=(weekday - start.weekday()) % 7)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # 31 June
        return None
