"""Whether digits divided in some way are meant as a telephone number: shapes, marks, what is glued on."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec

from accord_selectors.phone_context import CHATTER, CUE_WORDS, DOCUMENTS, LABELS, UNITS
from accord_selectors.phone_grammar import Group
from accord_selectors.phone_numbers import Number

_CODE_PREFIX = re.compile(r"(?:(?<![a-z0-9])([a-z]{1,3})|[0-9]([a-z]{2,6}))\Z")
_GLUED_WORDS = frozenset("tel ph txt no at me to or wa sms cel fon is and on".split())
_GLUED = re.compile(r"(@[a-z0-9._]*)?([a-z]+)[_\-]?\Z")
"""A word right before digits: the rest of a name (@sample614...) or a label (ref614...)."""
_IDENTIFIER_PATH = re.compile(r"[/=_]\Z")
_LONGEST_DOCUMENT = 16
_DOCUMENT = re.compile(rf"(?<![a-z])(?:{'|'.join(DOCUMENTS)}) \Z")
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|heic|pdf|html?|php|aspx?|mp4)(?![a-z0-9])")
_LISTING = re.compile(r"[-,/.:;&]")
_FEWEST_PRICES = 4
_ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![a-z])")
_GLUED_BEHIND_DIGITS = _GLUED_WORDS | UNITS | CUE_WORDS


_COUNTING = "01234567890123456789 12345678910 10987654321"
_COUNTING_DOWN = _COUNTING[::-1]


def is_counting(digits: str) -> bool:
    """Whether digits stand in the order of counting, forwards or backwards: no number is read in them."""
    return digits in _COUNTING or digits in _COUNTING_DOWN


class Phone(msgspec.Struct, frozen=True, gc=False):
    """A number with its folded span."""

    number: Number
    start: int
    end: int
    confidence: float
    obscured: bool


class Setting(msgspec.Struct, frozen=True, gc=False):
    """What is known where a stretch stands."""

    low: str
    region: str
    cue: bool
    worded: bool
    spread: bool


def one_style(part: list[Group]) -> bool:
    """Whether the groups of a number are parted by one and the same thing that no list is parted by."""
    befores = {group.before.strip() for group in part[1:]}
    if len(befores) == 1:
        return not befores & {"", ",", ";", "&"}
    return befores in ({")", "-"}, {")", ""}, {")", "."})


def is_unusual_but_meant(part: list[Group], marks: set[int], setting: Setting) -> bool:
    """Whether digits that are not divided after the third and sixth are one number all the same."""
    if _is_price_list(part):
        return False
    if setting.worded or _is_decorated(part, marks):
        return True
    lengths = {len(group.digits) for group in part}
    if (
        _is_by_thirds(part)
        or (lengths == {1} and _is_one_row(part))
        or (marks >= {3, 6} and any(g.digits[0] == "0" and len(g.digits) > 1 for g in part))
    ):
        return True
    if lengths == {2} and one_style(part):
        return any(int(a.digits) >= int(b.digits) for a, b in pairwise(part))
    return setting.cue and (3 in marks or len(lengths) == 1)


def _is_price_list(part: list[Group]) -> bool:
    """Whether all groups are round as prices are ("250-60-80-400"), or times some ("590 x 30 | 220 x 60")."""
    if len(part) < _FEWEST_PRICES:
        return False
    if all(1 < len(group.digits) < 5 and group.digits[-1] in "05" and group.kind == "d" for group in part):
        return True
    times = [group.before.strip() for group in part[1:]].count("x")
    return 0 < times < len(part) - 1


def is_in_list(part: list[Group]) -> bool:
    """Whether commas part the groups, which nobody writes within a number of another country."""
    return any("," in group.before for group in part[1:])


def _is_by_thirds(part: list[Group]) -> bool:
    """Whether area code, exchange and line are each written whole or digit by digit: (6 1 4) 555-0134."""
    lengths = [len(group.digits) for group in part]
    if sum(lengths) != 10 or 3 not in lengths or lengths.count(1) < 3:
        return False
    for size in (3, 3, 4):
        if lengths[:1] == [size]:
            del lengths[0]
        elif lengths[:size] == [1] * size:
            del lengths[:size]
        else:
            return False
    return True


def _is_one_row(part: list[Group]) -> bool:
    """Whether lone digits are parted alike but for three places at most; scores ("3-2 1-0") are not."""
    befores = [group.before.strip() for group in part[1:]]
    return len(befores) - max(map(befores.count, befores)) <= 3


def is_spread_on_purpose(part: list[Group], marks: set[int], setting: Setting) -> bool:
    """Whether other words between the groups are there to hide a number."""
    words = {group.word for group in part[1:] if group.word}
    if words & UNITS or any("," in group.before or group.before[-1:] in "$€£" for group in part[1:]):
        return False
    if len(words) == 1 and len(part) >= 4:
        return True
    return marks == {3, 6} and (setting.cue or setting.worded or words <= CHATTER)


def _is_decorated(part: list[Group], marks: set[int]) -> bool:
    """Whether an unusual division is held together by marks that no list of prices or sizes uses."""
    befores = [group.before.strip() for group in part[1:]]
    if not all(befores):
        return False
    if not any(_LISTING.search(before) for before in befores):
        return True
    if marks >= {3, 6}:
        return not any("," in before for before in befores)
    return 3 in marks and one_style(part)


def is_document(low: str, start: int, end: int) -> bool:
    """Whether ten digits in one row are likelier a document's ("post 7028...") or a rank ("...th")."""
    return (
        _DOCUMENT.search(low, max(0, start - _LONGEST_DOCUMENT), start) is not None
        or _ORDINAL.match(low, end) is not None
    )


def is_identifier(group: Group, setting: Setting) -> bool:
    """Whether ten digits are the number of a page (a whole segment of an address) or a code ("aa614...")."""
    before = setting.low[max(0, group.start - 24) : group.start]
    glued = _GLUED.search(before)
    if glued and (glued[1] or glued[2] in LABELS):
        return True
    prefix = _CODE_PREFIX.search(before)
    if prefix and (prefix[1] or prefix[2]) not in (_GLUED_WORDS if prefix[1] else _GLUED_BEHIND_DIGITS):
        return True
    if _FILE.match(setting.low, group.end):
        return True
    if not setting.cue and is_document(setting.low, group.start, group.end):
        return True
    if setting.cue or not _IDENTIFIER_PATH.search(before):
        return False
    return setting.low[group.end : group.end + 1] in {"", "/", "?", "&", "#", ".", " ", '"'}
