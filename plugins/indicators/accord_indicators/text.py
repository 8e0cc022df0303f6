"""The detector: which indicators a record's title and body show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accord_indicators import spam
from accord_indicators.folding import TEXT_CAP, Folded, fold
from accord_indicators.lexicon import Lexicon, Wording
from accord_indicators.obscured import first_obscured
from accord_sdk import Call, Found, Record, Signal

ETHNICITY = "ethnicity_stated"
OBSCURED_PHONE = "obscured_phone"
SPAM = "spam_cues"
REPEATED_SIGNS_STRENGTH = 0.2
"""Rows of signs are common in honest advertisements too."""


LEAST_WORDS = 6
"""A record with a link and fewer words than this beside it is a link only."""

Texts = Sequence[tuple[str, str, Folded]]
"""Field name, text as far as it is looked at, and the text folded."""


class TextIndicators:
    """Emits at most one signal of each kind for a record, with the span of its first occurrence.

    `ethnicity`: whether to show where a text states an ethnicity (sign 0, strength 0, never scored).
    """

    name = "indicators"

    def __init__(self, lexicon: Lexicon, *, ethnicity: bool = False) -> None:
        shown = (wording for wording in lexicon.wordings.values() if ethnicity or wording.kind != ETHNICITY)
        self._wordings = tuple(shown)
        self._ethnicity = lexicon.wordings[ETHNICITY]

    def open(self) -> None:
        """Nothing more to load."""

    def close(self) -> None:
        """Nothing to let go."""

    def detect(self, batch: Sequence[Record], call: Call) -> Iterator[Found]:
        """One `Found` for each record."""
        for ref, record in enumerate(batch):
            texts = [(field, text[:TEXT_CAP], fold(text)) for field, text in record.texts()]
            found = (self._look(wording, texts) for wording in self._wordings)
            yield Found(ref, tuple(signal for signal in found if signal))

    def _look(self, wording: Wording, texts: Texts) -> Signal | None:
        for field, text, folded in texts:
            obscured = wording.kind == OBSCURED_PHONE
            span = first_obscured(folded, text) if obscured else wording.first(folded)
            if span:
                return _signal(wording, field, span)
        return self._spam(wording, texts) if wording.kind == SPAM else None

    def _spam(self, wording: Wording, texts: Texts) -> Signal | None:
        if span := self._link_only(texts):
            return _signal(wording, *span, note="a link and next to nothing else")
        for field, _, folded in texts:
            if row := spam.repeated_signs(folded.text):
                span = (field, folded.span(*row))
                note = "a long row of one sign"
                return _signal(wording, *span, note=note, strength=REPEATED_SIGNS_STRENGTH)
        return None

    def _link_only(self, texts: Texts) -> tuple[str, tuple[int, int]] | None:
        # Words for an ethnicity are not counted, so that they alone change no signal.
        plain = (self._ethnicity.removed_from(folded.text) for _, _, folded in texts)
        if sum(map(spam.words_beside_links, plain)) >= LEAST_WORDS:
            return None
        for field, _, folded in texts:
            for link in spam.links(folded.text):
                return field, folded.span(*link)
        return None


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
