"""Wordings are looked for where their first words stand, and nothing is missed by it."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord_indicators.first_words import FirstWords, first_words
from accord_indicators.folding import fold
from accord_indicators.lexicon import load
from accord_indicators.obscured import first_obscured

LEXICON = load()
INDEX = FirstWords({kind: wording.words for kind, wording in LEXICON.wordings.items()})
WORDS = sorted({word.replace("#", "18") for wording in LEXICON.wordings.values() for word in wording.words})
MORE = [
    "only",
    "calls",
    "old",
    "years",
    "and",
    "no",
    "not",
    "for",
    "a",
    "me",
    "friends",
    "massage",
    "park",
    "x",
]
GAPS = [" ", " ", " ", "  ", "-", "_", ", ", "'", ".", "\n", "", "\u00e9", "!!!! "]


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("what you see", {"what"}),
        ("(very )?reliable", {"very", "reliable"}),
        ("school ?girl", {"school", "schoolgirl"}),
        ("in ?calls? only", {"in", "incall", "incalls"}),
        ("licen[cs]ed agency", {"licenced", "licensed"}),
        ("(# )?(legit|legitimate)", {"#", "legit", "legitimate"}),
        ("(18|19) ?(yrs?|yo)", {"#", "#yr", "#yrs", "#yo"}),
        ("driver'?s", {"driver", "drivers"}),
        ("(100|fully) ?(percent)? independent", {"#", "#percent", "fully", "fullypercent"}),
    ],
)
def test_the_first_words_of_a_phrase(phrase, words):
    assert first_words(phrase) == words


@pytest.mark.parametrize("phrase", ["", "x?", "(a )?(b)?", "' a", " a", "(|a) b"])
def test_a_phrase_that_need_not_begin_with_a_word_is_refused(phrase):
    with pytest.raises(ValueError, match="must begin"):
        first_words(phrase)


def everywhere(pattern, text):
    return [match.start() for match in pattern.finditer(text)]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(WORDS + MORE), st.sampled_from(GAPS)), max_size=30),
)
def test_no_wording_is_missed(parts):
    folded = fold("".join(word + gap for word, gap in parts))
    places = INDEX.places(folded)
    for kind, wording in LEXICON.wordings.items():
        if wording.pattern is None:
            continue
        whole = everywhere(wording.pattern, folded.text)
        assert set(whole) <= set(places.get(kind, ()))
        assert wording.first(folded, places.get(kind, ())) == wording.first(folded, range(len(folded.text)))


def test_an_obscured_number_is_found_in_any_text_that_holds_one():
    chance = random.Random(5)
    for _ in range(200):
        words = " ".join(chance.choice(WORDS + MORE) for _ in range(12))
        text = f"{words} seis1four-5five5-0one34 {words}"
        span = first_obscured(fold(text), text)
        assert span is not None
        assert re.search("four-5five5-0one34", text[slice(*span)])
