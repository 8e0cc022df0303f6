"""Text as patterns see it: lower case, plain letters, nothing invisible; and the way back to the original."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec

_WORD = re.compile(r"[^\W_]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
TEXT_CAP = 20_000
"""Characters of a field that are looked at."""


class Folded(msgspec.Struct, frozen=True):
    """`text` and, where its length is not the original's, the original position of each of its characters.

    `words` are the different rows of letters and digits in it: every search begins with them.
    """

    text: str
    words: frozenset[str]
    positions: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original, in code points, for a non-empty span of `text`."""
        if self.positions is None:
            return start, end
        return self.positions[start], self.positions[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold the first `TEXT_CAP` characters of `text`."""
    text = text[:TEXT_CAP]
    if text.isascii():
        lower = text.lower()
        return Folded(lower, _words(lower))
    # Only what is not ASCII is folded character by character: most of a text is, and lower() is quicker.
    table = {ord(character): _character(character) for character in set(_NOT_ASCII.findall(text))}
    if all(len(plain) == 1 for plain in table.values()):
        joined = _NOT_ASCII.sub(lambda match: table[ord(match[0])], text).lower()
        return Folded(joined, _words(joined))
    folded = [_character(character) for character in text]
    joined = "".join(folded)
    return Folded(joined, _words(joined), tuple(index for index, part in enumerate(folded) for _ in part))


def _words(folded: str) -> frozenset[str]:
    return frozenset(_WORD.findall(folded))


@lru_cache(maxsize=4_096)
def _character(character: str) -> str:
    if unicodedata.category(character) in {"Cf", "Mn", "Cs"}:
        return ""
    plain = unicodedata.normalize("NFKD", character)
    letters = "".join(part for part in plain if not unicodedata.combining(part)).lower()
    # A sign that stands for a whole phrase would fill the text with words that nobody wrote.
    if not letters or len(letters) > 3:
        return character
    return "'" if letters == "\u2019" else letters
