"""Telephone numbers in the ways that people write them."""

from __future__ import annotations

import pytest

from accord_sdk import Place, Record, Selector
from accord_sdk.runner import Plugin
from accord_sdk.testing import findings, load

EXPECTED = "+16145550134"

PLAIN = [
    "6145550134",
    "614-555-0134",
    "(614) 555-0134",
    "614.555.0134",
    "614 - 555 - 0134",
    "1-614-555-0134",
    "1(614)555-0134",
    "+1 (614) 555-0134",
    "001 614 555 0134",
]

OBSCURED = [
    "six one four five five five zero one three four",
    "sixonefour fivefivefive zeroonethreefour",
    "SIX1FOUR 555 o13four",
    "614-five5five-oh1three4",
    "6one4-5FIVE5-0ONE3FOUR",
    "six fourteen five fifty five zero one thirty four",
    "six hundred fourteen five hundred fifty five zero one thirty four",
    "six one four, three fives, oh one three four",
    "s3is un0 cuatr0 555 cer0 uno tr3s 4",
    "614 triple five zero one three four",
    "614 5five5 01thirty4",
    "six one four, double five five, oh one three four",
    "seis uno cuatro cinco cinco cinco cero uno tres cuatro",
    "seis catorce cincuenta y cinco cinco cero uno treinta y cuatro",
    "seis-uno-cuatro 555 cero 1 tres 4",
    "6I4-555-OI34",
    "6l4.555.0l34",
    "6!4-555-0!34",
    "614-S55-O134",
    "614 555 O1E4",
    "s1x 0ne f0ur 5ive f1ve five 0 1 thr33 f0ur",
    " ".join(f"{digit}\ufe0f\u20e3" for digit in "6145550134"),
    "".join(f"{digit}\ufe0f\u20e3" for digit in "6145550134"),
    "６１４－５５５－０１３４",
    "٦١٤٥٥٥٠١٣٤",
    "⑥①④ ⑤⑤⑤ ⓪①③④",
    "❻❶❹-❺❺❺-⓿❶❸❹",
    "𝟔𝟏𝟒 𝟓𝟓𝟓 𝟎𝟏𝟑𝟒",
    "6\u200b1\u200b4\u200b5\u200b5\u200b5\u200b0\u200b1\u200b3\u200b4",
    "6\u03361\u03364\u0336-555-0134",
    "614-555-\u041e134",
    "[6][1][4] [5][5][5] [0][1][3][4]",
    "{614}{555}{0134}",
    "*614~*555~01**34",
    "6_1_4_5_5_5_0_1_3_4",
    "6 1 4 5 5 5 0 1 3 4",
    "(6 1 4) 5 5 5 - 0 1 3 4",
    "6.1.4.5.5.5.0.1.3.4",
    "61*45*55*01*34",
    "6(14)55(50)134",
    "614 and 555 and 0134",
    "614 dash 555 dash 0134",
    "6baby1baby4baby5baby5baby5baby0baby1baby3baby4",
    "614\n555\n0134",
    "SIX ONE FOUR\nFIVE FIVE FIVE\nZERO ONE THREE FOUR",
    "614 💬 555 💬 0134",
]


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    return load("selectors")


def phones_of(plugin: Plugin, body: str, country: str | None = None) -> list[Selector]:
    place = Place(country=country) if country else None
    found = findings(plugin, Record(body=body, place=place))
    return [f for f in found if isinstance(f, Selector) and f.kind == "phone"]


@pytest.mark.parametrize("written", PLAIN)
def test_a_plainly_written_number_is_read_and_not_called_obscured(plugin: Plugin, written: str) -> None:
    (phone,) = phones_of(plugin, f"please reach me at {written}. Thank you")
    assert phone.value == EXPECTED
    assert phone.attributes == {"obscured": 0, "region": "US"}
    assert phone.confidence >= 0.9


@pytest.mark.parametrize("written", OBSCURED)
def test_an_obscured_number_is_read_and_called_so(plugin: Plugin, written: str) -> None:
    (phone,) = phones_of(plugin, f"Quiet studio, {written} today")
    assert phone.value == EXPECTED
    assert phone.attributes["obscured"] == 1


@pytest.mark.parametrize("written", [w for w in [*PLAIN, *OBSCURED] if w[0].isalnum() and w[-1].isalnum()])
def test_the_span_is_the_number_as_it_was_written(plugin: Plugin, written: str) -> None:
    body = f"✨ Quiet studio; {written} ✨"
    (phone,) = phones_of(plugin, body)
    assert body[phone.start : phone.end] == written


def test_every_number_of_a_row_is_found(plugin: Plugin) -> None:
    values = [p.value for p in phones_of(plugin, "614 5550134 213 5550171 404 555 0168")]
    assert values == ["+16145550134", "+12135550171", "+14045550168"]


def test_prices_and_ages_beside_a_number_stay_out_of_it(plugin: Plugin) -> None:
    (phone,) = phones_of(plugin, "$80 hh 22, 25 614 555 0134 24/7 90hour")
    assert phone.value == EXPECTED


def test_words_glued_to_a_number_stay_out_of_it(plugin: Plugin) -> None:
    body = "ask for details7135550142now or tel6145550134"
    assert [p.value for p in phones_of(plugin, body)] == ["+17135550142", EXPECTED]


def test_a_number_that_is_obscured_once_is_reported_both_ways(plugin: Plugin) -> None:
    found = phones_of(plugin, "614-555-0134 or six14 555 01three4 or 614.555.0134")
    assert [(p.value, p.attributes["obscured"]) for p in found] == [(EXPECTED, 0), (EXPECTED, 1)]


@pytest.mark.parametrize(
    ("written", "country", "expected", "region"),
    [
        ("+44 20 7946 0958", None, "+442079460958", "GB"),
        ("0044 20 7946 0958", None, "+442079460958", "GB"),
        ("plus four four two zero seven nine four six zero nine five eight", None, "+442079460958", "GB"),
        ("020 7946 0958", "GB", "+442079460958", "GB"),
        ("07700 900123", "GB", "+447700900123", "GB"),
        ("+34 612 34 56 78", None, "+34612345678", "ES"),
        ("612 34 56 78", "ES", "+34612345678", "ES"),
        ("06 12 34 56 78", "FR", "+33612345678", "FR"),
        ("55 1234 5678", "MX", "+525512345678", "MX"),
        ("613-555-0134", "CA", "+16135550134", "CA"),
        ("+1 614 555 0134", "GB", "+16145550134", "US"),
        ("91 98765 43210", None, "+919876543210", "IN"),
    ],
)
def test_numbers_of_other_countries(
    plugin: Plugin, written: str, country: str | None, expected: str, region: str
) -> None:
    (phone,) = phones_of(plugin, f"call {written}", country)
    assert (phone.value, phone.attributes["region"]) == (expected, region)


def test_a_foreign_trunk_zero_is_a_guess_and_says_so_by_its_confidence(plugin: Plugin) -> None:
    (phone,) = phones_of(plugin, "call 098480 12345")
    assert phone.value == "+919848012345"
    assert phone.confidence <= 0.6


def test_a_foreign_number_divided_as_its_country_divides_it_needs_no_telephone_word(plugin: Plugin) -> None:
    for written in ("020 7946 0958", "(020)..(7946)..(0958)"):
        (phone,) = phones_of(plugin, f"Quiet studio. {written}", "FR")
        assert (phone.value, phone.attributes["region"]) == ("+442079460958", "GB")
        assert phone.confidence <= 0.6
    assert phones_of(plugin, "Quiet studio. 0121 4960988", "FR") == []
    assert [p.value for p in phones_of(plugin, "Quiet studio. 0121 496 0988", "FR")] == ["+441214960988"]


def test_a_word_cut_off_by_the_edge_of_what_is_looked_at_is_no_telephone_word(plugin: Plugin) -> None:
    alone = phones_of(plugin, "614-555-0134")[0].confidence
    cut_before = "Special" + " very" * 8 + " new 614-555-0134"  # of "Special", "cial" and less is looked at
    for body in (
        "614-555-0134. Do not wait",
        cut_before,
        "a" + cut_before,
        "recall" + " very" * 8 + " 614-555-0134",
    ):
        assert phones_of(plugin, body)[0].confidence == alone
    assert phones_of(plugin, "614-555-0134 (por whatsapp)")[0].confidence > alone


@pytest.mark.parametrize(
    "body",
    [
        "Booking: 614-555-0134",
        "for bookings 614-555-0134",
        "contact 614.555.0134 kisses",
        "rates on request +1 614 555 0134 roses for you",
    ],
)
def test_what_stands_beside_a_number_does_not_hide_it(plugin: Plugin, body: str) -> None:
    assert [p.value for p in phones_of(plugin, body)] == [EXPECTED]


@pytest.mark.parametrize("body", ["booking code 6145550134", "booking id: 6145550134", "614 555 roses"])
def test_a_booking_code_and_a_price_are_no_number(plugin: Plugin, body: str) -> None:
    assert phones_of(plugin, body) == []


def test_an_unassigned_area_code_counts_less(plugin: Plugin) -> None:
    (assigned,) = phones_of(plugin, "call 614-555-0134")
    (unassigned,) = phones_of(plugin, "call 555-555-0134")
    assert unassigned.confidence < assigned.confidence - 0.2


def test_numbers_in_addresses_are_read_and_page_numbers_are_not(plugin: Plugin) -> None:
    body = "https://ads.example.com/columbus/614-555-0134/99 https://ads.example.com/post/7135550142"
    assert [p.value for p in phones_of(plugin, body)] == [EXPECTED]


def test_a_wallet_is_no_number(plugin: Plugin) -> None:
    assert phones_of(plugin, "0x6145550134614555013461455501346145550134") == []
