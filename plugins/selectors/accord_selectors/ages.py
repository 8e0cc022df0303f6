"""Stated ages in whole years: "age: 23", "I am 23", "21yo", "veintidos años"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from accord_sdk import Signal
from accord_selectors.folding import Folded
from accord_selectors.mentions import Mention
from accord_selectors.number_words import DIGIT_WORDS, TEENS, TENS, VEINTI, digits_of_run
from accord_selectors.triggers import (
    AGE_HEIGHT,
    AGE_LABEL,
    AGE_PERSON,
    AGE_SEX,
    AGE_WORD,
    AGE_YEARS,
    QUOTE,
    TWO_DIGITS,
    where,
)

_N = r"([1-9][0-9])"
_FREE = r"(?<![0-9$€£.,:/'#+\-])"
_NO_UNIT = (
    r"(?![0-9%'\"/]|[.,:\-][0-9]|\s?(?:lb|lbs|pounds|kg|kgs|kilos|cm|mm|ft|feet|inch|inches|in\b|min|mins|minutes?|minutos"
    r"|miles?|mi|km|blocks?|hours?|hrs?|h|am|pm|roses|dollars|usd|percent|weeks?|months?|days?|meses|dias|semanas"
    r"|d{1,4}|[a-h]{1,3}\scup)(?![a-z])|\s?x\s?[0-9]|\s?\$)"
)
_YEARS = r"(?:years?|yrs?|yr'?s|y\.?\s?/?\\?\s?o\.?|yers|yaers|anos?|anitos)"
_OLD = r"(?:\s?-?\s?(?:old|of\sage|de\sedad|young))"
_NOT_AN_AGE = (
    r"(?!\s?(?:\+|plus\b|or\s(?:older|over|more|above)|and\s(?:older|over|up|above)|(?:of\s)?(?:exp|experience|experiencia)"
    r"|de\sexp|ago|in\s(?:the\s)?business|in\sthe|of\sservice|of\spractice|together|warranty|running|since|later|serving|up(?![a-z])|&\sup))"
)
_BY_LABEL = re.compile(
    rf"(?<![a-z])(?:ages?|edades)[\s:]{{1,2}}{_N}\s?(?:-|to|and|&|,|y|a)\s?{_N}{_NO_UNIT}{_NOT_AN_AGE}"
    rf"|(?<![a-z])age\s?/\s?(?:ht|height|h)\s?(?:/[a-z]+)?\s?[:=]?\s?{_N}(?=\s?/)"
    rf"|(?<![a-z])(?:ages?|aged|edad)(?![a-z])[\s:=~.(\-]{{0,4}}(?:(?:is|of|es|between|from|de)\s)?{_N}{_NO_UNIT}{_NOT_AN_AGE}"
)
_BY_YEARS = re.compile(
    rf"(?:{_FREE}{_N}\s?(?:-|to|and|&|\+|y|a|or|o)\s?)?(?:(?<=-)|(?<=\s)|{_FREE}){_N}\s?-?\s?{_YEARS}(?![a-z])({_OLD}?){_NOT_AN_AGE}"
)
_BY_PERSON = re.compile(
    rf"(?<![a-z])(?:i\s?am|i'm|im|tengo|soy\sde|she\sis|she's|shes|just\sturned|turned|cumpli)\s{{1,3}}"
    rf"(?:an?\s|only\s|just\s|now\s|ya\s)?{_N}{_NO_UNIT}"
    rf"|(?<![a-z])we\s?(?:are|'re)\s(?:both\s)?{_N}\s?(?:and|&|,|/)\s?{_N}{_NO_UNIT}"
    rf"|(?<![a-z])my\sname\sis\s[a-z]{{2,12}},?\s(?:and\s)?(?:i'?m\s)?{_N}{_NO_UNIT}"
)
_words = "|".join(sorted([*TEENS, *VEINTI, *TENS], key=len, reverse=True))
_digits = "|".join(DIGIT_WORDS)
_IN_WORDS = re.compile(
    rf"(?<![a-z])((?:{_words})(?:\s?-?\s?(?:y\s)?(?:{_digits}))?)\s?-?\s?(?:{_YEARS})(?![a-z]){_OLD}?{_NOT_AN_AGE}"
    rf"|(?<![a-z])(?:i\s?am|i'm|im|aged?|tengo|turned)\s((?:{_words})(?:\s?-?\s?(?:y\s)?(?:{_digits}))?)(?![a-z]){_NO_UNIT}"
)
_LASTING = re.compile(
    r"(?<![a-z])(?:for|over|last|past|since|open|than|warranty|within|nearly|almost|hace)\s$"
)
_BY_SEX = re.compile(
    rf"(?<![a-z0-9/])f\s?/\s?{_N}(?![0-9/])|{_FREE}{_N}\s?/\s?f(?![a-z/])|{_FREE}{_N}f(?![a-z0-9/])"
)
_BEFORE_HEIGHT = re.compile(
    rf"{_FREE}{_N}(?:,|\s|\syo|/){{1,3}}(?=[45]\s?(?:'|ft\s?|feet\s?)\s?[0-9]{{1,2}}(?![0-9]))"
)
_NAME_START = re.compile(rf"\W{{0,4}}[a-z]{{2,12}},\s?{_N}(?=,|\s?$|\s[\-–|*~])")
"""Ana, 24, downtown"""
_DASH_END = re.compile(rf"\s[\-–|]\s{{1,2}}{_N}\s{{0,2}}$|\({_N}\)\s?$")

_NEAR = where(AGE_LABEL | AGE_PERSON | AGE_YEARS | AGE_SEX | AGE_HEIGHT | QUOTE)
_NUMBERS = where(TWO_DIGITS)
_NUMBER_WORDS = where(AGE_WORD)
_REACH = 48
"""Characters before and after a number within which all that makes it an age stands."""
ADULT = 18
_UNDER_AGE_SOURCE = (
    "Palermo Protocol (United Nations, 2000), article 3 (c) and (d): a child is any person under eighteen, "
    "and for a child no means need to be shown"
)


def stated_under_age(field: str, start: int, end: int, confidence: float) -> Signal:
    """The signal that a text states an age under eighteen; the span is of the age in the original text."""
    return Signal(
        "stated_age_under_18",
        1,
        source=_UNDER_AGE_SOURCE,
        note="stated age under 18",
        field=field,
        start=start,
        end=end,
        confidence=confidence,
    )


def ages(folded: Folded, *, title: bool = False) -> Iterator[Mention]:
    """The ages of a text; a title may end with one ("... - 23")."""
    roles, low = folded.roles, folded.low
    spans = _spans(folded) if roles & TWO_DIGITS else []
    if spans:
        if roles & AGE_LABEL:
            yield from _numbers(_BY_LABEL, low, spans, 0.95)
        if roles & AGE_YEARS:
            yield from _by_years(low, spans)
        if roles & AGE_PERSON:
            yield from _numbers(_BY_PERSON, low, spans, 0.9)
        if roles & AGE_SEX:
            yield from _numbers(_BY_SEX, low, spans, 0.7)
        if roles & AGE_HEIGHT or "'" in low:
            yield from _numbers(_BEFORE_HEIGHT, low, spans, 0.7)
    if roles & AGE_WORD:
        yield from _spelled(low, folded.around(_NUMBER_WORDS, 12, 48))
    if title and (ending := _DASH_END.search(low, max(0, len(low) - 12))):
        yield from _mentions(ending, (1, 2), 0.6)
    elif title and (beginning := _NAME_START.match(low)):
        yield from _mentions(beginning, (1,), 0.6)


def _spans(folded: Folded) -> list[tuple[int, int]]:
    """The stretches of folded text around numbers of two digits that have a word of age near them."""
    found: list[tuple[int, int]] = []
    codes, ends = folded.codes, folded.ends
    for match in _NUMBERS.finditer(codes):
        i = match.start()
        if not _NEAR.search(codes, max(0, i - 8), i + 8):
            continue
        start, end = max(0, ends[i] - _REACH), ends[i] + _REACH
        if found and start <= found[-1][1]:
            start = found.pop()[0]
        found.append((start, end))
    return found


def _by_years(low: str, spans: list[tuple[int, int]]) -> Iterator[Mention]:
    for span in spans:
        for match in _BY_YEARS.finditer(low, *span):
            if not match[3] and _LASTING.search(low, max(0, match.start() - 12), match.start()):
                continue
            confidence = 0.95 if match[3] or "o" in match[0].rpartition("y")[2] else 0.8
            yield from _mentions(match, (1, 2), confidence)


def _numbers(
    pattern: re.Pattern[str], low: str, spans: list[tuple[int, int]], confidence: float
) -> Iterator[Mention]:
    for span in spans:
        for match in pattern.finditer(low, *span):
            yield from _mentions(match, range(1, pattern.groups + 1), confidence)


def _mentions(
    match: re.Match[str], groups: Iterator[int] | range | tuple[int, ...], confidence: float
) -> Iterator[Mention]:
    for group in groups:
        if match[group]:
            yield Mention("age", match[group], *match.span(group), confidence)


def _spelled(low: str, spans: list[tuple[int, int]]) -> Iterator[Mention]:
    for match in chain.from_iterable(_IN_WORDS.finditer(low, *span) for span in spans):
        group = 1 if match[1] else 2
        letters = re.sub(r"[^a-z]|(?<=[a-z]) y (?=[a-z])", "", match[group])
        run = digits_of_run(letters) or digits_of_run(re.sub(r"(?<=nta)y", "", letters))
        if run and len(run[0]) == 2:
            yield Mention("age", run[0], *match.span(group), 0.85)
