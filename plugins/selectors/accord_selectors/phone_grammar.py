"""Where a text may hold a telephone number: stretches of digit groups, however the digits are written.

A text is cut into tokens, each token is given a one-letter class, and one linear regular expression
over the string of classes finds the stretches. Only stretches with enough digits are looked at further.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from accord_selectors.folding import Folded, tokenize
from accord_selectors.number_words import LEET_FRAGMENTS, REPEATERS, TENS, digits_of_run, spell_out
from accord_selectors.phone_context import COUNTED, KISSES, NEVER_AFTER_A_PHONE, UNITS, not_a_phone

MIN_DIGITS = 8
MAX_GROUPS = 400
"""Groups of one stretch that are looked at: a stretch of thousands is no advertisement."""

LEET = {
    "o": "0",
    "i": "1",
    "l": "1",
    "z": "2",
    "e": "3",
    "a": "4",
    "s": "5",
    "b": "8",
    "t": "7",
    "g": "9",
    "q": "9",
}
_FILLERS = frozenset(
    """and then dash dot hyphen minus space slash star point x area code y luego guion punto espacio
    raya""".split()
)
_MEMO_CAP = 50_000
_CURRENCY = frozenset("$€£¥₹")


class _Classes(dict[str, str]):
    """Token to its class: d digits, w digit words (D, W: enough of them for a number), k weak words,
    l look-alike letters, r repeater, f filler, s separator, b a `!` or `|` that may be a one, y another
    letter by itself, x the rest.
    """

    def __missing__(self, token: str) -> str:
        kind = _classify(token)
        if len(self) < _MEMO_CAP and len(token) <= 24:
            self[token] = kind
        return kind


def _classify(token: str) -> str:
    first = token[0]
    if "0" <= first <= "9":
        return "d" if len(token) < MIN_DIGITS else "D"
    if "a" <= first <= "z":
        return _classify_word(token)
    if token in {"!", "|"}:
        return "b"
    if len(token) > 12 or any(map(str.isalpha, token)):
        return "x"  # a word of another script
    return "s"


def _classify_word(token: str) -> str:
    if token in REPEATERS:
        return "r"
    if token in _FILLERS:
        return "f"
    if token in {"o", "oo", "ooo", "oh"}:
        return "l"
    run = digits_of_run(token) if len(token) <= 64 else None
    if run:
        return ("w" if len(run[0]) < MIN_DIGITS else "W") if run[1] else "k"
    if len(token) <= 4 and all(letter in LEET for letter in token):
        return "l"
    return "y" if len(token) == 1 else "x"


_classes = _Classes()
_STRETCH = re.compile(r"[dDwWklr](?:[sfb]{0,5}[dDwWklr])++|[DW]")
_UNIT = re.compile(r"[ \-]?\+?([a-z%'\"$€£]+)")
_ANY_DIGIT = re.compile("[dDwW]")
_GLUED = re.compile(r"[dDb](?:(?<=[xylkwf].)|(?=.[xylkwf]))")
_LETTERED = re.compile("[yl]s[yl]s[yl]")
_SPREAD = re.compile(r"[dDw](?:s?(?:[xylkf]s?)?[dDw]){2,}+")
"""Groups with one other word between them."""
_OTHER_WORD = re.compile("[xylk]")


@dataclass(slots=True)
class Group:
    """Some digits written together. `before` is what stands between it and the previous group, `word`
    a word in there that is no digit and none of the words that people write for a separator."""

    digits: str
    start: int
    end: int
    before: str
    kind: str
    word: str = ""


@dataclass(slots=True)
class Stretch:
    """Groups that follow each other. `spread`: with other words in between."""

    groups: list[Group]
    spread: bool

    @property
    def digits(self) -> int:
        """How many digits there are in all."""
        return sum(len(group.digits) for group in self.groups)


class Line(NamedTuple):
    """A text as it is read here: its tokens (leet words spelled plainly), their classes and their ends."""

    low: str
    tokens: list[str]
    classes: str
    ends: list[int]


def line_of(folded: Folded) -> Line | None:
    """The tokens of a text with their classes; None where it has no digits, however they are written."""
    low, tokens, ends = folded.low, folded.tokens, folded.ends
    classes = "".join(map(_classes.__getitem__, tokens))
    if not _ANY_DIGIT.search(classes):
        return None
    if _has_leet(tokens, classes) or _LETTERED.search(classes):
        low = spell_out(low)
        if low is not folded.low:
            tokens = tokenize(low)
            classes = "".join(map(_classes.__getitem__, tokens))
            ends = list(accumulate(map(len, tokens)))
    return Line(low, tokens, classes, ends)


def _has_leet(tokens: list[str], classes: str) -> bool:
    """Whether part of a digit word stands right beside a digit ("f0ur") or a mark ("n!ne")."""
    for match in _GLUED.finditer(classes):
        i = match.start()
        if tokens[i - 1] in LEET_FRAGMENTS or (i + 1 < len(tokens) and tokens[i + 1] in LEET_FRAGMENTS):
            return True
    return False


def spans(line: Line) -> Iterator[tuple[int, int, bool]]:
    """First token, the one after the last, and whether other words stand between, of every stretch of
    tokens that may have digits enough for a telephone number."""
    tokens, classes = line.tokens, line.classes
    for match in _STRETCH.finditer(classes):
        first, last = match.span()
        if last - first > 8 or _enough(tokens, classes, first, last):
            yield first, last, False
    for match in _SPREAD.finditer(classes):
        first, last = match.span()
        if _OTHER_WORD.search(match[0]) and (last - first > 30 or _enough(tokens, classes, first, last)):
            yield first, last, True


def _enough(tokens: list[str], classes: str, first: int, last: int) -> bool:
    """Whether these few tokens can hold MIN_DIGITS (an upper bound: a word of n letters holds n/2)."""
    length = 0
    for i in range(first, last):
        kind = classes[i]
        if kind in "dDl":
            length += len(tokens[i])
        elif kind in "wWk":
            length += (len(tokens[i]) + 1) // 2
        elif kind == "r":
            return True
    return length >= MIN_DIGITS


def assemble(line: Line, first: int, last: int, *, spread: bool) -> Iterator[Stretch]:
    """Groups of the tokens from `first` to before `last`, broken where something that is no phone stands."""
    low, tokens, classes, ends = line
    stop = min(last, first + MAX_GROUPS * 3)
    groups = _groups(low, tokens, classes, ends, (first, stop))
    digits = any(map(classes[first:stop].__contains__, "dD"))
    blocked = not_a_phone(low, groups[0].start, groups[-1].end) if groups and digits else []
    after = low[ends[stop - 1] : ends[stop - 1] + 16]
    part: list[Group] = []
    for group in [*_without_units(groups, low, after), None]:
        breaks = group is None or any(a < group.end and group.start < b for a, b in blocked)
        if group is not None and not breaks and not (part and _breaks(group, spread=spread)):
            part.append(group)
            continue
        if sum(len(g.digits) for g in part) >= MIN_DIGITS:
            yield Stretch(part, spread)
        part = [group] if group is not None and not breaks else []


def _groups(
    low: str, tokens: list[str], classes: str, ends: list[int], bounds: tuple[int, int]
) -> list[Group]:
    groups: list[Group] = []
    repeat, repeat_start, previous_end, word = 1, 0, None, ""
    for i in range(*bounds):
        kind, token = classes[i], tokens[i]
        start = ends[i] - len(token)
        if kind == "r":
            repeat, repeat_start = REPEATERS[token], start
            continue
        glued = (i > 0 and classes[i - 1] in "dD") or (i + 1 < len(classes) and classes[i + 1] in "dD")
        digits = _digits(token, kind, glued, start == previous_end)
        if digits is None:
            if kind in "klxy":
                word = token
            continue
        at = start
        if repeat > 1:
            digits, at, repeat = digits[0] * repeat + digits[1:], repeat_start, 1
        before = low[previous_end:at] if previous_end is not None else low[max(0, at - 4) : at]
        if groups and _joins_tens(groups[-1], kind, digits, before, low):
            groups[-1].digits = groups[-1].digits[:-1] + digits
            groups[-1].end = ends[i]
        else:
            groups.append(Group(digits, at, ends[i], before, kind.lower(), word if groups else ""))
        previous_end, word = ends[i], ""
    return groups


def _digits(token: str, kind: str, glued: bool, follows: bool) -> str | None:
    """The digits a token stands for, or None: separators, and letters that only look like digits."""
    if kind in "dD":
        return token
    if kind in "wW":
        run = digits_of_run(token)
        return run[0] if run else None
    if kind == "k":
        run = digits_of_run(token)
        return run[0] if run and (glued or follows) else None
    if kind == "l":
        if token.endswith("h"):  # "oh"
            return "0"
        alike = len(set(token)) == 1 and (token[0] == "o" or len(token) >= 3)
        return "".join(map(LEET.__getitem__, token)) if glued or alike else None
    return None


def _joins_tens(last: Group, kind: str, digits: str, before: str, low: str) -> bool:
    """Whether "twenty" and "six" are one number."""
    if kind != "w" or len(digits) != 1 or digits == "0" or last.kind != "w" or last.digits[-1] != "0":
        return False
    return before.strip() in {"", "-", "y"} and low[last.start : last.end].endswith(tuple(TENS))


def _breaks(group: Group, *, spread: bool) -> bool:
    """Whether a group cannot belong to the same number as the one before: a price, another word."""
    before = group.before
    if group.word and not spread:
        return True
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
