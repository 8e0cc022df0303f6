"""Folding: one text in plain lower-case letters and digits, with the way back to the original.

Full-width and other Unicode digits, accents, styled letters and typographic punctuation become
their ASCII look-alikes; invisible characters and combining marks (zero-width spaces, keycaps,
strike-through) are dropped. Everything downstream matches on the folded text and reports spans of
the original.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, chain, pairwise

from accord_selectors.triggers import Codes, roles_of

MAX_TEXT = 50_000
"""Code points of a field that are looked at; the rest is ignored. Bounds the time a field can take."""

_MEMO_CAP = 20_000
_DROPPED = frozenset({"Mn", "Me", "Cf"})
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
"""Behind an emoji of a hand: they only colour it."""
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
_LATIN_OF = str.maketrans("аеіјорсухвкмнтѕԁһӏαεικνορτυχ", "aeijopcyxbkmhtsdhlaeiknoptux")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_LOOK_ALIKE = re.compile(r"[\u0370-\u052f]")
_MIXED_SCRIPTS = re.compile(r"(?=[^\W\d_]*[\u0370-\u052f])(?=[^\W\d_]*[A-Za-z])[^\W\d_]+")
"""A word of Latin letters with Cyrillic or Greek ones among them: "fіve" with a Ukrainian i."""
_MARKUP = re.compile(
    r"&(?:#[0-9]{2,7}|#x[0-9a-fA-F]{2,6}|[a-zA-Z]{2,8});|</?(?:br|p|div|span|b|i|u|em|li|ul)\s?/?>"
)

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
    if unicodedata.category(character) in _DROPPED or character in _SKIN_TONES:
        return ""
    plain = [c for c in unicodedata.normalize("NFKD", character) if unicodedata.category(c) not in _DROPPED]
    lowered = plain[0].lower() if len(plain) == 1 else character.lower()
    return lowered if len(lowered) == 1 else character


_folding = _Folding(_PUNCTUATION)


class Folded:
    """A field's text and its folded form `low`. `origin` maps folded to original offsets (None: the same).

    `tokens` cut the folded text into digit runs, letter runs and everything between, nothing left out;
    `ends` are their ends. `codes` has a byte for each of them and `roles` all that they may be part of (see
    `triggers`); `table` is what gave the codes.
    """

    __slots__ = ("codes", "ends", "low", "origin", "roles", "table", "text", "tokens")

    def __init__(self, text: str, low: str, origin: Sequence[int] | None, table: Codes) -> None:
        self.text = text
        self.low = low
        self.origin = origin
        self.table = table
        self.tokens = tokens = tokenize(low)
        self.ends = list(accumulate(map(len, tokens)))
        self.codes = codes = bytes(map(table.__getitem__, tokens))
        self.roles = roles_of(codes)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original span (end exclusive) of a non-empty folded one."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1

    def folded_span(self, start: int, end: int) -> tuple[int, int]:
        """The folded span of an original one of which nothing was dropped: plain letters and digits."""
        if self.origin is None:
            return start, end
        return bisect_left(self.origin, start), bisect_left(self.origin, end)

    def original(self, start: int, end: int) -> str:
        """The original text of a folded span."""
        if self.origin is None:
            return self.text[start:end]
        return self.text[self.origin[start] : self.origin[end - 1] + 1]

    def around(
        self,
        words: re.Pattern[bytes],
        before: int,
        after: int,
        company: re.Pattern[bytes] | None = None,
        reach: int = 2,
    ) -> list[tuple[int, int]]:
        """The stretches of folded text with one of these words in them (see `triggers.where`): from `before`
        characters ahead of it to `after` behind it, in order, joined where they overlap.

        Where there is a `company`, only words that have one of it within `reach` tokens on either side.
        """
        found: list[tuple[int, int]] = []
        codes, ends = self.codes, self.ends
        for match in words.finditer(codes):
            i = match.start()
            if company is not None and not company.search(codes, max(0, i - reach), i + reach + 1):
                continue
            end = ends[i]
            start = max(0, end - len(self.tokens[i]) - before)
            if found and start <= found[-1][1]:
                start = found.pop()[0]
            found.append((start, end + after))
        return found


def tokenize(low: str) -> list[str]:
    """Cut folded text into tokens that join to it again; words of other scripts stand between."""
    return _TOKENS.findall(low)


_PLAIN_CODES = Codes()


def fold(text: str, table: Codes = _PLAIN_CODES) -> Folded:
    """Fold the first `MAX_TEXT` code points of a text; `table` gives its tokens their codes."""
    text = text[:MAX_TEXT]
    if ("&" in text or "<" in text) and _MARKUP.search(text):
        return Folded(text, *_without_markup(text), table)
    return Folded(text, *_fold_plain(text), table)


def folded_name(name: str) -> str:
    """A short name, folded; nothing more is needed of it."""
    return _fold_plain(name)[0]


def _folded_run(match: re.Match[str]) -> str:
    return match[0].translate(_folding)


def _fold_plain(text: str) -> tuple[str, Sequence[int] | None]:
    if text.isascii():
        return text.lower(), None
    plain = text
    if _LOOK_ALIKE.search(plain):
        plain = _ROUND_LETTER.sub(lambda match: "o" * len(match[0]), plain)
        plain = _MIXED_SCRIPTS.sub(lambda match: match[0].translate(_LATIN_OF), plain)
    low = _NOT_ASCII.sub(_folded_run, plain).lower()
    if len(low) == len(text):
        return low, None
    # Only what is not ASCII goes through the table: most of a text is, and lower() is quicker.
    pieces: list[str] = []
    dropped: list[int] = []
    at = 0
    for match in _NOT_ASCII.finditer(plain):
        start, end = match.span()
        folded = match[0].translate(_folding)
        if len(folded) != end - start:
            dropped += [k for k in range(start, end) if not _folding[ord(plain[k])]]
        pieces += (plain[at:start].lower(), folded)
        at = end
    low = "".join((*pieces, plain[at:].lower()))
    if not dropped:
        return low, None
    kept = (range(before + 1, after) for before, after in pairwise((-1, *dropped, len(plain))))
    return low, tuple(chain.from_iterable(kept))


def _without_markup(text: str) -> tuple[str, Sequence[int]]:
    """Fold a text with what a page's source leaves behind: entities and tags."""
    pieces: list[str] = []
    origin: list[int] = []
    at = 0
    for match in _MARKUP.finditer(text):
        start, end = match.span()
        plain = "\n" if match[0][0] == "<" else html.unescape(match[0])
        pieces += (text[at:start], plain)
        origin += (*range(at, start), *[start] * len(plain))
        at = end
    pieces.append(text[at:])
    origin += range(at, len(text))
    low, inner = _fold_plain("".join(pieces))
    return low, origin if inner is None else [origin[i] for i in inner]
