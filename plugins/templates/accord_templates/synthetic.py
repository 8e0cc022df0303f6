"""Synthetic texts with known templates, to measure sketches with. Neutral in wording; nothing is real.

A template has 25-60 words, three free slots and up to two stock phrases, which outsiders use too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate

import msgspec

STOCK = (
    "call or text me any time",
    "available now for you",
    "real pictures no games",
    "please be respectful and polite",
    "serious callers only please",
    "no blocked numbers no bargaining",
    "open every day all week",
    "do not miss this special offer",
    "friendly relaxed and discreet",
    "hotel or my place",
    "send me a message first",
    "satisfaction is always the priority",
)
_FUNCTION_TEXT = (
    "the a and to of in for with you your i my is are am at on me we our it this that be have all"
)
_FUNCTION = _FUNCTION_TEXT.split()
_SYLLABLE_TEXT = """
ba be bi bo da de di do fa fe ga go ha he ka ke ko la le li lo ma me mi mo na ne ni no
pa pe pi po ra re ri ro sa se si so ta te ti to va ve vi vo za
"""
_SYLLABLES = _SYLLABLE_TEXT.split()


class Text(msgspec.Struct, frozen=True):
    """A text and the template that it was made from; a text of its own has a template of its own."""

    body: str
    template: int


class World:
    """Makes texts from a vocabulary of `vocabulary` words whose frequency falls as 1/rank^0.9."""

    def __init__(self, seed: int, *, vocabulary: int = 1_500) -> None:
        self._random = random.Random(seed)  # noqa: S311 - synthetic texts, no secret
        self._vocabulary = self._invent(vocabulary)
        self._weights = list(accumulate((rank + 3) ** -0.9 for rank in range(vocabulary)))

    def texts(self, *, templates: int, copies: int, outsiders: int, edits: float) -> list[Text]:
        """Shuffled texts: `copies` on average of each template, each copy with a share `edits` of its
        words replaced, removed or added, and `outsiders` that belong to nobody.
        """
        made = []
        for number in range(templates):
            pattern = self._pattern()
            count = self._random.randint(2, 2 * copies - 2)
            made += [Text(self._fill(pattern, edits), number) for _ in range(count)]
        made += [Text(self._fill(self._pattern(), 0), templates + number) for number in range(outsiders)]
        self._random.shuffle(made)
        return made

    def _invent(self, count: int) -> list[str]:
        words: dict[str, None] = {}
        while len(words) < count:
            words["".join(self._random.choices(_SYLLABLES, k=self._random.choice((2, 2, 3, 3, 4))))] = None
        return list(words)

    def _word(self) -> str:
        if self._random.random() < 0.3:
            return self._random.choice(_FUNCTION)
        return self._random.choices(self._vocabulary, cum_weights=self._weights)[0]

    def _pattern(self) -> list[str]:
        phrases = [phrase.split() for phrase in self._random.sample(STOCK, self._random.randint(0, 2))]
        length = self._random.randint(25, 60) - 3 - sum(map(len, phrases))
        chunks = [[self._word()] for _ in range(length)] + phrases
        self._random.shuffle(chunks)
        for slot in ("{phone}", "{name}", "{place}"):
            chunks.insert(self._random.randrange(len(chunks) + 1), [slot])
        return [word for chunk in chunks for word in chunk]

    def _slot(self, slot: str) -> str:
        if self._random.random() < 0.2:
            return " ".join(self._word() for _ in range(self._random.randint(1, 3)))
        name = self._random.choice(self._vocabulary).capitalize()
        return {
            "{phone}": f"614-555-01{self._random.randint(10, 99)}",
            "{name}": name,
            "{place}": f"in {name}",
        }[slot]

    def _fill(self, pattern: list[str], edits: float) -> str:
        return " ".join(self._edited(pattern, edits))

    def _edited(self, pattern: list[str], edits: float) -> Iterator[str]:
        for word in pattern:
            if word.startswith("{"):
                yield self._slot(word)
                continue
            kind = self._random.random() if self._random.random() < edits else None
            if kind is None or kind >= 0.8:
                yield word
            if kind is not None and not 0.6 <= kind < 0.8:
                yield self._word()
