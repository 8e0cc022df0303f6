"""Telephone numbers in a text: stretches of digits divided into numbers, the likeliest division first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import NamedTuple

from accord_selectors import phone_numbers
from accord_selectors.folding import Folded, fold
from accord_selectors.phone_context import UNITS, has_cue, is_labelled_otherwise
from accord_selectors.phone_grammar import Group, Stretch, stretches
from accord_selectors.phone_numbers import Number

MAX_DIGITS = 15
"""Most digits of a number, country code included (ITU-T E.164)."""

_MIN_NUMBER = 8
"""Fewest digits that are read as a number without being told that they are one."""

_PLAIN = re.compile(r"[ \-.()/+\[\]]{0,4}")
_CODE_PREFIX = re.compile(r"(?<![a-z0-9])([a-z]{1,3})$")
_GLUED_WORDS = frozenset("tel ph txt no at me to or wa sms cel fon is and on".split())
_IDENTIFIER_PATH = re.compile(r"[/=_]$")
_LISTING = re.compile(r"[-,/.:;&]")
_LEADS = frozenset("+( ")
_LEAD = re.compile(r"\+ ?\(?$|\($")
_BANG_ONE = re.compile(r"(?<=[0-9])[!|](?=[0-9])")
_COUNTING = "01234567890123456789"
_USUAL_FROM_BEHIND = frozenset({4, 7, 10, 11, 13})
"""Digits behind each gap of a North American number that is divided as usual."""
_TIGHT = frozenset({"", " ", "-", ".", "_"})
_NANP = 1


class Phone(NamedTuple):
    """A number with its folded span."""

    number: Number
    start: int
    end: int
    confidence: float
    obscured: bool


class _Setting(NamedTuple):
    """What is known where a stretch stands."""

    low: str
    region: str
    cue: bool
    worded: bool
    spread: bool


class _Part(NamedTuple):
    """A number and the groups that it takes: from `first` to before `after`."""

    phone: Phone
    first: int
    after: int


def phones(folded: Folded, region: str) -> list[Phone]:
    """The telephone numbers of a text. `region` (ISO 3166 alpha-2) says how to read national ones."""
    found = _phones(folded, region)
    if not found and _BANG_ONE.search(folded.low):
        # 6!4-555-0!34: a mark between digits parts them (614|555|0134) more often than it is a one
        found = _phones(Folded(folded.text, _BANG_ONE.sub("1", folded.low), folded.origin), region)
    return found


def _phones(folded: Folded, region: str) -> list[Phone]:
    found: list[Phone] = []
    for stretch in stretches(folded):
        if found and any(p.start < stretch.groups[-1].end and stretch.groups[0].start < p.end for p in found):
            continue
        found.extend(_divide(stretch, folded, region))
    return found


def phone_of(value: str, region: str) -> Phone | None:
    """The first telephone number of a value that is said to be one."""
    found = phones(fold(f"call {value}"), region)
    return found[0] if found else None


def _divide(stretch: Stretch, folded: Folded, region: str) -> Iterator[Phone]:
    """The division into numbers with the greatest sum of squared confidences."""
    groups = stretch.groups
    low = folded.low
    start = groups[0].start
    if is_labelled_otherwise(low, start):
        return
    worded = any(group.kind != "d" for group in groups)
    setting = _Setting(low, region, has_cue(low, start, groups[-1].end), worded, stretch.spread)
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
        if part.phone.confidence >= 0.9 or worded or not _is_flanked(groups, part, used):
            yield part.phone


def _from(groups: list[Group], i: int, folded: Folded, setting: _Setting) -> Iterator[tuple[Phone, int]]:
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


def _judge(digits: str, cuts: list[int], part: list[Group], setting: _Setting) -> tuple[Number, float] | None:
    """The number that these digits are, with a confidence from 0 to 1."""
    if digits in _COUNTING or digits in _COUNTING[::-1]:
        return None
    signed = "+" in part[0].before[-3:]
    if signed and digits[0] != "0":
        number = phone_numbers.international(digits)
        return number and (number, 0.98 if number.assigned else 0.6)
    exit_code = "011" if digits.startswith("011") else "00"
    if digits.startswith(exit_code) and len(digits) > 9 and digits[len(exit_code)] != "0":
        number = phone_numbers.international(digits[len(exit_code) :])
        if number and (number.assigned or cuts or setting.cue):
            return number, 0.96 if number.assigned else 0.55
    code = phone_numbers.calling_code(setting.region)
    if code == _NANP:
        judged = _judge_nanp(digits, cuts, part, setting)
    else:
        judged = _judge_national(digits, setting)
        if judged is None and set(cuts) == {3, 6} and _one_style(part):
            number = phone_numbers.international("1" + digits) if len(digits) == 10 else None
            judged = (number, 0.55) if number and number.assigned else None
    return judged or _judge_foreign(digits, cuts, part, setting)


def _judge_nanp(
    digits: str, cuts: list[int], part: list[Group], setting: _Setting
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
    if not usual and not _is_unusual_but_meant(part, marks, setting):
        return None
    if not marks and _is_identifier(part[0], setting):
        return None
    if setting.spread and not _is_spread_on_purpose(part, marks, setting):
        return None
    if number.assigned:
        return number, min(0.97, base + 0.02) if setting.cue else base
    if setting.cue or (marks == {3, 6} and _one_style(part)):
        return number, base - 0.3
    return None


def _judge_national(digits: str, setting: _Setting) -> tuple[Number, float] | None:
    number = phone_numbers.national(digits, setting.region)
    if number is None:
        return None
    if number.assigned:
        return number, 0.95 if setting.cue else 0.88
    return (number, 0.5) if setting.cue or digits[0] == "0" else None


def _judge_foreign(
    digits: str, cuts: list[int], part: list[Group], setting: _Setting
) -> tuple[Number, float] | None:
    """A number of another country than the hinted one, written without its plus sign."""
    if setting.spread or (len(cuts) > 4 and not (setting.cue or setting.worded)):
        return None
    if digits[0] == "0":
        number = phone_numbers.trunk_guess(digits, anywhere=setting.cue)
        return number and (number, 0.6 if setting.cue else 0.5)
    if not 11 <= len(digits) <= 13:
        return None
    if cuts and not (
        phone_numbers.is_calling_code(part[0].digits) or (setting.cue and len(part[0].digits) > 3)
    ):
        return None
    number = phone_numbers.bare_international(digits, anywhere=setting.cue)
    return number and (number, 0.62 if setting.cue else 0.52)


def _one_style(part: list[Group]) -> bool:
    """Whether the groups of a number are parted by one and the same thing that no list is parted by."""
    befores = {group.before.strip() for group in part[1:]}
    if len(befores) == 1:
        return not befores & {"", ",", ";", "&"}
    return befores in ({")", "-"}, {")", ""}, {")", "."})


def _is_unusual_but_meant(part: list[Group], marks: set[int], setting: _Setting) -> bool:
    """Whether digits that are not divided after the third and sixth are one number all the same."""
    if setting.worded or _is_decorated(part, marks):
        return True
    lengths = {len(group.digits) for group in part}
    if (lengths == {1} and _is_one_row(part)) or (
        marks >= {3, 6} and any(g.digits[0] == "0" and len(g.digits) > 1 for g in part)
    ):
        return True
    if lengths == {2} and _one_style(part):
        return any(int(a.digits) >= int(b.digits) for a, b in pairwise(part))
    return setting.cue and (3 in marks or len(lengths) == 1)


def _is_one_row(part: list[Group]) -> bool:
    """Whether lone digits are parted alike but for three places at most; scores ("3-2 1-0") are not."""
    befores = [group.before.strip() for group in part[1:]]
    return len(befores) - max(map(befores.count, befores)) <= 3


def _is_spread_on_purpose(part: list[Group], marks: set[int], setting: _Setting) -> bool:
    """Whether other words between the groups are there to hide a number."""
    words = {group.word for group in part[1:] if group.word}
    if words & UNITS or any("," in group.before or group.before[-1:] in "$€£" for group in part[1:]):
        return False
    if len(words) == 1 and len(part) >= 4:
        return True
    return marks == {3, 6} and (setting.cue or setting.worded)


def _is_decorated(part: list[Group], marks: set[int]) -> bool:
    """Whether an unusual division is held together by marks that no list of prices or sizes uses."""
    befores = [group.before.strip() for group in part[1:]]
    if not all(befores):
        return False
    if not any(_LISTING.search(before) for before in befores):
        return True
    if marks >= {3, 6}:
        return not any("," in before for before in befores)
    return 3 in marks and _one_style(part)


def _is_identifier(group: Group, setting: _Setting) -> bool:
    """Whether ten digits are the number of a page (a whole segment of an address) or a code ("aa614...")."""
    before = setting.low[max(0, group.start - 4) : group.start]
    prefix = _CODE_PREFIX.search(before)
    if prefix and prefix[1] not in _GLUED_WORDS:
        return True
    if setting.cue or not _IDENTIFIER_PATH.search(before):
        return False
    return setting.low[group.end : group.end + 1] in {"", "/", "?", "&", "#", ".", " ", '"'}


def _is_flanked(groups: list[Group], part: _Part, used: set[int]) -> bool:
    """Whether more digits stand so closely beside that the whole is some longer identifier."""
    beside = ((part.first - 1, part.first), (part.after, part.after))
    return any(
        groups[gap].before in _TIGHT and len(groups[neighbour].digits) >= 3
        for neighbour, gap in beside
        if 0 <= neighbour < len(groups) and neighbour not in used
    )


def _phone(number: Number, confidence: float, part: list[Group], folded: Folded, setting: _Setting) -> Phone:
    start, end = part[0].start, part[-1].end
    before = part[0].before
    if before[-1:] in _LEADS:
        lead = _LEAD.search(before)
        start -= len(lead[0]) if lead else 0
    obscured = setting.spread or _is_obscured(part, number, folded, start, end)
    return Phone(number, start, end, round(confidence, 2), obscured)


def _is_obscured(part: list[Group], number: Number, folded: Folded, start: int, end: int) -> bool:
    """Whether a number was written so that a plain search misses it."""
    if any(group.kind != "d" for group in part) or len(part) > 6:
        return True
    if any(not _PLAIN.fullmatch(group.before) for group in part[1:]):
        return True
    if number.e164.startswith("+1"):
        behind = accumulate(len(group.digits) for group in reversed(part[1:]))
        if not _USUAL_FROM_BEHIND.issuperset(behind):
            return True
    return (
        folded.low[start:end] != folded.original(start, end).replace("\u00a0", " ").replace("–", "-").lower()
    )
