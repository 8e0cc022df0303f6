"""Folding: one text in plain lower-case letters and digits, with the way back to the original.

Full-width and other Unicode digits, accents, styled letters and typographic punctuation become
their ASCII look-alikes; invisible characters and combining marks (zero-width spaces, keycaps,
strike-through) are dropped. Everything downstream matches on the folded text and reports spans of
the original.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import accumulate

MAX_TEXT = 50_000
"""Code points of a field that are looked at; the rest is ignored. Bounds the time a field can take."""

_MEMO_CAP = 20_000
_DROPPED = frozenset({"Mn", "Me", "Cf"})
_PUNCTUATION = {
    ord(odd): plain
    for plain, odds in {
        "'": "‘’ʼ`´",
        '"': "“”„",
        "-": "‐‑‒–—―−",
        ".": "·•․。",
        " ": "\u00a0\u2028\u2029",
    }.items()
    for odd in odds
}
_ROUND_LETTER = re.compile(r"(?<![^\W\d_])[\u041e\u043e\u039f\u03bf]+(?![^\W\d_])")
"""Cyrillic and Greek O that stand with no other letter: written for a zero."""

_TOKENS = re.compile(r"[a-z]++|[^a-z0-9]++|[0-9]++")


class _Folding(dict[int, str]):
    """Code point to its folded form of at most one character; filled as text comes by."""

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if len(self) < _MEMO_CAP:
            self[code] = folded
        return folded


def _fold_character(character: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(character) in _DROPPED:
        return ""
    plain = [c for c in unicodedata.normalize("NFKD", character) if unicodedata.category(c) not in _DROPPED]
    lowered = plain[0].lower() if len(plain) == 1 else character.lower()
    return lowered if len(lowered) == 1 else character


_folding = _Folding(_PUNCTUATION)


class Folded:
    """A field's text and its folded form `low`. `origin` maps folded to original offsets (None: the same).

    `tokens` cut the folded text into digit runs, letter runs and everything between, nothing left out;
    `ends` are their ends; `words` the distinct ones.
    """

    __slots__ = ("ends", "low", "origin", "text", "tokens", "words")

    def __init__(self, text: str, low: str, origin: tuple[int, ...] | None) -> None:
        self.text = text
        self.low = low
        self.origin = origin
        self.tokens = tokenize(low)
        self.ends = list(accumulate(map(len, self.tokens)))
        self.words = frozenset(self.tokens)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original span (end exclusive) of a non-empty folded one."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1

    def original(self, start: int, end: int) -> str:
        """The original text of a folded span."""
        first, last = self.span(start, end)
        return self.text[first:last]


def tokenize(low: str) -> list[str]:
    """Cut folded text into tokens that join to it again; words of other scripts stand between."""
    return _TOKENS.findall(low)


def fold(text: str) -> Folded:
    """Fold the first `MAX_TEXT` code points of a text."""
    text = text[:MAX_TEXT]
    if text.isascii():
        return Folded(text, text.lower(), None)
    round_letters = _ROUND_LETTER.sub(lambda match: "o" * len(match[0]), text)
    low = round_letters.translate(_folding)
    if len(low) == len(text):
        return Folded(text, low, None)
    origin = tuple(i for i, character in enumerate(round_letters) if _folding[ord(character)])
    return Folded(text, low, origin)
