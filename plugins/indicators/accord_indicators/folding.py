"""Text as patterns see it: lower case, plain letters, nothing invisible; and the way back to the original."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import chain

_WORD = re.compile(r"[^\W_]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_APART = bytes(code if chr(code).isalnum() else ord(" ") for code in range(128)).ljust(256)
"""Table for `bytes.translate`: a space for whatever stands between words."""
TEXT_CAP = 20_000
"""Characters of a field that are looked at."""


class Folded:
    """`text` and, by `span`, the way back to the original.

    `words` are the rows of letters and digits in it, in order: every search begins with them.
    """

    __slots__ = ("_folds", "_original", "_positions", "text", "words")

    def __init__(self, text: str, original: str, folds: dict[str, str] | None = None) -> None:
        self.text = text
        self.words = _words(text)
        self._original = original
        self._folds = folds
        self._positions: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original, in code points, for a non-empty span of `text`."""
        if self._folds is None:
            return start, end
        if self._positions is None:
            lengths = {character: len(plain) for character, plain in self._folds.items()}
            rows = ([index] * lengths.get(sign, 1) for index, sign in enumerate(self._original))
            self._positions = list(chain.from_iterable(rows))
        return self._positions[start], self._positions[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold the first `TEXT_CAP` characters of `text`."""
    text = text[:TEXT_CAP]
    if text.isascii():
        return Folded(text.lower(), text)
    # Only what is not ASCII is folded character by character: most of a text is, and lower() is quicker.
    folds = {sign: _character(sign) for sign in set(_NOT_ASCII.findall(text))}
    changed = {sign: plain for sign, plain in folds.items() if plain != sign}
    if not changed:
        return Folded(text.lower(), text)
    folded = _NOT_ASCII.sub(lambda match: folds[match[0]], text).lower()
    same_length = all(len(plain) == 1 for plain in changed.values())
    return Folded(folded, text, None if same_length else changed)


def _words(text: str) -> list[str]:
    """The rows of letters and digits of a folded text, cut apart by a table: a tenth of a pattern's time."""
    if not text.isascii():
        for sign in set(_NOT_ASCII.findall(text)):
            if sign.isalnum():
                return _WORD.findall(text)
            text = text.replace(sign, " ")
    return text.encode("ascii").translate(_APART).decode("ascii").split()


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
