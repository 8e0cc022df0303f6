"""The detector: which indicators a record's title and body show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
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
_SHORT_TEXT, _REMEMBERED = 120, 4096
"""Titles repeat: so many texts of so many characters are remembered."""
LEAST_WORDS = 6
"""A record with a link and fewer words than this beside it is a link only."""


class _Text(NamedTuple):
    """One text, folded; where which wording can begin in it; its first obscured telephone number."""

    folded: Folded
    places: Mapping[str, Sequence[int]]
    obscured: tuple[int, int] | None


_Texts = Sequence[tuple[str, _Text]]
"""The texts of a record, each with the name of its field."""


class TextIndicators:
    """Emits at most one signal of each kind for a record, with the span of its first occurrence.

    `ethnicity`: whether to show where a text states an ethnicity (sign 0, strength 0, never scored).
    """

    name = "indicators"

    def __init__(self, lexicon: Lexicon, *, ethnicity: bool = False) -> None:
        shown = (wording for wording in lexicon.wordings.values() if ethnicity or wording.kind != ETHNICITY)
        self._wordings = tuple(shown)
        self._ethnicity = lexicon.wordings[ETHNICITY]
        looked_for = (*self._wordings, self._ethnicity)
        self._first_words = FirstWords({wording.kind: wording.words for wording in looked_for})
        self._read_short = lru_cache(_REMEMBERED)(self._read)

    def open(self) -> None:
        """Nothing more to load."""

    def close(self) -> None:
        """Nothing to let go."""

    def detect(self, batch: Sequence[Record], call: Call) -> Iterator[Found]:
        """One `Found` for each record."""
        short, long = self._read_short, self._read
        for ref, record in enumerate(batch):
            texts = [
                (field, short(text) if len(text) <= _SHORT_TEXT else long(text))
                for field, text in record.texts()
            ]
            yield Found(ref, tuple(self._signals(texts)))

    def _signals(self, texts: _Texts) -> Iterator[Signal]:
        begun = {*_WITHOUT_WORDS, *(kind for _, text in texts for kind in text.places)}
        for wording in self._wordings:
            if wording.kind in begun and (signal := self._look(wording, texts)):
                yield signal

    def _read(self, text: str) -> _Text:
        folded = fold(text)
        codes = bytes(map(self._first_words.codes.__getitem__, folded.words))
        return _Text(
            folded,
            self._first_words.places(folded, codes),
            first_obscured(folded, text[:TEXT_CAP], codes),
        )

    def _look(self, wording: Wording, texts: _Texts) -> Signal | None:
        obscured = wording.kind == OBSCURED_PHONE
        for field, text in texts:
            if obscured:
                span = text.obscured
            else:
                places = text.places.get(wording.kind)
                span = wording.first(text.folded, places) if places else None
            if span:
                return _signal(wording, field, span)
        return self._spam(wording, texts) if wording.kind == SPAM else None

    def _spam(self, wording: Wording, texts: _Texts) -> Signal | None:
        if span := self._link_only(texts):
            return _signal(wording, *span, note="a link and next to nothing else")
        for field, text in texts:
            if row := spam.repeated_signs(text.folded.text):
                return _signal(
                    wording,
                    field,
                    text.folded.span(*row),
                    note="a long row of one sign",
                    strength=REPEATED_SIGNS_STRENGTH,
                )
        return None

    def _link_only(self, texts: _Texts) -> tuple[str, tuple[int, int]] | None:
        found = ((field, text.folded, link) for field, text in texts for link in spam.links(text.folded.text))
        linked = next(found, None)
        if linked is None:
            return None
        if any(
            ETHNICITY not in text.places and spam.has_words(text.folded.text, LEAST_WORDS)
            for _, text in texts
        ):
            return None
        # Words for an ethnicity are not counted, so that they alone change no signal.
        plain = (
            self._ethnicity.removed_from(text.folded.text) if ETHNICITY in text.places else text.folded.text
            for _, text in texts
        )
        if sum(map(spam.words_beside_links, plain)) >= LEAST_WORDS:
            return None
        field, folded, link = linked
        return field, folded.span(*link)


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
