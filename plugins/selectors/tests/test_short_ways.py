"""What is read in a short way, or with other texts, is what the long way says of each alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord_selectors import structured
from accord_selectors.folding import fold
from accord_selectors.phone_plain import plain_value
from accord_selectors.phones import phones, phones_of
from accord_selectors.prices import prices, prices_of

TEXTS = (
    "call 614-555-0134 or +44 7700 900535",
    "six one four 5 5 5 zero one 3 4, 80 hh",
    "6!4-555-0!34 now",
    "614 roses 555 kisses 0134 text me",
    "$200/hr 120 hh",
    "020 7946 0958",
    "quiet and clean",
    "",
)
_VALUES = st.from_regex(r"\(?\+?1?[ .\-(]{0,2}[2-9][0-9]{2}\)?[ .\-]?555[ .\-]?01[0-9]{2}", fullmatch=True)
_FOLDERS = st.sampled_from(
    [
        "https://a.example/",
        "a.example/ads/",
        "https://A.example/#/",
        "https://x.com/",
        "614555.example/one/",
        "http://snapchat.com/",
        "https://a.example/six/five/four/",
        "/",
    ]
)
_NAMES = st.from_regex(r"(?:[0-9]{1,4}|[a-z]{1,3}|one|six|-|_|\.|\?|add|Ab){1,7}", fullmatch=True)


@pytest.mark.parametrize("region", ["US", "GB"])
def test_texts_read_together_give_what_each_gives_alone(region: str) -> None:
    folded = [fold(text) for text in TEXTS]
    assert phones_of([(one, region) for one in folded]) == [phones(one, region) for one in folded]
    assert prices_of([(one, region, ()) for one in folded]) == [prices(one, region) for one in folded]
    assert sum(map(len, phones_of([(one, region) for one in folded]))) >= 5


@given(value=_VALUES)
def test_a_contact_that_is_a_plain_number_is_read_as_after_a_telephone_word(value: str) -> None:
    short = plain_value(value, 5)
    if short is not None:
        (long,) = phones(fold(f"call {value}"), "US")
        assert (short.number, short.confidence, short.obscured) == (
            long.number,
            long.confidence,
            long.obscured,
        )


@pytest.mark.parametrize("value", ["614-555-0134", "+16145550134", "(614) 555-0134", "1 614.555.0134"])
def test_the_usual_ways_of_a_contact_are_read_in_the_short_way(value: str) -> None:
    short = plain_value(value, 5)
    assert short is not None
    assert short.number.e164 == "+16145550134"


@given(folder=_FOLDERS, name=_NAMES)
def test_an_address_says_the_same_whatever_is_known_of_its_folder(folder: str, name: str) -> None:
    assert [*structured.url_selectors(folder + name, "US")] == [*structured.long_url(folder + name, "US")]


def test_a_page_of_a_known_folder_is_read_in_the_short_way() -> None:
    (found,) = structured.url_selectors("https://Board.example/Post/ab-2067358", "US")
    assert found.value == "board.example/Post/ab-2067358"
