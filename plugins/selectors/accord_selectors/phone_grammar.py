"""Where a text may hold a telephone number: stretches of digit groups, however the digits are written.

One linear regular expression over the string of the tokens' classes (`phone_classes`) finds the stretches.
Only those with enough digits are looked at further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from accord_selectors.folding import Folded
from accord_selectors.number_words import (
    LEET_WORD,
    PLURALS,
    REPEATERS,
    TENS,
    digits_of_run,
    spell_letters,
    spell_out,
)
from accord_selectors.phone_classes import LETTER_DIGITS, MIN_DIGITS
from accord_selectors.phone_context import COUNTED, KISSES, NEVER_AFTER_A_PHONE, UNITS, not_a_phone
from accord_selectors.triggers import (
    DIGIT_LETTER,
    DIGITS,
    LEET,
    LETTERED,
    PHONE_CLASSES,
    any_of,
    of_class,
)

_AHEAD = 6
"""Characters ahead of the first group that are kept: "+", "plus ", a currency's sign."""
_FEW = frozenset("234")
MAX_GROUPS = 400
"""Groups of one stretch that are looked at: a stretch of thousands is no advertisement."""

_CURRENCY = frozenset("$€£¥₹")
_PLAIN_GAPS = frozenset({" ", "-", "", ".", ")", ") "})

_STRETCH = re.compile("[dDwW](?:(?:[sfb]{0,5}[dDwWklr])++|(?<=[DW])|(?<![xy].)(?<![xy][sfb].))")
"""Digits of any kind with what parts them, without a few digits alone behind an ordinary word.

`_begin` adds what precedes. The pattern begins with a set, as all patterns here that go over whole texts:
only then does `re` skip in C what cannot begin a match, in half the time.
"""
_HOPS, _GAP = 32, 5
"""How many letters and words may precede the digits, and how much may part them."""
_UNIT = re.compile(r"[ \-]?\+?([a-z%'\"$€£]+)")
_digit, _fragment = of_class("dDb"), any_of(LEET)
_LEET_PARTS = re.compile(_fragment + b"(?:(?=%b)|(?<=%b.))" % (_digit, _digit), re.DOTALL)
_LEET_REACH = 6
_SPREAD = re.compile(r"[dDw](?:s?(?:[xylkf]s?)?[dDw]){2,}+")
"""Groups with one other word between them."""
_ONLY_DIGITS = re.compile(r"[dD](?:s[dD])*+")
_OTHER_WORD = re.compile("[xylk]")


class Group(msgspec.Struct, gc=False):
    """Some digits written together. `before` is what stands between it and the previous group, `word`
    a word in there that is no digit and none of the words that people write for a separator."""

    digits: str
    start: int
    end: int
    before: str
    kind: str
    word: str = ""


class Stretch(msgspec.Struct, gc=False):
    """Groups that follow each other. `spread`: with other words in between."""

    groups: list[Group]
    spread: bool

    @property
    def digits(self) -> int:
        """How many digits there are in all."""
        return sum(len(group.digits) for group in self.groups)


Span = tuple[int, int]
"""The first token of a stretch and the one after its last."""


class Line(NamedTuple):
    """A text as it is read here: its tokens (leet words spelled plainly), their classes and their ends."""

    low: str
    tokens: list[str]
    classes: str
    ends: list[int]
    roles: int


def line_of(folded: Folded) -> Line | None:
    """The tokens of a text with their classes; None where it has no digits, however they are written."""
    if not folded.roles & DIGITS:
        return None
    low = folded.low
    if folded.roles & DIGIT_LETTER and LETTERED.search(folded.codes):
        low = spell_letters(low)
    if folded.roles & LEET and _has_leet(folded):
        low = spell_out(low)
    if low != folded.low:
        folded = Folded(folded.text, low, folded.origin, folded.table)
    classes = folded.codes.translate(PHONE_CLASSES).decode("ascii")
    return Line(folded.low, folded.tokens, classes, folded.ends, folded.roles)


def _has_leet(folded: Folded) -> bool:
    """Whether part of a digit word stands right beside a digit ("f0ur") or a mark ("n!ne"), and makes one."""
    low, ends = folded.low, folded.ends
    for match in _LEET_PARTS.finditer(folded.codes):
        i = match.start()
        start, end = ends[i] - len(folded.tokens[i]), ends[i]
        if LEET_WORD.search(low, max(0, start - _LEET_REACH), end + _LEET_REACH):
            return True
    return False


def spans(line: Line) -> tuple[list[Span], list[Span]]:
    """Every stretch of tokens that may have digits enough for a telephone number: those with nothing but
    what parts digits in between, and those with other words."""
    classes, tokens, ends = line.classes, line.tokens, line.ends
    near: list[Span] = []
    for match in _STRETCH.finditer(classes):
        first, last = match.span()
        if classes[first - 2 : first] != "xs":
            first = _begin(classes, first)
            if last == first + 1 and classes[first] in "dw":
                continue
        if last - first > 8 or (
            ends[last - 1] - ends[first] + len(tokens[first]) >= MIN_DIGITS and _enough(line, first, last)
        ):
            near.append((first, last))
    spread: list[Span] = []
    for match in _SPREAD.finditer(classes):
        first, last = match.span()
        if _OTHER_WORD.search(classes, first, last) and (last - first > 30 or _enough(line, first, last)):
            spread.append((first, last))
    return near, spread


def _begin(classes: str, first: int) -> int:
    """The first of the tokens ahead of digits that may be digits as well: letters, "to", "double"."""
    begin, hops = first, 0
    i = first - 1
    while i >= 0 and hops < _HOPS:
        if classes[i] in "klr":
            begin, hops = i, hops + 1
        elif classes[i] not in "sfb" or begin - i > _GAP:
            break
        i -= 1
    return begin


def _enough(line: Line, first: int, last: int) -> bool:
    """Whether these few tokens can hold MIN_DIGITS (an upper bound: a word of n letters holds n/2)."""
    tokens, classes = line.tokens, line.classes[first:last]
    if "r" in classes:
        return True
    if _ONLY_DIGITS.fullmatch(classes):
        return sum(map(len, tokens[first:last:2])) >= MIN_DIGITS
    length = 0
    for kind, token in zip(classes, tokens[first:last], strict=True):
        if kind in "dDl":
            length += len(token)
        elif kind in "wWk":
            length += (len(token) + 1) // 2
    return length >= MIN_DIGITS


def assemble(line: Line, first: int, last: int, *, spread: bool) -> Iterator[Stretch]:
    """Groups of the tokens from `first` to before `last`, broken where something that is no phone stands."""
    low, _, classes, ends, _ = line
    stop = min(last, first + MAX_GROUPS * 3)
    groups = _groups(line, first, stop)
    if not groups:
        return
    written = "d" in classes[first:stop] or "D" in classes[first:stop]
    blocked = not_a_phone(low, groups[0].start, groups[-1].end) if written else []
    part: list[Group] = []
    size = 0
    for group in _without_units(groups, low, low[ends[stop - 1] : ends[stop - 1] + 16]):
        breaks = bool(blocked) and any(a < group.end and group.start < b for a, b in blocked)
        if breaks or (part and _breaks(group, spread=spread)):
            if size >= MIN_DIGITS:
                yield Stretch(part, spread)
            part, size = [], 0
        if not breaks:
            part.append(group)
            size += len(group.digits)
    if size >= MIN_DIGITS:
        yield Stretch(part, spread)


def _groups(line: Line, first: int, stop: int) -> list[Group]:
    low, tokens, classes, ends, _ = line
    groups: list[Group] = []
    repeat, repeat_start, previous_end, word = 1, 0, -1, ""
    for i in range(first, stop):
        kind = classes[i]
        if kind in "sfb":
            continue
        token = tokens[i]
        start = ends[i] - len(token)
        if kind in "dD":
            digits: str | None = token
        elif kind == "r":
            repeat, repeat_start = REPEATERS[token], start
            continue
        else:
            glued = classes[i - 1 : i] in {"d", "D"} or classes[i + 1 : i + 2] in {"d", "D"}
            digits = _digits(token, kind, glued, start == previous_end)
        if digits is None:
            word = token
            continue
        at = start
        if repeat > 1:
            digits, at, repeat = digits[0] * repeat + digits[1:], repeat_start, 1
        before = low[previous_end:at] if previous_end >= 0 else low[max(0, at - _AHEAD) : at]
        if kind == "w" and groups and (more := _counted(groups[-1], token, digits, before, low, ends[i])):
            groups[-1].digits, groups[-1].end = more, ends[i]
        elif kind in "wd" and groups and _joins_tens(groups[-1], digits, before, low, glued=kind == "d"):
            groups[-1].digits = groups[-1].digits[:-1] + digits
            groups[-1].end = ends[i]
        else:
            groups.append(Group(digits, at, ends[i], before, kind.lower(), word if groups else ""))
        previous_end, word = ends[i], ""
    return groups


def _digits(token: str, kind: str, glued: bool, follows: bool) -> str | None:
    """The digits a word stands for, or None: letters that only look like digits, and other words."""
    if kind in "wW":
        if token in PLURALS:
            return PLURALS[token]
        run = digits_of_run(token)
        return run[0] if run else None
    if kind == "k":
        run = digits_of_run(token)
        return run[0] if run and (glued or follows) else None
    if kind == "l":
        if token.endswith("h"):  # "oh"
            return "0"
        alike = len(set(token)) == 1 and (token[0] == "o" or len(token) >= 3)
        return "".join(map(LETTER_DIGITS.__getitem__, token)) if glued or alike else None
    return None


def _counted(last: Group, token: str, digits: str, before: str, low: str, end: int) -> str | None:
    """The digits of "three fives", of "(six) hundred fourteen" and of "(three) hundred five," with a comma
    behind it, given the group before; else None."""
    if token in PLURALS:
        few = last.kind == "w" and last.digits in _FEW and before == " "
        return digits * int(last.digits) if few else None
    hundred = last.digits == "00" and low[last.start : last.end] == "hundred"
    if not hundred or digits == "00" or before.strip() not in {"", "-", "and"}:
        return None
    if len(digits) == 1 and low[end : end + 1] == ",":
        return "0" + digits
    return digits if len(digits) == 2 else None


def _joins_tens(last: Group, digits: str, before: str, low: str, *, glued: bool) -> bool:
    """Whether "twenty" and "six" are one number; `glued`: only right behind one another, as "twenty6"."""
    if glued and before:
        return False
    if len(digits) != 1 or digits == "0" or last.kind != "w" or last.digits[-1] != "0":
        return False
    return before.strip() in {"", "-", "y"} and low[last.start : last.end].endswith(tuple(TENS))


def _breaks(group: Group, *, spread: bool) -> bool:
    """Whether a group cannot belong to the same number as the one before: a price, another word."""
    before = group.before
    if group.word and not spread:
        return True
    if before in _PLAIN_GAPS:
        return False
    if len(before) > 2 and before[0] == "$":
        return True  # 320$. 614 555 0134
    return (before[-1:] in _CURRENCY and before[-2:-1] != before[-1:]) or before[:1] in {"%", "€", "£"}


def _without_units(groups: list[Group], low: str, after: str) -> list[Group]:
    """Take the last group away where a unit follows ("90 hour"), the first where a currency precedes."""
    if groups and len(groups[-1].digits) > 4 and (unit := _UNIT.match(after)) and unit[1] in COUNTED:
        groups = groups[:-1]
    elif groups and len(groups[-1].digits) <= 4:
        unit = _UNIT.match(after)
        short = len(groups[-1].digits) <= 3
        if unit and unit[1] in KISSES and [len(g.digits) for g in groups[-3:]] == [3, 3, 4]:
            return groups
        quoted = groups[-1].before[-1:] in {"'", '"'}
        if (
            unit
            and not quoted
            and (unit[1] in NEVER_AFTER_A_PHONE or (short and (unit[1] in UNITS or not unit[1][0].isalpha())))
        ):
            groups = groups[:-1]
    if groups and len(groups[0].digits) <= 4 and groups[0].before.rstrip()[-1:] in _CURRENCY:
        groups = groups[1:]
    return groups
