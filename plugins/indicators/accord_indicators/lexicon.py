"""Reads lexicon.toml: the indicators with their signs, sources and patterns."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Literal

import msgspec

from accord_indicators.first_words import first_words
from accord_indicators.folding import Folded

NEGATION = re.compile(
    r"(?<!\w)(?:no|not|never|without|sin|nunca|ni|isn't|aren't)\s{1,3}(?:(?:an?|the|very)\s{1,3})?$"
)
_WINDOW = 24
"""Characters before a match in which a negation is looked for; longer than the longest that matches."""
_ALLOWED = re.compile(r"[a-z0-9 '()|?#\[\]]+")


class LexiconError(ValueError):
    """The word list is wrong; the message names the indicator."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"exceptions": "except"}):
    """One indicator as written in the word list; `source` is a key of the list's sources."""

    kind: str
    sign: Literal[-1, 0, 1]
    strength: float
    source: str
    label: str
    patterns: tuple[str, ...]
    exceptions: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    sources: dict[str, str]
    indicator: tuple[Entry, ...]


class Wording(msgspec.Struct, frozen=True):
    """An indicator ready to be looked for; `source` is the citation itself.

    `words`: the one or two words that its wording can begin with (see `accord_indicators.first_words`).
    """

    kind: str
    sign: Literal[-1, 0, 1]
    strength: float
    source: str
    label: str
    words: frozenset[str]
    pattern: re.Pattern[str] | None
    exceptions: re.Pattern[str] | None

    def removed_from(self, text: str) -> str:
        """Folded `text` without this indicator's wording."""
        return self.pattern.sub(" ", text) if self.pattern else text

    def first(self, folded: Folded, places: Iterable[int]) -> tuple[int, int] | None:
        """The original's span of the first wording that counts, or None; `places`: where it can begin."""
        if self.pattern is None:
            return None
        excepted: list[tuple[int, int]] | None = None
        end = 0
        for place in places:
            match = self.pattern.match(folded.text, place) if place >= end else None
            if match is None:
                continue
            end = match.end()
            if _is_negated(folded.text, match.start()):
                continue
            if excepted is None:
                excepted = [found.span() for found in self._excepted(folded.text)]
            if not _overlaps(match.span(), excepted):
                return folded.span(*match.span())
        return None

    def _excepted(self, text: str) -> Iterator[re.Match[str]]:
        return iter(()) if self.exceptions is None else self.exceptions.finditer(text)


class Lexicon(msgspec.Struct, frozen=True):
    """The word list: its version, and the indicators by kind in the order of the file."""

    version: str
    wordings: Mapping[str, Wording]


def _overlaps(span: tuple[int, int], sorted_spans: list[tuple[int, int]]) -> bool:
    # The spans do not overlap each other, so only the last that starts before the end can reach back.
    before = bisect_left(sorted_spans, (span[1], 0))
    return before > 0 and sorted_spans[before - 1][1] > span[0]


def _is_negated(text: str, start: int) -> bool:
    return NEGATION.search(text[max(0, start - _WINDOW) : start]) is not None


def load() -> Lexicon:
    """Read the package's word list.

    :raises LexiconError: when a pattern or a source is wrong.
    """
    return parse(resources.files("accord_indicators").joinpath("lexicon.toml").read_bytes())


def parse(content: bytes) -> Lexicon:
    """Read a word list from TOML (see the head of lexicon.toml).

    :raises LexiconError: when it is none.
    """
    try:
        file = msgspec.toml.decode(content, type=_File)
    except msgspec.MsgspecError as error:
        raise LexiconError(f"lexicon.toml: {error}") from error
    return Lexicon(file.version, {entry.kind: _wording(entry, file.sources) for entry in file.indicator})


def _wording(entry: Entry, sources: Mapping[str, str]) -> Wording:
    if entry.source not in sources:
        raise LexiconError(f"lexicon.toml: {entry.kind} names an unknown source {entry.source!r}")
    if not 0 <= entry.strength <= 1:
        raise LexiconError(f"lexicon.toml: the strength of {entry.kind} is not between 0 and 1")
    pattern = _compile(entry.kind, entry.patterns)
    return Wording(
        entry.kind,
        entry.sign,
        entry.strength,
        sources[entry.source],
        entry.label,
        _first_words(entry),
        pattern,
        _compile(entry.kind, entry.exceptions),
    )


def _first_words(entry: Entry) -> frozenset[str]:
    found: set[str] = set()
    for phrase in entry.patterns:
        try:
            found |= first_words(phrase)
        except ValueError as error:
            raise LexiconError(f"lexicon.toml: {entry.kind}: {phrase!r}: {error}") from error
    return frozenset(found)


def _compile(kind: str, phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    for phrase in phrases:
        if not _ALLOWED.fullmatch(phrase):
            raise LexiconError(f"lexicon.toml: {kind} has a pattern with signs that mean nothing: {phrase!r}")
    if not phrases:
        return None
    # Longer phrases first, so that the span shown is the fullest.
    ordered = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    alternatives = "|".join(map(_expression, ordered))
    try:
        return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")
    except re.error as error:
        raise LexiconError(f"lexicon.toml: {kind}: {error}") from error


def _expression(phrase: str) -> str:
    groups = phrase.replace("(", "(?:").replace("#", "(?:[0-9]{1,10})")
    return groups.replace(" ?", r"[\W_]{0,3}").replace(" ", r"[\W_]{1,3}")
