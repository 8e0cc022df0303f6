"""Looking for wordings only where one of their first words stands.

Trying every pattern at every place of a text took most of the plugin's time. Which words a phrase can
begin with follows from the phrase itself, so that nothing is missed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from accord_indicators.folding import Folded

_NUMBER = re.compile(r"[0-9#]+")

_Beginning = tuple[str, bool]
"""The letters of a first word so far, and whether the word is over."""


def first_words(phrase: str) -> frozenset[str]:
    """The words that text matching a phrase of the word list can begin with; `#` for a number.

    :raises ValueError: when it need not begin with a word.
    """
    words = frozenset(_NUMBER.sub("#", word) for word, _ in _Reader(phrase).alternatives())
    if "" in words:
        raise ValueError("it must begin with a letter, a digit or #")
    return words


class _Reader:
    """Reads a phrase: letters, (a|b), [ab], x?, and what ends a word."""

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase
        self._at = 0

    def alternatives(self) -> set[_Beginning]:
        found = self._sequence()
        while self._next() == "|":
            self._at += 1
            found |= self._sequence()
        return found

    def _sequence(self) -> set[_Beginning]:
        begun: set[_Beginning] = {("", False)}
        while self._next() not in ("", "|", ")"):
            more = self._item()
            begun = {
                (word, True) if over else (word + letters, ended)
                for word, over in begun
                for letters, ended in more
            }
        return begun

    def _item(self) -> set[_Beginning]:
        sign = self._take()
        if sign == "(":
            found = self.alternatives()
            self._take()
        elif sign == "[":
            found = set()
            while (one := self._take()) != "]":
                found.add(_beginning(one))
        else:
            found = {_beginning(sign)}
        if self._next() == "?":
            self._at += 1
            found = found | {("", False)}
        return found

    def _next(self) -> str:
        return self._phrase[self._at : self._at + 1]

    def _take(self) -> str:
        self._at += 1
        return self._phrase[self._at - 1]


def _beginning(sign: str) -> _Beginning:
    return ("", True) if sign in " '" else (sign, False)


class FirstWords:
    """An index from first words to the kinds of the wordings that can begin with them."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        kinds: defaultdict[str, set[str]] = defaultdict(set)
        for kind, first in words.items():
            for word in first:
                kinds[word].add(kind)
        self._kinds = {word: tuple(sorted(found)) for word, found in kinds.items()}

    def places(self, folded: Folded) -> dict[str, list[int]]:
        """Where in a folded text wordings can begin, in ascending order, by kind; others cannot.

        Among them may be places within words, where no wording matches: leaving them out costs more.
        """
        found: defaultdict[str, list[int]] = defaultdict(list)
        for word in self._kinds.keys() & folded.words:
            self._note(found, self._kinds[word], _everywhere(word, folded.text))
        for word in folded.words:
            if not word.isalpha() and (kinds := self._kinds.get(_NUMBER.sub("#", word))):
                self._note(found, kinds, _everywhere(word, folded.text))
        return {kind: sorted(places) for kind, places in found.items()}

    @staticmethod
    def _note(found: defaultdict[str, list[int]], kinds: Iterable[str], places: Sequence[int]) -> None:
        for kind in kinds:
            found[kind] += places


def _everywhere(word: str, text: str) -> list[int]:
    places = []
    place = text.find(word)
    while place >= 0:
        places.append(place)
        place = text.find(word, place + 1)
    return places
