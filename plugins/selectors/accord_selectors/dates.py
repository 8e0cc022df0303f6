"""Dates that a text names, absolute or counted from the day on which it was posted.

Days without a year are taken from 60 days before the posting to ten months after it: advertisements
speak of what is near, mostly ahead. Opening hours ("mon-fri 9-5") are no dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import chain, islice

from accord_selectors import date_forms
from accord_selectors.date_forms import COUNTS, MONTHS, SPANS, WEEKDAYS
from accord_selectors.folding import Folded
from accord_selectors.mentions import Mention
from accord_selectors.triggers import (
    ARTICLE,
    COUNTED,
    DAY_NUMBER,
    HYPHEN,
    MONTH,
    NEAR_DAY,
    SLASH,
    SPAN,
    STOP,
    UNTIL,
    WEEK,
    WEEKDAY,
    WHICH,
    any_of,
    of_class,
    where,
)

_SIGNS = SLASH | HYPHEN | STOP
_MONTHS, _DAYS, _WEEKDAYS, _NEAR_DAYS, _WEEKS, _WHICH, _SPANS, _COUNTED = map(
    where, (MONTH, DAY_NUMBER, WEEKDAY, NEAR_DAY, WEEK, WHICH, SPAN, COUNTED)
)
_UNTIL_THE_DAY = re.compile(b".".join(map(any_of, (UNTIL, ARTICLE, DAY_NUMBER))), re.DOTALL)
_number = of_class("d")
_NUMERIC = re.compile(
    b"%b(?=%b)"
    % (_number, b"|".join(_number.join([any_of(sign)] * 2) + _number for sign in (SLASH, HYPHEN, STOP)))
)
_SHORT = re.compile(b"%b(?=%b%b)" % (_number, any_of(SLASH), _number))
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
    roles = folded.roles
    reader = _Reader(folded, posted, region)
    if roles & _SIGNS and (spans := list(_numeric_spans(folded))):
        yield from reader.read(date_forms.NUMERIC, spans, reader.numeric)
    if roles & MONTH and (spans := folded.around(_MONTHS, 24, 32, _DAYS, 5)):
        yield from reader.read(date_forms.DAY_FIRST, spans, reader.by_month)
        yield from reader.read(date_forms.MONTH_FIRST, spans, reader.by_month)
    if posted is None:
        return
    if roles & SLASH and (spans := list(_short_spans(folded))):
        yield from reader.read(date_forms.SHORT, spans, reader.short)
    if roles & WEEKDAY:
        spans = folded.around(_WEEKDAYS, 24, 24)
        yield from reader.read(date_forms.WEEKDAYS_RANGE, spans, reader.weekdays)
        yield from reader.read(date_forms.WEEKDAY, spans, reader.weekday)
    if roles & NEAR_DAY:
        yield from reader.read(date_forms.NEAR, folded.around(_NEAR_DAYS, 24, 4), reader.near)
    if roles & WEEK and (spans := folded.around(_WEEKS, 20, 12, _WHICH, 4)):
        yield from reader.read(date_forms.NEAR, spans, reader.near)
    if roles & SPAN and (spans := folded.around(_SPANS, 16, 16, _COUNTED, 5)):
        yield from reader.read(date_forms.AGO, spans, reader.ago)
        yield from reader.read(date_forms.AHEAD, spans, reader.ahead)
    if roles & UNTIL and (spans := folded.around(_UNTIL_THE_DAY, 8, 20)):
        yield from reader.read(date_forms.THE_DAY, spans, reader.the_day)


def _numeric_spans(folded: Folded) -> Iterator[tuple[int, int]]:
    """Where three short numbers stand with the same sign between them."""
    tokens, ends = folded.tokens, folded.ends
    for match in _NUMERIC.finditer(folded.codes):
        i = match.start()
        a, b, c = len(tokens[i]), len(tokens[i + 2]), len(tokens[i + 4])
        if b <= 2 and ((a <= 2 and c in {2, 4}) or (a == 4 and c <= 2)):
            yield ends[i] - a, ends[i + 4] + 2


def _short_spans(folded: Folded) -> Iterator[tuple[int, int]]:
    """Where a slash stands between two numbers of one or two digits."""
    tokens, ends = folded.tokens, folded.ends
    for match in islice(_SHORT.finditer(folded.codes), _MOST):
        i = match.start()
        if len(tokens[i]) <= 2 >= len(tokens[i + 2]):
            yield max(0, ends[i + 1] - 24), ends[i + 1] + 24


_Found = tuple[date | None, date | None, float]


class _Reader:
    """Turns matches into days, counted from `posted`."""

    def __init__(self, folded: Folded, posted: date | None, region: str) -> None:
        self.low = folded.low
        self.posted = posted
        self.today = posted or date.min
        self.month_first = region in _MONTH_BEFORE_DAY

    def read(
        self,
        pattern: re.Pattern[str],
        spans: list[tuple[int, int]],
        reading: Callable[[re.Match[str]], _Found],
    ) -> Iterator[Mention]:
        """The mentions of one way of writing within these spans."""
        matches = chain.from_iterable(pattern.finditer(self.low, *span) for span in spans[:_MOST])
        for match in islice(matches, _MOST):
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
