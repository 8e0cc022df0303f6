"""Looking for wordings only where their first two words stand.

Trying every pattern at every place of a text took most of the plugin's time, and at every place of a first
word still a third: "in", "my" and "no" begin many phrases. Which words a phrase can begin with follows from
the phrase itself, so that nothing is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from accord_indicators.codes import BEGINNING, NUMBER, Codes
from accord_indicators.folding import Folded


def first_words(phrase: str) -> frozenset[str]:
    """The one or two words that text matching a phrase of the word list can begin with; `#` for a number.

    One word where the phrase may end there, else two with a space between.

    :raises ValueError: when it need not begin with a word.
    """
    begun = _Reader(phrase).alternatives()
    if any(words[:1] in ("", " ") for words in begun):
        raise ValueError("it must begin with a letter, a digit or #")
    return frozenset(NUMBER.sub("#", words.rstrip()) for words in begun)


class _Reader:
    """Reads a phrase: letters, (a|b), [ab], x?, and what ends a word. What it begins with is letters so far,
    a space where a word is over, and nothing more behind the second word's end."""

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase
        self._at = 0

    def alternatives(self) -> set[str]:
        found = self._sequence()
        while self._next() == "|":
            self._at += 1
            found |= self._sequence()
        return found

    def _sequence(self) -> set[str]:
        begun = {""}
        while self._next() not in ("", "|", ")"):
            more = self._item()
            begun = {_joined(words, letters) for words in begun for letters in more}
        return begun

    def _item(self) -> set[str]:
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
            found = found | {""}
        return found

    def _next(self) -> str:
        return self._phrase[self._at : self._at + 1]

    def _take(self) -> str:
        self._at += 1
        return self._phrase[self._at - 1]


def _beginning(sign: str) -> str:
    return " " if sign in " '" else sign


def _joined(words: str, more: str) -> str:
    """What begins with `words` goes on with `more`: up to the end of the second word."""
    if words.count(" ") == 2:
        return words
    joined = words + (more.lstrip(" ") if words.endswith(" ") else more)
    first, over, rest = joined.partition(" ")
    second, ended, _ = rest.partition(" ")
    return first + over + second + ended


class _Begun(NamedTuple):
    """The kinds of what a word can begin by itself, and with a certain word behind it (those included)."""

    alone: tuple[str, ...]
    followed: dict[str, tuple[str, ...]]


def _begun(seconds: dict[str, dict[str, None]]) -> _Begun:
    alone = seconds.get("", {})
    return _Begun(tuple(alone), {second: tuple(alone | kinds) for second, kinds in seconds.items() if second})


class FirstWords:
    """An index from first words (see `first_words`) to the kinds of the wordings that can begin with them."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        kinds: dict[str, dict[str, dict[str, None]]] = {}
        for kind, beginnings in words.items():
            for beginning in sorted(beginnings):
                first, _, second = beginning.partition(" ")
                kinds.setdefault(first, {}).setdefault(second, {})[kind] = None
        self._begun = {first: _begun(seconds) for first, seconds in kinds.items()}
        self.codes = Codes(kinds)

    def places(self, folded: Folded, codes: bytes | None = None) -> dict[str, list[int]]:
        """Where in a folded text wordings can begin, in ascending order, by kind; others cannot.

        Among them may be places within words, where no wording matches: leaving them out costs more. `codes`
        are those of the text's words, where they are known.
        """
        found: dict[str, set[str]] = {}
        words = folded.words
        last = len(words) - 1
        for match in BEGINNING.finditer(codes or bytes(map(self.codes.__getitem__, words))):
            i = match.start()
            word = words[i]
            begun = self._begun.get(word) or self._begun[NUMBER.sub("#", word)]
            kinds = begun.alone
            if i < last:
                second = words[i + 1]
                if second not in begun.followed and not second.isalpha():
                    second = NUMBER.sub("#", second)
                kinds = begun.followed.get(second, kinds)
            for kind in kinds:
                found.setdefault(kind, set()).add(word)
        return {kind: _everywhere(begun, folded.text) for kind, begun in found.items()}


def _everywhere(words: Iterable[str], text: str) -> list[int]:
    places = []
    for word in words:
        place = text.find(word)
        while place >= 0:
            places.append(place)
            place = text.find(word, place + 1)
    return sorted(places)
