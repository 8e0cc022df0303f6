"""Stretches of digits divided into telephone numbers, the likeliest division first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from accord_selectors import phone_numbers
from accord_selectors.folding import Folded
from accord_selectors.phone_context import has_cue, is_labelled_otherwise
from accord_selectors.phone_grammar import Group, Stretch
from accord_selectors.phone_numbers import NANP, Number
from accord_selectors.phone_shapes import (
    Phone,
    Setting,
    is_counting,
    is_identifier,
    is_in_list,
    is_spread_on_purpose,
    is_unusual_but_meant,
    one_style,
)
from accord_selectors.triggers import CUE, LABEL

MAX_DIGITS = 15
"""Most digits of a number, country code included (ITU-T E.164)."""

_MIN_NUMBER = 8
"""Fewest digits that are read as a number without being told that they are one."""

_PLAIN = re.compile(r"[ \-.()/+\[\]]{0,4}")
_PLAINEST = frozenset({" ", "-", ".", ""})
_LEADS = frozenset("+( ")
_LEAD = re.compile(r"\+ ?\(?$|\($")
_SHORTEST_IDENTIFIER = 4
_SURE = 0.8
_USUAL_FROM_BEHIND = frozenset({4, 7, 10, 11, 13})
"""Digits behind each gap of a North American number that is divided as usual."""
_TIGHT = frozenset({"", " ", "-", ".", "_"})
_WHOLE_NANP = 10


class _Part(NamedTuple):
    """A number and the groups that it takes: from `first` to before `after`."""

    phone: Phone
    first: int
    after: int


def divide(stretch: Stretch, folded: Folded, region: str) -> Iterator[Phone]:
    """The division into numbers with the greatest sum of squared confidences."""
    groups = stretch.groups
    low = folded.low
    start = groups[0].start
    labelled = bool(folded.roles & LABEL) and is_labelled_otherwise(low, start)
    if labelled:
        groups = _behind_identifier(groups)
        if not groups:
            return
    worded = {group.kind for group in groups} != {"d"}
    cue = bool(folded.roles & CUE) and has_cue(low, start, groups[-1].end)
    setting = Setting(low, region, cue, worded, stretch.spread)
    whole = _whole(groups, folded, setting)
    if whole is not None:
        if whole.confidence >= 0.9 or not labelled:
            yield whole
        return
    best: list[tuple[float, tuple[_Part, ...]]] = [(0.0, ())] * (len(groups) + 1)
    ahead = 0
    for i in range(len(groups) - 1, -1, -1):
        best[i] = best[i + 1]
        ahead += len(groups[i].digits)
        if ahead < _MIN_NUMBER:
            continue
        for phone, j in _from(groups, i, folded, setting):
            weight = phone.confidence**2 + 0.001 * (j - i) + best[j][0]
            if weight > best[i][0]:
                best[i] = (weight, (_Part(phone, i, j), *best[j][1][:8]))
    parts = best[0][1]
    used = {index for part in parts for index in range(part.first, part.after)}
    for part in parts:
        if labelled and part.phone.confidence < 0.9:
            continue
        if part.phone.confidence >= 0.9 or worded or not _is_flanked(groups, part, used):
            yield part.phone


def _whole(groups: list[Group], folded: Folded, setting: Setting) -> Phone | None:
    """The number that ten digits (or eleven with a 1) are as a whole: surer than any division of them."""
    digits = "".join([group.digits for group in groups])
    if len(digits) != 10 and not (len(digits) == 11 and digits[0] == "1"):
        return None
    if phone_numbers.calling_code(setting.region) != NANP:
        return None
    cuts = list(accumulate([len(group.digits) for group in groups[:-1]]))
    judged = _judge(digits, cuts, groups, setting)
    if judged is None or judged[1] < _SURE:
        return None
    return _phone(*judged, groups, folded, setting)


def _behind_identifier(groups: list[Group]) -> list[Group]:
    """What follows an identifier such as "licence 12-3456": from the first space behind four digits."""
    seen = 0
    for i, group in enumerate(groups):
        if seen >= _SHORTEST_IDENTIFIER and any(map(str.isspace, group.before)):
            rest = groups[i:]
            return rest if sum(len(other.digits) for other in rest) >= _MIN_NUMBER else []
        seen += len(group.digits)
    return []


def _from(groups: list[Group], i: int, folded: Folded, setting: Setting) -> Iterator[tuple[Phone, int]]:
    """Every number that begins with group `i`, and the group after it."""
    digits = ""
    cuts: list[int] = []
    for j in range(i, len(groups)):
        if digits:
            cuts.append(len(digits))
        digits += groups[j].digits
        if len(digits) > MAX_DIGITS:
            return
        if len(digits) < _MIN_NUMBER:
            continue
        part = groups[i : j + 1]
        judged = _judge(digits, cuts, part, setting)
        if judged is None:
            continue
        number, confidence = judged
        yield _phone(number, confidence, part, folded, setting), j + 1


def _judge(digits: str, cuts: list[int], part: list[Group], setting: Setting) -> tuple[Number, float] | None:
    """The number that these digits are, with a confidence from 0 to 1."""
    if is_counting(digits):
        return None
    ahead = part[0].before
    signed = "+" in ahead[-3:]
    if ahead.endswith("plus ") and not ahead[-6:-5].isalpha() and digits[0] != "0":
        number = phone_numbers.international(digits)
        if number and (number.assigned or len(digits) > _WHOLE_NANP):
            return number, 0.97
    if signed and digits[0] != "0":
        number = phone_numbers.international(digits)
        return number and (number, 0.98 if number.assigned else 0.6)
    exit_code = "011" if digits.startswith("011") else "00"
    if (
        digits.startswith(exit_code)
        and len(digits) > 9
        and digits[len(exit_code)] != "0"
        and not is_in_list(part)
    ):
        number = phone_numbers.international(digits[len(exit_code) :])
        if number and (number.assigned or cuts or setting.cue):
            return number, 0.96 if number.assigned else 0.55
    code = phone_numbers.calling_code(setting.region)
    if code == NANP:
        judged = _judge_nanp(digits, cuts, part, setting)
    else:
        judged = _judge_national(digits, setting)
        if judged is None and set(cuts) == {3, 6} and one_style(part):
            number = phone_numbers.international("1" + digits) if len(digits) == 10 else None
            judged = (number, 0.55) if number and number.assigned else None
    return judged or _judge_foreign(digits, cuts, part, setting)


def _judge_nanp(
    digits: str, cuts: list[int], part: list[Group], setting: Setting
) -> tuple[Number, float] | None:
    if len(digits) == 11 and digits[0] == "1":
        cuts = [cut - 1 for cut in cuts if cut > 1]
        digits = digits[1:]
    elif len(digits) != 10:
        return None
    number = phone_numbers.nanp(digits)
    if number is None:
        return None
    marks = set(cuts)
    usual = marks <= {3, 6}
    base = (
        0.95
        if usual and marks
        else 0.9
        if usual
        else 0.92
        if marks >= {3, 6}
        else 0.8
        if marks & {3, 6}
        else 0.6
    )
    if not usual and not is_unusual_but_meant(part, marks, setting):
        return None
    if not marks and is_identifier(part[0], setting):
        return None
    if setting.spread and not is_spread_on_purpose(part, marks, setting):
        return None
    if number.assigned:
        return number, min(0.97, base + 0.02) if setting.cue else base
    if setting.cue or (marks == {3, 6} and one_style(part)):
        return number, base - 0.3
    return None


def _judge_national(digits: str, setting: Setting) -> tuple[Number, float] | None:
    number = phone_numbers.national(digits, setting.region)
    if number is None:
        return None
    if number.assigned:
        return number, 0.95 if setting.cue else 0.88
    return (number, 0.5) if setting.cue or digits[0] == "0" else None


def _judge_foreign(
    digits: str, cuts: list[int], part: list[Group], setting: Setting
) -> tuple[Number, float] | None:
    """A number of another country than the hinted one, written without its plus sign."""
    if setting.spread or is_in_list(part) or (len(cuts) > 4 and not (setting.cue or setting.worded)):
        return None
    if digits[0] == "0":
        number = phone_numbers.trunk_guess(digits, tuple(g.digits for g in part), anywhere=setting.cue)
        return number and (number, 0.6 if setting.cue else 0.5)
    if not 11 <= len(digits) <= 13:
        return None
    if cuts and not (
        phone_numbers.is_calling_code(part[0].digits) or (setting.cue and len(part[0].digits) > 3)
    ):
        return None
    number = phone_numbers.bare_international(digits, anywhere=setting.cue)
    return number and (number, 0.62 if setting.cue else 0.52)


def _is_flanked(groups: list[Group], part: _Part, used: set[int]) -> bool:
    """Whether more digits stand so closely beside that the whole is some longer identifier."""
    beside = ((part.first - 1, part.first), (part.after, part.after))
    return any(
        groups[gap].before in _TIGHT and len(groups[neighbour].digits) >= 3
        for neighbour, gap in beside
        if 0 <= neighbour < len(groups) and neighbour not in used
    )


def _phone(number: Number, confidence: float, part: list[Group], folded: Folded, setting: Setting) -> Phone:
    start, end = part[0].start, part[-1].end
    before = part[0].before
    if before[-1:] in _LEADS:
        lead = _LEAD.search(before)
        start -= len(lead[0]) if lead else 0
    obscured = setting.spread or _is_obscured(part, number, folded, start, end)
    return Phone(number, start, end, round(confidence, 2), obscured)


def _is_obscured(part: list[Group], number: Number, folded: Folded, start: int, end: int) -> bool:
    """Whether a number was written so that a plain search misses it."""
    if len(part) > 6:
        return True
    for i, group in enumerate(part):
        if group.kind != "d" or (i and group.before not in _PLAINEST and not _PLAIN.fullmatch(group.before)):
            return True
    if number.e164.startswith("+1"):
        behind = accumulate([len(group.digits) for group in reversed(part[1:])])
        if not _USUAL_FROM_BEHIND.issuperset(behind):
            return True
    return (
        folded.low[start:end] != folded.original(start, end).replace("\u00a0", " ").replace("–", "-").lower()
    )
