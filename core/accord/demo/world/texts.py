"""Texts: an actor's templates with slots, filled and edited anew for each record."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

Phrase = tuple[str | tuple[str, ...], ...]
"""A phrase taken apart: fixed pieces, and alternatives of which one is chosen."""


def _parse(phrase: str) -> Phrase:
    pieces = re.split(r"\[([^\]]*)\]", phrase)
    return tuple(tuple(piece.split("|")) if at % 2 else piece for at, piece in enumerate(pieces) if piece)


def _parse_all(sections: Mapping[str, Collection[str]]) -> dict[str, tuple[Phrase, ...]]:
    return {name: tuple(_parse(phrase) for phrase in phrases) for name, phrases in sections.items()}


@dataclass(frozen=True)
class Language:
    """The phrases of a language, ready to choose from."""

    titles: Mapping[str, tuple[Phrase, ...]]
    sections: Mapping[str, tuple[Phrase, ...]]
    cues: Mapping[str, tuple[Phrase, ...]]
    stock: tuple[str, ...]
    fillers: tuple[str, ...]
    no_contact: tuple[str, ...]


@cache
def language(code: str) -> Language:
    """The phrases of a language by its ISO 639-1 code: `en` or `es`.

    :raises FileNotFoundError: when the world has no phrases in it.
    """
    bank = tomllib.loads((files(__package__) / "phrases" / f"{code}.toml").read_text(encoding="utf-8"))
    return Language(
        titles=_parse_all(bank["titles"]),
        sections=_parse_all(bank["sections"]),
        cues=_parse_all(bank["cues"]),
        stock=tuple(bank["stock"]),
        fillers=tuple(bank["fillers"]),
        no_contact=tuple(bank["no_contact"]),
    )


_ORNAMENTS = ("", "", "", "", "*", "~", "\u2728", "\U0001f338", "\u2b50", "\u2764\ufe0f", "\U0001f48e", "!!")
_JOINS = (" ", " ", "\n", "\n", " | ", " \u2022 ", "  ")

VOICES = ("first", "third", "plural", "agency", "spa", "spam")
"""Who speaks in a text. `first` and `third` may be written for one person or several."""
_ABOUT = {"first": "about_one", "third": "about_third", "plural": "about_plural"}


@dataclass(frozen=True, slots=True)
class Template:
    """A text with slots: the words of title and body; a word with a slot is never edited.

    `cues` are the indicators that the words carry (keys of the phrase banks' `CUES`).
    """

    language: str
    title: tuple[str, ...]
    body: tuple[str, ...]
    cues: tuple[str, ...]
    ornament: str
    editable: tuple[int, ...]


def _expand(phrase: Phrase, rng: Random) -> str:
    return "".join([piece if isinstance(piece, str) else rng.choice(piece) for piece in phrase])


def _say(phrases: tuple[Phrase, ...], rng: Random) -> str:
    return _expand(rng.choice(phrases), rng)


def say_cue(code: str, cue: str, rng: Random) -> str:
    """A phrase that carries the cue, its slots still open."""
    return _say(language(code).cues[cue], rng)


def _template(code: str, title: str, body: str, cues: tuple[str, ...], rng: Random) -> Template:
    words = tuple(re.split(r"( |\n)", body))
    editable = tuple(at for at, word in enumerate(words) if at % 2 == 0 and word and "{" not in word)
    return Template(code, tuple(title.split(" ")), words, cues, rng.choice(_ORNAMENTS), editable)


def write(code: str, voice: str, cues: tuple[str, ...], rng: Random, *, several: bool) -> Template:
    """A new template in a voice (one of `VOICES`), carrying the cues; `several`: of more than one person."""
    bank = language(code)
    sections = bank.sections
    about = sections[_ABOUT.get(voice, f"about_{voice}")]
    lines = [_say(sections["hello"], rng)] if voice != "spa" and rng.random() < 0.7 else []
    lines += [_expand(phrase, rng) for phrase in rng.sample(about, rng.randint(2, min(4, len(about))))]
    if voice == "agency" and not any("{licence}" in line for line in lines):
        lines.append(_say(about[:1], rng))
    if voice in ("first", "third", "plural"):
        if rng.random() < 0.55:
            lines.append(_say(sections["age_many" if several else "age_one"], rng))
        lines += [_say(sections[name], rng) for name in ("hours", "where", "policy") if rng.random() < 0.5]
    lines += [_say(bank.cues[cue], rng) for cue in cues]
    if len(lines) > 2:
        middle = lines[1:]
        rng.shuffle(middle)
        lines[1:] = middle
    if voice != "spam" and rng.random() < 0.7:
        lines.append(_say(sections["rates"], rng))
    lines.append(_say(sections["contact"], rng))
    if voice != "spam" and rng.random() < 0.4:
        lines.append(_say(sections["bye"], rng))
    kind = voice if voice in ("agency", "spa", "spam") else "many" if several else "one"
    body = rng.choice(_JOINS).join(lines)
    return _template(code, _say(bank.titles[kind], rng), body, cues, rng)


def borrow(code: str, rng: Random) -> Template:
    """One of the stock texts that strangers share, under a title of one's own."""
    bank = language(code)
    title = _say(bank.titles["one"], rng)
    return _template(code, title, rng.choice(bank.stock), (), rng)


def _typo(word: str, rng: Random) -> str:
    if len(word) < 3:
        return word + word[-1:]
    at = rng.randrange(len(word) - 1)
    how = rng.random()
    if how < 0.4:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if how < 0.7:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def _edit(
    words: list[str], editable: tuple[int, ...], rate: float, fillers: tuple[str, ...], rng: Random
) -> None:
    exact = rate * len(editable)
    edits = int(exact) + (rng.random() < exact - int(exact))
    for at in rng.sample(editable, min(edits, len(editable))):
        how = rng.random()
        if how < 0.25:
            words[at] = _typo(words[at], rng)
        elif how < 0.50:
            words[at] = rng.choice(fillers)
        elif how < 0.70:
            words[at] = ""
        elif how < 0.90:
            words[at] += " " + rng.choice(fillers)
        else:
            words[at] = words[at].upper() if words[at].islower() else words[at].lower()


def fill(template: Template, slots: Mapping[str, str], edit_rate: float, rng: Random) -> tuple[str, str]:
    """Title and body of one record: about `edit_rate` of the body's words edited, slots filled."""
    title = " ".join(template.title).format_map(slots)
    if template.ornament:
        title = f"{template.ornament} {title} {template.ornament}"
    words = list(template.body)
    if edit_rate:
        _edit(words, template.editable, edit_rate, language(template.language).fillers, rng)
    return title, "".join(words).format_map(slots)
