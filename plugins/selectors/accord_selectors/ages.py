"""Stated ages in whole years: "age: 23", "I am 23", "21yo", "veintidos años"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from accord_sdk import Signal
from accord_selectors.age_words import BEFORE_F, MACHINES, NO_NAME, NUMBERED
from accord_selectors.folding import Folded
from accord_selectors.mentions import Mention
from accord_selectors.number_words import DIGIT_WORDS, TEENS, TENS, VEINTI, digits_of_run
from accord_selectors.triggers import (
    AGE_HEIGHT,
    AGE_LABEL,
    AGE_SEX,
    AGE_START,
    AGE_WORD,
    AGE_YEARS,
    TWO_DIGITS,
    any_of,
    where,
)

_N = r"([1-9][0-9])"
_FREE = r"(?<![0-9$€£.,:/'#+\-])"
_NO_UNIT = (
    r"(?![0-9%'\"/]|[.,:\-][0-9]|\s?(?:lb|lbs|pounds|kg|kgs|kilos|cm|mm|ft|feet|inch|inches|in\b|min|mins|minutes?|minutos"
    r"|miles?|mi|km|blocks?|hours?|hrs?|h|am|pm|roses|dollars|usd|percent|weeks?|months?|days?|meses|dias|semanas"
    r"|d{1,4}|[a-h]{1,3}\scup)(?![a-z])|\s?x\s?[0-9]|\s?\$)"
)
_YEARS = (
    r"(?:years?|yrs?|yr'?s|y\.?\s?/?\\?\s?o\.?|yers|yaers|yearold|yearsold|yrs?old|yeras|yaer|anos?|anitos)"
)
_GAP = r"(?:\s?-?\s?|[*_~]|[^\x00-\x7f]{1,2})"
_OLD = r"(?:\s?-?\s?(?:old|of\sage|de\sedad|young))"
_NOT_AN_AGE = (
    r"(?!\s?(?:\+|plus\b|or\s(?:older|over|more|above)|and\s(?:older|over|up|above)|(?:of\s)?(?:exp|experience|experiencia)"
    r"|de\sexp|ago|in\s(?:the\s)?business|in\sthe|of\sservice|of\spractice|together|warranty|running|since|later|serving|up(?![a-z])|&\sup))"
)
_BY_LABEL = re.compile(
    rf"(?<![a-z])(?:ages?|edades)[\s:]{{1,2}}{_N}\s?(?:-|to|and|&|,|y|a)\s?{_N}{_NO_UNIT}{_NOT_AN_AGE}"
    rf"|(?<![a-z])age\s?/\s?(?:ht|height|h)\s?(?:/[a-z]+)?\s?[:=]?\s?{_N}(?=\s?/)"
    rf"|(?<![a-z])(?:yrs|years?)(?:\sold)?\s?[:=]\s?(1[89]|[2-5][0-9]){_NO_UNIT}{_NOT_AN_AGE}"
    rf"|(?<![a-z])(?:ages?|aged|edad)(?![a-z])[\s:=~.(\->|*➡👉]{{0,4}}(?:(?:is|of|es|between|from|de)\s)?{_N}{_NO_UNIT}{_NOT_AN_AGE}"
)
_BY_YEARS = re.compile(
    rf"(?:{_FREE}{_N}\s?(?:-|to|and|&|\+|y|a|or|o)\s?)?(?:(?<=-)|(?<=\s)|{_FREE}){_N}{_GAP}{_YEARS}(?![a-z])({_OLD}?){_NOT_AN_AGE}"
)
_BY_PERSON = re.compile(
    rf"(?<![a-z])(?:i\s?am|i'm|im|i\sm|tengo|soy\sde|she\sis|she's|shes|just\sturned|turned|turning|cumpli)[\s,]{{1,3}}"
    rf"(?:an?\s|only\s|just\s|now\s|ya\s)?{_N}{_NO_UNIT}"
    rf"|(?<![a-z])we\s?(?:are|'re)\s(?:both\s)?{_N}(?:\s?(?:and|&|,|/)\s?{_N})?{_NO_UNIT}"
    rf"|(?<![a-z])my\sname\sis\s[a-z]{{2,12}},?\s(?:and\s)?(?:i'?m\s)?{_N}{_NO_UNIT}"
)
_words = "|".join(sorted([*TEENS, *VEINTI, *TENS], key=len, reverse=True))
_digits = "|".join(DIGIT_WORDS)
_IN_WORDS = re.compile(
    rf"(?<![a-z])((?:{_words})(?:\s?-?\s?(?:y\s)?(?:{_digits}|[1-9](?![0-9])))?)\s?-?\s?(?:{_YEARS})(?![a-z]){_OLD}?{_NOT_AN_AGE}"
    rf"|(?<![a-z])(?:(?:i\s?am|i'm|im|tengo|turned)\s|aged?(?:\sis)?[\s:=\-]{{1,3}})"
    rf"((?:{_words})(?:\s?-?\s?(?:y\s)?(?:{_digits}))?)(?![a-z]){_NO_UNIT}"
)
_LASTING = re.compile(
    r"(?<![a-z])(?:for|over|last|past|since|open|than|warranty|within|nearly|almost|hace)\s$"
)
_BY_SEX = re.compile(
    rf"(?<![a-z0-9/])f\s?/\s?{_N}(?![0-9/])|{_FREE}{_N}\s?/\s?f(?![a-z/])|{_FREE}{_N}f(?![a-z0-9/])"
    rf"|{_FREE}{_N}\s(?:female|chica|mujer)(?![a-z])|(?<![a-z])female[\s,]{{1,2}}{_N}{_NO_UNIT}"
    rf"|(?<![a-z0-9])f{_N}(?![0-9]|\s(?:{'|'.join(MACHINES)})(?![a-z]))"
    rf"|{_FREE}{_N}\sf\s(?=here|looking|new|4|for|seeking|single|available|visiting)"
)
_BEFORE_HEIGHT = re.compile(
    rf"{_FREE}{_N}(?:,|\s|\syo|/){{1,3}}(?=[45]\s?(?:'|ft\s?|feet\s?)\s?[0-9]{{1,2}}(?![0-9]))"
)
_NAME_START = re.compile(rf"\W{{0,4}}[a-z]{{2,12}},\s?{_N}(?=,|\s?$|\s[\-–|*~])")
"""Ana, 24, downtown"""
_NUMBER_FIRST = re.compile(rf"\W{{0,4}}{_N}\s([a-z]{{3,12}})\W{{0,4}}$")
"""24 Lena"""
_NAME_LAST = re.compile(rf"(?<![a-z])([a-z]{{3,12}})\s{_N}\W{{0,4}}$")
"""New girl Zoe 21"""
_WORD_BEFORE = re.compile(r"([a-z]+)[ #\-]{1,2}\Z")
_DASH_END = re.compile(rf"\s[\-–|]\s{{1,2}}{_N}\s{{0,2}}$|\({_N}\)\s?$")

_number, _label, _start, _years = map(any_of, (TWO_DIGITS, AGE_LABEL, AGE_START, AGE_YEARS))
_LABELS = re.compile(_label + b"(?=.{0,9}" + _number + b")", re.DOTALL)
_PERSONS = re.compile(_start + b"(?=.{1,15}" + _number + b")", re.DOTALL)
_NUMBERS_OF_YEARS = re.compile(_number + b"(?=.{0,9}" + _years + b")", re.DOTALL)
"""Where the patterns of words can begin: tokens with what they need behind them."""
_NUMBERS = where(TWO_DIGITS)
_SEXES = where(AGE_SEX)
_NUMBER_WORDS = where(AGE_WORD)
ADULT = 18
_LEAST, _MOST = 18, 60
"""Ages that a bare number beside a name is taken for."""
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
    if roles & TWO_DIGITS:
        if roles & AGE_LABEL:
            yield from _from(_LABELS, _BY_LABEL, folded, 0.95)
        if roles & AGE_YEARS:
            yield from _by_years(folded)
        if roles & AGE_START:
            yield from _from(_PERSONS, _BY_PERSON, folded, 0.9)
        if roles & AGE_SEX:
            yield from _by_sex(folded)
        if roles & AGE_HEIGHT or "'" in low:
            yield from _from(_NUMBERS, _BEFORE_HEIGHT, folded, 0.7)
    if roles & AGE_WORD:
        yield from _spelled(low, folded.around(_NUMBER_WORDS, 12, 48))
    if title and (ending := _DASH_END.search(low, max(0, len(low) - 12))):
        yield from _mentions(ending, (1, 2), 0.6)
    elif title and (beginning := _NAME_START.match(low)):
        yield from _mentions(beginning, (1,), 0.6)
    elif title and roles & TWO_DIGITS:
        yield from _beside_a_name(folded)


def _by_sex(folded: Folded) -> Iterator[Mention]:
    for start, end in folded.around(_SEXES, 8, 8):
        for match in _BY_SEX.finditer(folded.low, start, end):
            if not _is_a_thing(match):
                yield from _mentions(match, range(1, _BY_SEX.groups + 1), 0.7)


def _is_a_thing(match: re.Match[str]) -> bool:
    """Whether an f right before its number names a seat, a key or a car: "row f12"."""
    if match[0][0] != "f" or not match[0][1:].isdigit():
        return False
    before = _WORD_BEFORE.search(match.string, max(0, match.start() - 16), match.start())
    return before is not None and before[1] in BEFORE_F


def _beside_a_name(folded: Folded) -> Iterator[Mention]:
    """The number that ends a title behind a name, or begins one that is else only a name."""
    low = folded.low
    for pattern, name, number in ((_NAME_LAST, 1, 2), (_NUMBER_FIRST, 2, 1)):
        match = pattern.match(low) if pattern is _NUMBER_FIRST else pattern.search(low, max(0, len(low) - 20))
        if match is None or not _LEAST <= int(match[number]) < _MOST:
            continue
        if match[name] in NO_NAME or match[name].removesuffix("s") in NUMBERED:
            continue
        start, end = match.span(name)
        if folded.original(start, end).istitle():
            yield Mention("age", match[number], *match.span(number), 0.5)
            return


def _by_years(folded: Folded) -> Iterator[Mention]:
    low = folded.low
    for match in _matches(_NUMBERS_OF_YEARS, _BY_YEARS, folded):
        if not match[3] and _LASTING.search(low, max(0, match.start() - 12), match.start()):
            continue
        confidence = 0.95 if match[3] or "o" in match[0].rpartition("y")[2] else 0.8
        yield from _mentions(match, (1, 2), confidence)


def _from(
    begins: re.Pattern[bytes], pattern: re.Pattern[str], folded: Folded, confidence: float
) -> Iterator[Mention]:
    for match in _matches(begins, pattern, folded):
        yield from _mentions(match, range(1, pattern.groups + 1), confidence)


def _matches(begins: re.Pattern[bytes], pattern: re.Pattern[str], folded: Folded) -> Iterator[re.Match[str]]:
    """The matches of a pattern of words that begin at certain tokens, none within another."""
    low, tokens, ends, done = folded.low, folded.tokens, folded.ends, 0
    for begin in begins.finditer(folded.codes):
        i = begin.start()
        start = ends[i] - len(tokens[i])
        if start >= done and (match := pattern.match(low, start)):
            done = match.end()
            yield match


def _mentions(
    match: re.Match[str], groups: Iterator[int] | range | tuple[int, ...], confidence: float
) -> Iterator[Mention]:
    for group in groups:
        if match[group]:
            yield Mention("age", match[group], *match.span(group), confidence)


def _spelled(low: str, spans: list[tuple[int, int]]) -> Iterator[Mention]:
    for match in chain.from_iterable(_IN_WORDS.finditer(low, *span) for span in spans):
        group = 1 if match[1] else 2
        letters = re.sub(r"[^a-z]", "", match[group])
        run = digits_of_run(letters) or digits_of_run(re.sub(r"(?<=nta|nte)y", "", letters))
        if run and len(run[0]) == 2:
            last = match[group][-1]
            age = run[0][0] + last if last.isdigit() else run[0]  # twenty3
            yield Mention("age", age, *match.span(group), 0.85)
