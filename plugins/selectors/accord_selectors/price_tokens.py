"""The parts that prices are made of: amounts of money and stretches of time, in the order of the text."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from accord_selectors.folding import Folded
from accord_selectors.price_classes import (
    BY_THE_DAY,
    COUNTS,
    CURRENCIES,
    EUPHEMISMS,
    HOUR,
    HOURS,
    MINUTE,
    NO_SERVICE,
    SIGNS,
    WHOLE_HALF,
    WORDS,
)
from accord_selectors.triggers import PRICE_CLASSES

MINUTES_OF_NIGHT = 480
"""A night is taken for eight hours, as the annotators of the published price cases took it."""
MINUTES_OF_DAY = 1440
QUICK_VISIT = 15
"""Minutes of a "qv"."""

_NUMBER = re.compile("[nz]")
_INTEREST = re.compile(r"[nzuhqgvwj]")
_MONEY_OR_TIME = re.compile(r"[uhqgmvwjS]")
_REACH = 16
"""Tokens between an amount and its time, at most, and some more."""


class Part(msgspec.Struct, gc=False):
    """An amount (`minutes` None) or a time. `strong`: money beyond doubt. Token indexes `first` to `last`.

    `gap` is how far it is from the part before (see `prices`).
    """

    first: int
    last: int
    amount: float | None = None
    minutes: int | None = None
    currency: str | None = None
    euphemism: str | None = None
    strong: bool = False
    gap: int = 0


class Tokens(NamedTuple):
    """Tokens of a text with their classes and ends; empty ones follow, so that looking ahead is safe."""

    tokens: list[str]
    classes: str
    ends: list[int]

    def next(self, i: int) -> int:
        """The token after `i`, one short separator skipped."""
        return i + 2 if self.classes[i + 1] == "s" and self.tokens[i + 1] in _SHORT_GAPS else i + 1


_HOUR_WORDS = HOUR | {"h"}
_TOO_MANY_HUNDREDS = 100
_FEWEST_IN_WORDS = 20
_NOUGHTS = frozenset({"o", "oo", "ooo"})
_WITHIN = frozenset({" ", "-"})
_DAY_OF = frozenset("all per whole full entire por todo".split())
_SHORT_GAPS = frozenset({" ", "-", "  ", " -", "- ", " (", "(", " - "})
_PADDING = 6
_BESIDE = 2
"""Tokens from the end of an amount to a time right behind it."""


def price_tokens(folded: Folded) -> Tokens | None:
    """The classed tokens, or None where a text can hold no price."""
    classes = folded.codes.translate(PRICE_CLASSES).decode("ascii")
    if ("n" not in classes and "z" not in classes) or not _MONEY_OR_TIME.search(classes):
        return None
    return Tokens(folded.tokens + [""] * _PADDING, classes + " " * _PADDING, folded.ends)


def parts(line: Tokens, blocked: set[int]) -> list[Part]:
    """Amounts and times in order. `blocked`: token indexes that belong to telephone numbers."""
    tokens, classes, done = line.tokens, line.classes, -1
    numbers = _near_money(classes, blocked)
    found: list[Part] = []
    near = frozenset(numbers)
    for start, end in _around(numbers):
        for match in _INTEREST.finditer(classes, start, end):
            i = match.start()
            if i <= done or i in blocked:
                continue
            if classes[i] not in "nz":
                part = _word(line, i)
            elif i not in near:
                continue
            else:
                part = _number(line, i, done) if classes[i] == "n" else _spelled(line, i, done)
            if part is not None and part.last not in blocked:
                done = part.last
                if part.minutes is None or not _is_of_another(tokens, part, found[-1:]):
                    found.append(part)
    return found


def _is_of_another(tokens: list[str], time: Part, before: list[Part]) -> bool:
    """Whether a time is that of the word behind it ("all day parking"), not of the amount right before."""
    if tokens[time.last + 1] != " ":
        return False
    if time.minutes == MINUTES_OF_DAY:
        return tokens[time.last + 2] in BY_THE_DAY
    if tokens[time.last + 2] not in NO_SERVICE:
        return False
    return not before or before[0].amount is None or time.first - before[0].last > _BESIDE


def _near_money(classes: str, blocked: set[int]) -> list[int]:
    """The numbers with money or a time within reach."""
    found: list[int] = []
    money = -_REACH
    for match in _NUMBER.finditer(classes):
        i = match.start()
        if i in blocked:
            continue
        if money <= i - _REACH:
            beside = _MONEY_OR_TIME.search(classes, max(0, i - _REACH + 1), i + _REACH + 1)
            if beside is None:
                continue
            money = beside.start()
        found.append(i)
    return found


def _around(numbers: list[int]) -> list[tuple[int, int]]:
    """The tokens so near to these that what stands there can be their time or their money."""
    spans: list[tuple[int, int]] = []
    for i in numbers:
        start = max(0, i - _REACH)
        if spans and start <= spans[-1][1]:
            start = spans.pop()[0]
        spans.append((start, i + _REACH))
    return spans


def _number(line: Tokens, i: int, done: int) -> Part | None:
    tokens, classes = line.tokens, line.classes
    text, last = tokens[i], i
    if classes[i + 2] == "n":
        separator, following = tokens[i + 1], tokens[i + 2]
        if separator == "/" and text == "1" and following == "2":
            after = line.next(i + 2)
            return Part(i, after, minutes=30) if tokens[after] in _HOUR_WORDS else None
        if separator == "," and len(following) == 3 and len(text) <= 3:
            text, last = text + following, i + 2
        elif separator == "." and len(following) <= 2:
            text, last = f"{text}.{following}", i + 2
        elif separator in {":", "'"}:
            return Part(i, i + 2)  # a time of day or a height: neither amount nor duration
    if tokens[i + 1] in _NOUGHTS:
        text, last = text + "0" * len(tokens[i + 1]), i + 1  # 2oo/hr
    number = float(text)
    if number < _TOO_MANY_HUNDREDS and tokens[last + 2] == "hundred":
        number, last = number * 100, last + 2
    after = line.next(last)
    return (
        _money(line, i, last, after, number, done)
        or _duration(line, i, last, after, number)
        or Part(i, last, amount=number)
    )


def _spelled(line: Tokens, i: int, done: int) -> Part | None:
    """An amount in words: "two hundred", "one fifty", "ciento ochenta"; the first of its words from ten on at
    `i`. `done` is the last token of the part before."""
    tokens, classes = line.tokens, line.classes
    first = last = i
    number = WORDS[tokens[i]]
    count = COUNTS.get(tokens[i - 2]) if i - 2 > done and tokens[i - 1] in _WITHIN else None
    if count:
        first = i - 2
        number = number * count if number == 100 else count * 100 + number
    while tokens[last + 1] in _WITHIN:
        word, small = tokens[last + 2], number % 100
        if word in {"and", "y"} and classes[last + 4] == "z" and tokens[last + 3] == " ":
            last += 2
            continue
        more = WORDS.get(word) or COUNTS.get(word, 0)
        if not more or more >= 100 or (small and (small < 20 or small % 10 or more > 9)):
            break
        number, last = number + more, last + 2
    after = line.next(last)
    if tokens[after] in MINUTE:
        return Part(first, after, minutes=number)
    if number < _FEWEST_IN_WORDS:
        return None
    if classes[last + 1] == "s" and classes[after] == "m":
        return _money(line, first, last, after, float(number), first)
    return Part(first, last, amount=float(number)) if number >= _TOO_MANY_HUNDREDS else None


def _money(line: Tokens, i: int, last: int, word: int, number: float, done: int) -> Part | None:
    """Money: a sign or code before the number, a sign right behind it, or `word`, the one after it.

    `done` is the last token of the part before: its code is not this number's."""
    tokens, classes = line.tokens, line.classes
    before = tokens[i - 1]
    if classes[i - 1] == "S":
        sign = before.rstrip(" ")[-1:]
        if sign in SIGNS and not (len(before) > 1 and before[0] == sign and classes[i - 2] == "n"):
            return Part(i, last, amount=number, currency=SIGNS[sign], strong=True)
    elif before == " " and classes[i - 2] == "m" and i - 2 > done:
        code = CURRENCIES.get(tokens[i - 2])
        if code and len(tokens[i - 2]) == 3:
            return Part(i - 2, last, amount=number, currency=code, strong=True)
    if classes[last + 1] == "S":
        after = tokens[last + 1]
        if after[:1] in SIGNS and not (len(after) == 1 and classes[last + 2] == "n" and after == "$"):
            return Part(i, last, amount=number, currency=SIGNS[after[0]], strong=True)
    if classes[word] == "m":
        name = tokens[word]
        return Part(
            i, word, amount=number, currency=CURRENCIES.get(name), euphemism=EUPHEMISMS.get(name), strong=True
        )
    return None


def _duration(line: Tokens, i: int, last: int, after: int, number: float) -> Part | None:
    """A time: the number and its unit, the token `after` it."""
    kind = line.classes[after]
    if kind not in "guv":
        return None
    unit = line.tokens[after]
    if kind == "g" and number == 1:
        return Part(i, after, minutes=MINUTES_OF_NIGHT)
    if kind == "v" and after != last + 1 and not (unit == "h" and line.tokens[last + 1] == " "):
        return None
    if unit in MINUTE or unit == "m":
        return Part(i, after, minutes=int(number)) if 5 <= number <= 240 else None
    if (unit in HOUR or unit == "h") and 0 < number <= 24 and (number <= 12 or number == 24):
        return _and_a_half(line, i, after, int(number * 60))
    return None


def _word(line: Tokens, i: int) -> Part | None:
    kind, token = line.classes[i], line.tokens[i]
    if kind == "q":
        return Part(i, i, minutes=QUICK_VISIT)
    if kind == "g":
        return Part(i, i, minutes=MINUTES_OF_NIGHT)
    if kind == "h":
        after = line.next(i)
        if line.tokens[after] in {"an", "a"}:
            after = line.next(after)
        return Part(i, after if token not in WHOLE_HALF and line.tokens[after] in HOUR else i, minutes=30)
    if kind == "w":
        after = line.next(i)
        if line.tokens[after] in HOUR:
            return _and_a_half(line, i, after, 60)
        # "half 80 full 150": the hour is left out
        return (
            Part(i, i, minutes=60) if "h" in line.classes[:i] and "n" in line.classes[i - 4 : i + 3] else None
        )
    if kind == "v":
        return _short_hour(line, i)
    if kind == "j":
        return _day(line, i)
    if kind == "u" and token in HOUR:
        counted = COUNTS.get(line.tokens[i - 2]) if token in HOURS and line.tokens[i - 1] == " " else None
        return _and_a_half(line, i - 2 if counted else i, i, 60 * (counted or 1))
    return None


def _short_hour(line: Tokens, i: int) -> Part | None:
    """An hour or half of one in single letters: "h/h", "f/h", "200/h", "160h"."""
    tokens = line.tokens
    if tokens[i] != "h":
        return None
    if tokens[i + 1] == "/" and tokens[i + 2] == "h":
        return Part(i, i + 2, minutes=30)
    if tokens[i - 1] == "/" and tokens[i - 2] == "f":
        return Part(i - 2, i, minutes=60)
    return Part(i, i, minutes=60) if tokens[i - 1] == "/" or line.classes[i - 1] == "n" else None


def _day(line: Tokens, i: int) -> Part | None:
    """A day that something is for: "all day", "per day", "/day"; any other day is none."""
    if line.tokens[i - 1] == "/":
        return Part(i, i, minutes=MINUTES_OF_DAY)
    if line.tokens[i - 1] == " " and line.tokens[i - 2] in _DAY_OF:
        return Part(i - 2, i, minutes=MINUTES_OF_DAY)
    return None


def _and_a_half(line: Tokens, first: int, last: int, minutes: int) -> Part:
    """Read "hour and (a) half" on from an hour."""
    j = line.next(last)
    if line.tokens[j] in {"and", "n", "y"}:
        j = line.next(j)
        if line.tokens[j] in {"a", "1"}:
            j = line.next(j)
        if line.tokens[j] in {"half", "media"}:
            return Part(first, j, minutes=minutes + 30)
    return Part(first, last, minutes=minutes)
