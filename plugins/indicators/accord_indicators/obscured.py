"""Telephone numbers written so that machines miss them: words or letters for digits, odd signs between.

Stands on its own: it says that a number is obscured and where, not which number it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from accord_indicators.codes import LEAST, Codes, is_spoken, numeric_rows
from accord_indicators.folding import Folded
from accord_indicators.spoken import LETTERS, RUN, spoken

_DIGITS = re.compile(r"\d+")
_LOOKALIKES = str.maketrans("oil", "011")
_NO_MONEY = r"[^\w\n$\u20ac\u00a3]"
_GAP = re.compile(rf"{_NO_MONEY}{{0,4}}_?{_NO_MONEY}{{0,4}}")
_DIGIT_RUN = re.compile(rf"\d++(?:{_NO_MONEY}{{0,4}}+(?:_{_NO_MONEY}{{0,4}}+|{_NO_MONEY}{{1,4}}+)?+\d++)*+")
"""Rows of digits with such gaps between."""
_PLAIN_RUN = re.compile(r"[0-9]++(?:[\s\-.()+/,:]*+[0-9]++){0,4}")
"""Rows of so few and so plain parts that nothing is obscured in them."""
_PLAIN_GAP = re.compile(r"[\s\-.()+/,:\u2010-\u2015]*")
_NORTH_AMERICAN = re.compile(r"1?[2-9]\d\d[2-9]\d{6}")
_MOST = 24
_LONGEST_RUN = 64
"""A longer row of number words and digits is a list, whatever it lists."""
_COUNTING = "123456789"


class _Atom(msgspec.Struct, frozen=True):
    """Digits written in one way: `kind` is digits, words or letters."""

    kind: str
    digits: str
    start: int
    end: int


_PLAIN_CODES = Codes()


def first_obscured(folded: Folded, original: str, codes: bytes | None = None) -> tuple[int, int] | None:
    """The original's span of the first obscured telephone number, or None.

    `codes` are those of the text's words, where they are known.
    """
    if codes is None:
        codes = bytes(map(_PLAIN_CODES.__getitem__, folded.words))
    rows = numeric_rows(codes)
    if not rows:
        return None
    # Most texts write numbers in plain digits: there is no need to look at each of their words in turn.
    runs = _runs(folded.text) if any(map(is_spoken, rows)) else _digit_runs(folded, original)
    for run in runs:
        if len(run) > _LONGEST_RUN or sum(len(atom.digits) for atom in run) < LEAST:
            continue
        trimmed = _without_stray_words(run, folded.text)
        span = folded.span(trimmed[0].start, trimmed[-1].end)
        if _is_obscured(trimmed, folded.text, original[slice(*span)]):
            return span
    return None


def _digit_runs(folded: Folded, original: str) -> Iterator[list[_Atom]]:
    text = folded.text
    for match in _DIGIT_RUN.finditer(text):
        start, end = match.span()
        if end - start < LEAST or (
            _PLAIN_RUN.fullmatch(text, start, end) and original[slice(*folded.span(start, end))].isascii()
        ):
            continue
        yield [_Atom("digits", found[0], *found.span()) for found in _DIGITS.finditer(text, start, end)]


def _runs(text: str) -> Iterator[list[_Atom]]:
    run: list[_Atom] = []
    for atom in _atoms(text):
        if run and not _GAP.fullmatch(text, run[-1].end, atom.start):
            yield run
            run = []
        run.append(atom)
    if run:
        yield run


def _atoms(text: str) -> Iterator[_Atom]:
    for match in RUN.finditer(text):
        signs = match[0]
        if signs.isdecimal():
            yield _Atom("digits", signs, *match.span())
        elif digits := spoken(signs):
            yield _Atom("words", digits, *match.span())
        elif LETTERS.fullmatch(signs) and _beside_a_digit(text, *match.span()):
            # A letter stands for a digit only right beside one: "5o5", not "I am".
            yield _Atom("letters", signs.translate(_LOOKALIKES), *match.span())


def _beside_a_digit(text: str, start: int, end: int) -> bool:
    return text[max(0, start - 1) : start].isdecimal() or text[end : end + 1].isdecimal()


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
    if not LEAST <= len(digits) <= _MOST or digits.startswith(_COUNTING):
        return False
    if any(atom.kind != "digits" for atom in run):
        return True
    # Circled, full-width and mathematical digits are folded to plain ones before they get here.
    if any(not character.isascii() and character.isdigit() for character in set(original)):
        return True
    return bool(_NORTH_AMERICAN.fullmatch(digits)) and _oddly_grouped(run, text)


def _oddly_grouped(run: list[_Atom], text: str) -> bool:
    gaps = [text[one.end : other.start] for one, other in pairwise(run)]
    if sum(not _PLAIN_GAP.fullmatch(gap) for gap in gaps) >= 2:
        # 200 * 300 * 4000 is a list of prices.
        return sum(atom.digits.endswith("00") for atom in run) < 2
    return len(run) >= 6 and all(len(atom.digits) <= 2 for atom in run)
