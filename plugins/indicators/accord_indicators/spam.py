"""Cues of spam that no word list can hold: nothing but a link, and rows of the same sign."""

from __future__ import annotations

import re
from itertools import islice

_LINK = re.compile(r"(?:https?://|www\.)\S{1,500}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_ROWS = tuple(sign * 8 for sign in "!?*$#~=.-_+")
"""Those of ASCII, looked for first: most texts have no others."""
_ROW = re.compile(r"([!?*$#~=.\-_+\u2600-\u27bf\U0001f300-\U0001faff])\1{7,}")


def links(text: str) -> list[tuple[int, int]]:
    """The spans of the links in a folded text."""
    if "http" not in text and "www." not in text:
        return []
    return [match.span() for match in _LINK.finditer(text)]


def words_beside_links(text: str) -> int:
    """How many words of two letters or more a folded text has outside its links."""
    return len(_WORD.findall(_LINK.sub(" ", text)))


def has_words(text: str, least: int) -> bool:
    """A quick look: whether there surely are so many words before the links of a folded text."""
    found = links(text)
    end = found[0][0] if found else len(text)
    return sum(1 for _ in islice(_WORD.finditer(text, 0, end), least)) == least


def repeated_signs(text: str) -> tuple[int, int] | None:
    """The span of the first eight or more equal punctuation marks or emoji in a row, or None."""
    if text.isascii() and not any(map(text.__contains__, _ROWS)):
        return None
    row = _ROW.search(text)
    return row.span() if row else None
