"""The short ways for what most stretches are: a plain North American number, or a list of prices.

They say the same as the long way (`phones`) would, or nothing.
"""

from __future__ import annotations

import re

from accord_selectors import phone_numbers
from accord_selectors.folding import Folded
from accord_selectors.phone_context import (
    KISSES,
    NEVER_AFTER_A_PHONE,
    UNITS,
    has_cue,
    is_labelled_otherwise,
)
from accord_selectors.phone_grammar import Line
from accord_selectors.phone_shapes import Phone, is_counting, is_document
from accord_selectors.triggers import CUE, LABEL

_SHAPES = frozenset({"D", "dsd", "dsdsd", "dsdsdsd"})
_DIVIDED = re.compile(
    r"(?:1[ .\-]?)?([2-9][0-8][0-9])(?:\)[ \-]?|[ .\-])([2-9][0-9]{2})[ .\-]?([0-9]{4})"
    r"|1?([2-9][0-8][0-9][2-9][0-9]{6})"
)
_AS_A_VALUE = re.compile(rf"(\+(?=1)|\((?=[0-9]{{3}}\)))?(?:{_DIVIDED.pattern})")
_WHOLE = 10
_NOT_LISTED = re.compile("[wWkr]")
"""Words for digits: how many digits they are is not told here."""
_EXIT_CODES, _EXIT_BEGUN = ("00", "011"), frozenset({"0", "01"})
"""What a number that is dialled abroad begins with, and may begin with."""
_MONEY = frozenset("$€£")
_AFTER = re.compile(r"[ \-]?\+?([a-z]+)")
_ODD_BEFORE = frozenset("+$€£¥₹@/=_-.'\"(0123456789")
_NEVER_AFTER = NEVER_AFTER_A_PHONE - KISSES


def plain_phone(line: Line, first: int, last: int, folded: Folded) -> Phone | None:
    """The number that the tokens from `first` to before `last` are; None where the long way must tell."""
    if line.classes[first:last] not in _SHAPES:
        return None
    low, start, end = line.low, line.ends[first] - len(line.tokens[first]), line.ends[last - 1]
    match = _DIVIDED.fullmatch(low, start, end)
    if match is None:
        return None
    before = low[start - 1 : start]
    opened = before == "(" and low[start + 3 : start + 4] == ")"
    signed = before == "+" and low[start] == "1"
    if (before in _ODD_BEFORE and not (opened or signed)) or before.isalpha():
        return None
    area, exchange, subscriber, whole = match.groups()
    digits = whole or area + exchange + subscriber
    after = _AFTER.match(low, end, end + 16)
    if (after and after[1] in _NEVER_AFTER) or (whole and low[end : end + 1] in {".", "/", "?", "@"}):
        return None
    if whole and is_document(low, start, end):
        return None
    if folded.low[start:end] != folded.original(start, end) or is_counting(digits):
        return None
    number = phone_numbers.nanp(digits)
    if number is None or not number.assigned:
        return None
    if line.roles & LABEL and is_labelled_otherwise(low, start):
        return None
    confidence = 0.98 if signed else 0.9 if whole else 0.95
    if not signed and line.roles & CUE and has_cue(low, start, end):
        confidence = round(confidence + 0.02, 2)
    return Phone(number, start - (opened or signed), end, confidence, obscured=False)


def plain_value(value: str, start: int) -> Phone | None:
    """The number that a field's value is, said to be one; `start` is where the value stands."""
    match = _AS_A_VALUE.fullmatch(value)
    if match is None:
        return None
    sign, area, exchange, subscriber, whole = match.groups()
    digits = whole or area + exchange + subscriber
    number = None if is_counting(digits) else phone_numbers.nanp(digits)
    if number is None or not number.assigned:
        return None
    confidence = 0.98 if sign == "+" else 0.92 if whole else 0.97
    return Phone(number, start, start + len(value), confidence, obscured=False)


def is_list(line: Line, first: int, last: int) -> bool:
    """Whether there surely is no North American number in tokens between which other words stand.

    Units and money part them: in "200 roses 30 min, 350 roses 60 min" no ten digits belong together.
    """
    tokens, classes = line.tokens[first:last], line.classes[first:last]
    start, end = line.ends[first] - len(tokens[0]), line.ends[last - 1]
    if _NOT_LISTED.search(classes) or "+" in line.low[max(0, start - 4) : end]:
        return False
    size, previous = 0, ""
    for kind, token in zip(classes, tokens, strict=True):
        if kind in "dD":
            if token in _EXIT_BEGUN or token.startswith(_EXIT_CODES):
                return False
            size = len(token) + (size if previous[-1:] not in _MONEY else 0)
        elif kind == "l":
            size += len(token)
        elif (kind in "xy" and token in UNITS) or "," in token:
            size = 0
        if size >= _WHOLE:
            return False
        previous = token
    return True
