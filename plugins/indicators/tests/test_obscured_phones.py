"""Obscured telephone numbers are seen; plain ones, prices, times and counting are not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord_indicators import obscured
from accord_indicators.folding import fold
from accord_indicators.obscured import first_obscured

OBSCURED = [
    "six1four-555-01three4",
    "SIX one FOUR five FIVE five zero ONE three FOUR",
    "614 555 o134",
    "6l4-555-0i34",
    "sixonefour 555 0134",
    "6.1.4.5.5.5.0.1.3.4",
    "6 1 4 5 5 5 0 1 3 4",
    "*614~*555~01**34",
    "(614)❤555❤0134",
    "⑥①④ 555 0134",
    "\uff16\uff11\uff14 \uff15\uff15\uff15 \uff10\uff11\uff13\uff14",
    "6️⃣1️⃣4️⃣5️⃣5️⃣5️⃣0️⃣1️⃣3️⃣4️⃣",
    "61fourfive55-oh134",
    "seis uno cuatro cinco cinco cinco cero uno tres cuatro",
    "6twenty-fourfive5-o134oo",
]
PLAIN = [
    "614-555-0134",
    "(614) 555 0134",
    "+1 614.555.0134",
    "+33 6 12 34 56 78",
    "Room for two 614-555-0134",
    "614-555-0134 one hour",
    "100 * 150 * 200 * 300",
    "200 ♥ 300 ♥ 4000",
    "one two three four five six seven eight nine ten",
    "someone often weighs the height of eighty stones",
    "24/7 since 2019, 10 to 12, rooms 3, 4 and 5",
    "2026-05-01 12:00:00",
    "I am 21, 5'4, 34",
    "$100 one hour $150 two hours $200",
]


@pytest.mark.parametrize("number", OBSCURED)
@pytest.mark.parametrize("frame", ["{}", "call me {} any time", "Ruf an: {}!"])
def test_an_obscured_number_is_seen_where_it_stands(number, frame):
    text = frame.format(number)
    span = first_obscured(fold(text), text)
    assert span is not None
    assert number.strip("*(️⃣") in text[slice(*span)] or text[slice(*span)] in number


@pytest.mark.parametrize("text", PLAIN)
def test_a_plain_number_or_no_number_is_not_obscured(text):
    assert first_obscured(fold(text), text) is None


def test_the_span_leaves_out_a_number_word_that_belongs_to_the_sentence():
    text = "for two 614-five55-0134 ok"
    span = first_obscured(fold(text), text)
    assert span is not None
    assert text[slice(*span)].endswith("614-five55-0134")


def test_lines_are_not_joined_into_a_number():
    text = "four\n614 555\n0134"
    assert first_obscured(fold(text), text) is None


PARTS = [
    "614",
    "555",
    "0134",
    "5",
    "o1",
    "six",
    "five",
    "oh",
    "two",
    "300",
    "⑥",
    "\uff15",
    "Ⅷ",
    "a",
    "hour",
    "ñ",
    "x9",
]
BETWEEN = ["", "", " ", " ", "-", ".", ", ", "\n", "$", "_", "*", "❤", "\ufe0f\u20e3", "~~~~~", ") "]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(BETWEEN)), max_size=24))
def test_the_quick_looks_hide_no_number_and_invent_none(parts):
    text = "".join(part + between for part, between in parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(obscured, "numeric_rows", lambda codes: [codes])
        patch.setattr(obscured, "is_spoken", lambda _: True)
        thorough = first_obscured(fold(text), text)
    assert first_obscured(fold(text), text) == thorough
