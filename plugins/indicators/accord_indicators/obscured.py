"""Telephone numbers written so that machines miss them: words or letters for digits, odd signs between.

Stands on its own: it says that a number is obscured and where, not which number it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import msgspec

from accord_indicators.folding import Folded

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
_DIGITS = re.compile(r"\d+")
_LETTER_RUN = re.compile(r"[^\W\d_]+")
_RUN = re.compile(r"\d+|[^\W\d_]+")
_DIGIT_AND_LETTER = re.compile(r"\d[oil]|[oil]\d")
_LONGEST_SPOKEN = 142
"""Letters of the longest row of number words that is looked for."""
_LOOKALIKES = str.maketrans("oil", "011")
_LETTERS = re.compile(r"[oil]{1,4}")
_GAP = re.compile(r"[^\w\n$\u20ac\u00a3]{0,4}_?[^\w\n$\u20ac\u00a3]{0,4}")
_PLAIN_GAP = re.compile(r"[\s\-.()+/,:\u2010-\u2015]*")
_NORTH_AMERICAN = re.compile(r"1?[2-9]\d\d[2-9]\d{6}")
_LEAST, _MOST = 9, 24
_LONGEST_RUN = 64
"""A longer row of number words and digits is a list, whatever it lists."""
_COUNTING = "123456789"


class _Atom(msgspec.Struct, frozen=True):
    """Digits written in one way: `kind` is digits, words or letters."""

    kind: str
    digits: str
    start: int
    end: int


def first_obscured(folded: Folded, original: str) -> tuple[int, int] | None:
    """The original's span of the first obscured telephone number, or None."""
    for run in _runs(folded):
        if len(run) > _LONGEST_RUN or sum(len(atom.digits) for atom in run) < _LEAST:
            continue
        trimmed = _without_stray_words(run, folded.text)
        span = folded.span(trimmed[0].start, trimmed[-1].end)
        if _is_obscured(trimmed, folded.text, original[slice(*span)]):
            return span
    return None


def _runs(folded: Folded) -> Iterator[list[_Atom]]:
    run: list[_Atom] = []
    for atom in _atoms(folded):
        if run and not _GAP.fullmatch(folded.text, run[-1].end, atom.start):
            yield run
            run = []
        run.append(atom)
    if run:
        yield run


def _atoms(folded: Folded) -> Iterator[_Atom]:
    # Most texts write numbers in plain digits: there is no need to look at each of their words in turn.
    if any(map(_more_than_digits, folded.words)):
        yield from _all_atoms(folded.text)
        return
    for match in _DIGITS.finditer(folded.text):
        yield _Atom("digits", match[0], *match.span())


@lru_cache(maxsize=16_384)
def _more_than_digits(word: str) -> bool:
    """Whether a row of letters and digits holds digits that are not written as such."""
    return bool(_DIGIT_AND_LETTER.search(word)) or any(map(_spoken, _LETTER_RUN.findall(word)))


def _all_atoms(text: str) -> Iterator[_Atom]:
    for match in _RUN.finditer(text):
        signs = match[0]
        if signs.isdecimal():
            yield _Atom("digits", signs, *match.span())
        elif spoken := _spoken(signs):
            yield _Atom("words", spoken, *match.span())
        elif _LETTERS.fullmatch(signs) and _beside_a_digit(text, *match.span()):
            # A letter stands for a digit only right beside one: "5o5", not "I am".
            yield _Atom("letters", signs.translate(_LOOKALIKES), *match.span())


def _beside_a_digit(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 1) : start].isdecimal() or text[end : end + 1].isdecimal()


@lru_cache(maxsize=16_384)
def _spoken(letters: str) -> str:
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


def _without_stray_words(run: list[_Atom], text: str) -> list[_Atom]:
    """Leave out a number word that only stands beside a number: "for two 614-555-0134"."""
    while len(run) > 1 and run[0].kind == "words" and _stray(run[1:], text, run[0].end, run[1].start):
        run = run[1:]
    while len(run) > 1 and run[-1].kind == "words" and _stray(run[:-1], text, run[-2].end, run[-1].start):
        run = run[:-1]
    return run


def _stray(rest: list[_Atom], text: str, end: int, start: int) -> bool:
    apart = any(character.isspace() for character in text[end:start])
    return apart and sum(len(atom.digits) for atom in rest if atom.kind == "digits") >= 10


def _is_obscured(run: list[_Atom], text: str, original: str) -> bool:
    digits = "".join(atom.digits for atom in run)
    if not _LEAST <= len(digits) <= _MOST or digits.startswith(_COUNTING):
        return False
    words = sum(atom.kind == "words" for atom in run)
    letters = sum(atom.kind == "letters" for atom in run)
    # Circled, full-width and mathematical digits are folded to plain ones before they get here.
    strange = any(not character.isascii() and character.isdigit() for character in original)
    if words or letters or strange:
        return True
    return bool(_NORTH_AMERICAN.fullmatch(digits)) and _oddly_grouped(run, text)


def _oddly_grouped(run: list[_Atom], text: str) -> bool:
    gaps = [text[one.end : other.start] for one, other in pairwise(run)]
    if sum(not _PLAIN_GAP.fullmatch(gap) for gap in gaps) >= 2:
        # 200 * 300 * 4000 is a list of prices.
        return sum(atom.digits.endswith("00") for atom in run) < 2
    return len(run) >= 6 and all(len(atom.digits) <= 2 for atom in run)
