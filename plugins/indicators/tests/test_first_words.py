"""Wordings are looked for where their first two words stand, and nothing is missed by it."""

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
WORDS = sorted(
    {
        word.replace("#", "18")
        for wording in LEXICON.wordings.values()
        for words in wording.words
        for word in words.split()
    }
)
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
GAPS = [" ", " ", " ", " ", " ", " ", "  ", "-", "_", ", ", "'", ".", "\n", "", "\u00e9", "!!!! "]


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("fresh", {"fresh"}),
        ("what you see", {"what you"}),
        ("(very )?reliable", {"very reliable", "reliable"}),
        ("school ?girl", {"school girl", "schoolgirl"}),
        ("in ?calls? only", {"in call", "in calls", "incall only", "incalls only"}),
        ("licen[cs]ed agency", {"licenced agency", "licensed agency"}),
        ("(# )?(legit|legitimate)", {"# legit", "# legitimate", "legit", "legitimate"}),
        ("(18|19) ?(yrs?|yo)", {"# yr", "# yrs", "# yo", "#yr", "#yrs", "#yo"}),
        ("driver'?s", {"driver s", "drivers"}),
        ("only (here )?(for|until)", {"only here", "only for", "only until"}),
        (
            "(100|fully) ?(percent)? independent",
            {
                "# percent",
                "# independent",
                "#percent independent",
                "fully percent",
                "fully independent",
                "fullypercent independent",
            },
        ),
    ],
)
def test_the_first_one_or_two_words_of_a_phrase(phrase, words):
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


@given(st.text(alphabet="aZ9_ -'é❤中Ω５\u0301\ufe0f\n", max_size=40))
def test_the_words_of_a_folded_text_are_its_rows_of_letters_and_digits(text):
    folded = fold(text)
    assert folded.words == re.findall(r"[^\W_]+", folded.text)


@given(st.text(alphabet="aZ ½é❤ﬁ５\u0301\ufe0f", min_size=1, max_size=40), st.data())
def test_a_span_leads_back_to_what_it_was_folded_from(text, data):
    folded = fold(text)
    if folded.text:
        at = data.draw(st.integers(0, len(folded.text) - 1))
        start, end = folded.span(at, at + 1)
        assert folded.text[at] in fold(text[start:end]).text
