"""Digits that are not written as digits: words for them, and letters that look like them."""

from __future__ import annotations

import re
from functools import lru_cache

_UNITS = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "cero": "0", "uno": "1", "dos": "2", "tres": "3", "cuatro": "4",
    "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9",
}  # fmt: skip
_TENS = {
    "twenty": "2", "thirty": "3", "forty": "4", "fifty": "5", "sixty": "6", "seventy": "7", "eighty": "8",
    "ninety": "9", "veinte": "2", "treinta": "3", "cuarenta": "4", "cincuenta": "5", "sesenta": "6",
    "setenta": "7", "ochenta": "8", "noventa": "9",
}  # fmt: skip
_WORD = "|".join(sorted([*_UNITS, *_TENS], key=len, reverse=True))
_WORDS = re.compile(_WORD)
_NUMBER_WORDS = re.compile(rf"(?:o{{0,2}}(?:{_WORD})){{1,14}}o{{0,2}}")
RUN = re.compile(r"\d+|[^\W\d_]+")
LETTERS = re.compile(r"[oil]{1,4}")
"""Letters that may stand for digits where they are right beside one."""
_LETTER_RUN = re.compile(r"[^\W\d_]+")
_DIGIT_AND_LETTER = re.compile(r"\d[oil]|[oil]\d")
_LONGEST_SPOKEN = 142
"""Letters of the longest row of number words that is looked for."""


def more_than_digits(word: str) -> bool:
    """Whether a row of letters and digits holds digits that are not written as such."""
    return bool(_DIGIT_AND_LETTER.search(word)) or any(map(spoken, _LETTER_RUN.findall(word)))


def digits_at_most(word: str) -> int:
    """How many digits a row of letters and digits has at most, however they are written."""
    if not more_than_digits(word):
        return sum(map(str.isdecimal, word))
    return sum(map(_count, RUN.findall(word)))


def _count(signs: str) -> int:
    return len(signs if signs.isdecimal() or LETTERS.fullmatch(signs) else spoken(signs))


@lru_cache(maxsize=16_384)
def spoken(letters: str) -> str:
    """The digits that a row of letters spells; none where it is no row of number words."""
    if len(letters) > _LONGEST_SPOKEN or not _NUMBER_WORDS.fullmatch(letters):
        return ""
    digits = ""
    tens = False
    position = 0
    for match in _WORDS.finditer(letters):
        digits += "0" * (match.start() - position)
        digits += _TENS.get(match[0]) or _UNITS[match[0]]
        position = match.end()
        tens = match[0] in _TENS
    return digits + ("0" if tens else "") + "0" * (len(letters) - position)
