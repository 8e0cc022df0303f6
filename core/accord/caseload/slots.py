"""What near-duplicate texts have in common, and what varies between them. Pure: no database, no clock.

One text, the one whose words the others share most, is the measure. Every text is aligned to it word by
word (`difflib`, which compares letters of any case and marks around words as equal here). Words that
most texts have stand; between them are slots, and each slot lists what the texts put there. The idea of
showing a group of advertisements as a template with slots is InfoShield's (Lee et al., ICDE 2021).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_TEXTS = 40
"""More texts make a clearer template hardly ever, and the alignment slower."""
MOST_WORDS = 400
COMMON_SHARE = 0.7
"""A word stands when at least this part of the texts has it at its place; what fewer change is no slot."""
MARKS = ".,;:!?()[]{}\"'*~-_/|<>"
"""What may stand around a word without making it another one."""


@dataclass(frozen=True)
class Variant:
    """What some texts put into a slot; empty words where they put nothing."""

    words: str
    texts: int


@dataclass(frozen=True)
class Slot:
    """Where texts differ: a number from 1, and what stands there, the most frequent first."""

    number: int
    variants: tuple[Variant, ...]


@dataclass(frozen=True)
class Common:
    """A stretch that most texts have, as the measure writes it."""

    words: str


@dataclass(frozen=True)
class SharedText:
    """Several texts as one: stretches in common and slots, in order."""

    parts: tuple[Common | Slot, ...]
    texts: int
    common_words: int

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots alone."""
        return tuple(part for part in self.parts if isinstance(part, Slot))


def shared_text(texts: Sequence[str]) -> SharedText | None:
    """What texts share, or None when there are fewer than two with words or no word stands in most of them.

    The same texts give the same, in whatever order they come. Beyond `MOST_TEXTS` the first by their
    words are taken, and of a text its first `MOST_WORDS` words.
    """
    written = sorted(words for text in texts if (words := tuple(text.split()[:MOST_WORDS])))[:MOST_TEXTS]
    if len(written) < 2:
        return None
    keys = [tuple(map(_key, words)) for words in written]
    measure = _measure(keys)
    places = [_places(keys[measure], other) for other in keys]
    standing = _standing(places, len(keys[measure]))
    if not standing:
        return None
    return SharedText(_parts(written, measure, places, standing), len(written), len(standing))


def _key(word: str) -> str:
    return word.strip(MARKS).lower() or word


def _measure(keys: Sequence[tuple[str, ...]]) -> int:
    """The text whose different words the most others have, against its length; of equals the first."""
    counts = Counter(key for words in keys for key in set(words))
    return max(
        range(len(keys)),
        key=lambda index: (sum(counts[key] for key in set(keys[index])) / (len(keys[index]) + 5), -index),
    )


def _places(measure: tuple[str, ...], other: tuple[str, ...]) -> list[int | None]:
    """For each word of the measure its place in the other text."""
    found: list[int | None] = [None] * len(measure)
    for start, place, size in SequenceMatcher(None, measure, other, autojunk=False).get_matching_blocks():
        for offset in range(size):
            found[start + offset] = place + offset
    return found


def _standing(places: Sequence[list[int | None]], length: int) -> list[int]:
    needed = max(2.0, COMMON_SHARE * len(places))
    return [index for index in range(length) if sum(place[index] is not None for place in places) >= needed]


def _parts(
    written: Sequence[tuple[str, ...]],
    measure: int,
    places: Sequence[list[int | None]],
    standing: Sequence[int],
) -> tuple[Common | Slot, ...]:
    parts: list[Common | Slot] = []
    stretch: list[str] = []
    number = 0
    for before, after in zip([None, *standing], [*standing, None], strict=True):
        variants = _variants(written, places, before, after)
        if variants and variants[0].texts >= COMMON_SHARE * sum(variant.texts for variant in variants):
            # Most texts say the same here, or nothing: a slip or an edit of a few is no slot.
            stretch += variants[0].words.split()
        elif variants:
            if stretch:
                parts.append(Common(" ".join(stretch)))
                stretch = []
            number += 1
            parts.append(Slot(number, variants))
        if after is not None:
            stretch.append(written[measure][after])
    if stretch:
        parts.append(Common(" ".join(stretch)))
    return tuple(parts)


def _variants(
    written: Sequence[tuple[str, ...]],
    places: Sequence[list[int | None]],
    before: int | None,
    after: int | None,
) -> tuple[Variant, ...]:
    """What stands between two standing words; empty when no text has anything there."""
    found: Counter[str] = Counter()
    for words, place in zip(written, places, strict=True):
        start = -1 if before is None else place[before]
        end = len(words) if after is None else place[after]
        if start is not None and end is not None:
            found[" ".join(words[start + 1 : end])] += 1
    if not any(found):
        return ()
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Variant(words, texts) for words, texts in ordered)
