"""What each word of a text may be part of, decided once for all that look at it.

A word becomes one byte: whether a wording can begin with it, whether there are digits in it that are not
written as digits, and how many digits it has at most, up to nine. Patterns over the bytes of a text find
where to look, so that nearly all of a text is passed over in C.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from accord_indicators.spoken import digits_at_most, more_than_digits

NUMBER = re.compile(r"[0-9#]+")
LEAST = 9
"""Digits of the shortest telephone number that is looked for; more are not counted in one word."""
_BEGINS, _SPOKEN, _DIGITS = 1, 2, 4
_COUNTS = bytes(code // _DIGITS for code in range(256))


def _set(member: Callable[[int], int]) -> bytes:
    return b"[" + b"".join(b"\\x%02x" % code for code in range((LEAST + 1) * _DIGITS) if member(code)) + b"]"


BEGINNING = re.compile(_set(lambda code: code & _BEGINS))
"""Words with which a wording can begin."""
_SPOKEN_WORD = re.compile(_set(lambda code: code & _SPOKEN))
_NUMERIC_ROW = re.compile(_set(lambda code: code // _DIGITS) + b"++")


class Codes(dict[str, int]):
    """Word to code, filled as text comes by. `begins`: the words that wordings begin with, `#` for digits."""

    CAP = 50_000

    def __init__(self, begins: Iterable[str] = ()) -> None:
        super().__init__()
        self._begins = frozenset(begins)

    def __missing__(self, word: str) -> int:
        code = _BEGINS if NUMBER.sub("#", word) in self._begins else 0
        if more_than_digits(word):
            code |= _SPOKEN
        code += _DIGITS * min(LEAST, digits_at_most(word))
        if len(word) <= 24:
            if len(self) >= self.CAP:
                self.clear()  # what comes often is soon back
            self[word] = code
        return code


def numeric_rows(codes: bytes) -> list[bytes]:
    """The rows of words with digits in them, one after the other, that have enough for a telephone number."""
    return [row for row in _NUMERIC_ROW.findall(codes) if sum(row.translate(_COUNTS)) >= LEAST]


def is_spoken(codes: bytes) -> bool:
    """Whether some digits of these words are not written as digits."""
    return _SPOKEN_WORD.search(codes) is not None
