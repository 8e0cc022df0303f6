"""The detector: which indicators a record's title and body show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from accord_indicators import spam
from accord_indicators.first_words import FirstWords
from accord_indicators.folding import TEXT_CAP, Folded, fold
from accord_indicators.lexicon import Lexicon, Wording
from accord_indicators.obscured import first_obscured
from accord_sdk import Call, Found, Record, Signal

ETHNICITY = "ethnicity_stated"
OBSCURED_PHONE = "obscured_phone"
SPAM = "spam_cues"
_WITHOUT_WORDS = (OBSCURED_PHONE, SPAM)
"""What can be in a text in which no wording begins."""
REPEATED_SIGNS_STRENGTH = 0.2
"""Rows of signs are common in honest advertisements too."""


LEAST_WORDS = 6
"""A record with a link and fewer words than this beside it is a link only."""


class _Text(NamedTuple):
    """One field: its text as far as it is looked at, the text folded, where which wording can begin."""

    field: str
    text: str
    folded: Folded
    places: Mapping[str, Sequence[int]]


class TextIndicators:
    """Emits at most one signal of each kind for a record, with the span of its first occurrence.

    `ethnicity`: whether to show where a text states an ethnicity (sign 0, strength 0, never scored).
    """

    name = "indicators"

    def __init__(self, lexicon: Lexicon, *, ethnicity: bool = False) -> None:
        shown = (wording for wording in lexicon.wordings.values() if ethnicity or wording.kind != ETHNICITY)
        self._wordings = tuple(shown)
        self._first_words = FirstWords({wording.kind: wording.words for wording in self._wordings})
        self._ethnicity = lexicon.wordings[ETHNICITY]

    def open(self) -> None:
        """Nothing more to load."""

    def close(self) -> None:
        """Nothing to let go."""

    def detect(self, batch: Sequence[Record], call: Call) -> Iterator[Found]:
        """One `Found` for each record."""
        for ref, record in enumerate(batch):
            texts = [self._read(field, text) for field, text in record.texts()]
            yield Found(ref, tuple(self._signals(texts)))

    def _signals(self, texts: Sequence[_Text]) -> Iterator[Signal]:
        begun = {*_WITHOUT_WORDS, *(kind for text in texts for kind in text.places)}
        for wording in self._wordings:
            if wording.kind in begun and (signal := self._look(wording, texts)):
                yield signal

    def _read(self, field: str, text: str) -> _Text:
        folded = fold(text)
        return _Text(field, text[:TEXT_CAP], folded, self._first_words.places(folded))

    def _look(self, wording: Wording, texts: Sequence[_Text]) -> Signal | None:
        obscured = wording.kind == OBSCURED_PHONE
        for field, text, folded, places in texts:
            if obscured:
                span = first_obscured(folded, text)
            else:
                span = wording.first(folded, places[wording.kind]) if wording.kind in places else None
            if span:
                return _signal(wording, field, span)
        return self._spam(wording, texts) if wording.kind == SPAM else None

    def _spam(self, wording: Wording, texts: Sequence[_Text]) -> Signal | None:
        if span := self._link_only(texts):
            return _signal(wording, *span, note="a link and next to nothing else")
        for field, _, folded, _ in texts:
            if row := spam.repeated_signs(folded.text):
                span = (field, folded.span(*row))
                note = "a long row of one sign"
                return _signal(wording, *span, note=note, strength=REPEATED_SIGNS_STRENGTH)
        return None

    def _link_only(self, texts: Sequence[_Text]) -> tuple[str, tuple[int, int]] | None:
        linked = next(((one, link) for one in texts for link in spam.links(one.folded.text)), None)
        if linked is None:
            return None
        # Words for an ethnicity are not counted, so that they alone change no signal.
        plain = (self._ethnicity.removed_from(one.folded.text) for one in texts)
        if sum(map(spam.words_beside_links, plain)) >= LEAST_WORDS:
            return None
        one, link = linked
        return one.field, one.folded.span(*link)


def _signal(
    wording: Wording, field: str, span: tuple[int, int], *, note: str = "", strength: float | None = None
) -> Signal:
    return Signal(
        wording.kind,
        wording.sign,
        strength=wording.strength if strength is None else strength,
        source=wording.source,
        note=note or wording.label,
        field=field,
        start=span[0],
        end=span[1],
    )
