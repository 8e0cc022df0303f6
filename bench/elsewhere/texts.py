"""Texts: an author's template, its slots filled for one record, and the edits of a copy."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WORDS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
LISTS: Mapping[str, Sequence[str]] = _WORDS["lists"]
SENTENCES: Mapping[str, Sequence[str]] = _WORDS["sentences"]
SLOTS = frozenset({"person", "town", "fee", "when", "age"})
WHEN = (
    "today",
    "tonight",
    "this week",
    "until Sunday",
    "right now",
    "for two nights",
    "tomorrow",
    "this month",
)
NAMES = (
    "Ada Bea Cora Dina Elsa Faye Gina Hana Ines Jana Kira Lena Mona Nora Olga Pia Rita Sara Tess Uma Vera"
    " Wanda Xenia Yara Zoe Alba Bianca Celia Dora Edith Flora Greta Heidi Iris Judit Katya Luz Marta Nina"
    " Orla Paula Rosa Stella"
).split()
DIGITS = "zero one two three four five six seven eight nine".split()
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Template:
    """A text with slots, as its author wrote it."""

    title: str
    body: str


def compose(rng: random.Random, cues: Sequence[str], plain: int) -> Template:
    """A template of so many plain sentences, and one of each cue."""
    sentences = rng.sample(SENTENCES["plain"], plain) + [rng.choice(SENTENCES[cue]) for cue in cues]
    rng.shuffle(sentences)
    title = rng.choice(SENTENCES["plain"] if not cues else SENTENCES[rng.choice(cues)])
    return Template(_chosen(rng, title).rstrip("."), " ".join(_chosen(rng, one) for one in sentences))


def _chosen(rng: random.Random, sentence: str) -> str:
    def choose(found: re.Match[str]) -> str:
        name = found[1]
        return found[0] if name in SLOTS else rng.choice(LISTS[name])

    text = _SLOT.sub(choose, sentence)
    return text[0].upper() + text[1:]


def fill(text: str, slots: Mapping[str, str]) -> str:
    """The text with its slots filled."""
    return _SLOT.sub(lambda found: slots[found[1]], text)


def edit(rng: random.Random, text: str, part: float) -> str:
    """A copy with this part of its words replaced, dropped, doubled, misspelt or added to."""
    words: list[str] = []
    for word in text.split():
        if rng.random() >= part:
            words.append(word)
            continue
        way = rng.random()
        if way < 0.5:
            words.append(rng.choice(LISTS[rng.choice(("mood", "filler", "manner", "day"))]))
        elif way < 0.7:
            continue
        elif way < 0.85:
            words += [word, rng.choice(LISTS["filler"])]
        else:
            at = rng.randrange(len(word))
            words.append(word[:at] + rng.choice("aeioustrn") + word[at + 1 :])
    return " ".join(words)


def number_as(style: str, digits: str, rng: random.Random) -> str:
    """Ten digits as somebody writes them; every style but the plain ones hides the number."""
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    if style == "dashes":
        return f"{area}-{exchange}-{line}"
    if style == "brackets":
        return f"({area}) {exchange}-{line}"
    if style == "dots":
        return f"{area}.{exchange}.{line}"
    if style == "run":
        return digits
    if style == "words":
        return " ".join(DIGITS[int(one)] if rng.random() < 0.5 else one for one in digits)
    if style == "leet":
        return f"{area} {exchange} {line}".replace("0", "o").replace("1", "l" if rng.random() < 0.5 else "i")
    if style == "stars":
        return f"{area}*{exchange}*{line}"
    if style == "keycaps":
        return "".join(f"{one}\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}" for one in digits)
    return " ".join(digits)


PLAIN_STYLES = ("dashes", "brackets", "dots", "run")
HIDDEN_STYLES = ("words", "leet", "stars", "keycaps", "gaps")
