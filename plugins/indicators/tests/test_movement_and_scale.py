"""The assessor says what a lead's facts show, in plain words, and rises with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord_indicators.lexicon import load as load_lexicon
from accord_sdk import Indicator, Lead, SignalCount, Visit
from accord_sdk.testing import LocalCall, load

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
PLUGIN = load("indicators")
CITIES = ["Columbus", "Dayton", "Toledo", "Akron", "Lima", "Canton", "Mansfield", "Newark"]


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def visits(places: int, *, stay: float = 1) -> tuple[Visit, ...]:
    return tuple(Visit(CITIES[n], 4, day(n * 2), day(n * 2 + stay)) for n in range(places))


def lead(**facts: object) -> Lead:
    given_facts = {"records": 20, "first": day(0), "last": day(30), "days": 15, **facts}
    return msgspec.convert(given_facts, Lead)


def judged(one: Lead) -> dict[str, Indicator]:
    (assessed,) = PLUGIN.assessors["movement_and_scale"].assess([one], LocalCall())
    kinds = [indicator.kind for indicator in assessed.indicators]
    assert len(set(kinds)) == len(kinds)
    return dict(zip(kinds, assessed.indicators, strict=True))


def test_several_places_are_said_with_their_days():
    found = judged(lead(last=day(11), visits=visits(5)))["several_places_observed"]
    assert (found.sign, found.evidence) == (1, "seen in 5 places in 12 days")
    assert "T-Net" in found.source


def test_suburbs_and_spellings_are_one_place():
    near = (
        Visit("Columbus, OH", 5, day(0), day(3), 39.96, -83.0),
        Visit("columbus, oh ", 5, day(2), day(5)),
        Visit("Dublin, OH", 5, day(4), day(6), 40.10, -83.11),
    )
    assert "several_places_observed" not in judged(lead(visits=near))
    far = (near[0], Visit("Toledo, OH", 5, day(4), day(6), 41.65, -83.54))
    assert "several_places_observed" in judged(lead(visits=far))


def test_coming_back_to_places_is_a_circuit_and_moving_on_is_not():
    assert "circuit" not in judged(lead(visits=visits(4)))
    home = Visit("Home", 8, day(-1), day(20))
    assert judged(lead(visits=(home, *visits(3))))["circuit"].evidence == (
        "seen again in 1 place after being seen elsewhere"
    )


def test_signals_are_shared_out_over_the_records():
    count = SignalCount("obscured_phone", 1, 14, strength=0.8, source="a study")
    found = judged(lead(signals=(count,)))["obscured_phone"]
    assert found == Indicator(
        "obscured_phone", 1, 0.56, "obscured phone number in 14 of 20 records", "a study"
    )


def test_a_signal_of_another_plugin_is_said_in_its_own_words():
    count = SignalCount("odd_hours", -1, 5, strength=1.0, note="posted at odd hours")
    found = judged(lead(signals=(count,)))["odd_hours"]
    assert (found.sign, found.strength, found.evidence) == (
        -1,
        0.25,
        "posted at odd hours in 5 of 20 records",
    )
    assert found.source


def test_stated_ethnicity_is_left_out_whatever_the_host_sends():
    count = SignalCount("ethnicity_stated", 1, 20, strength=1.0)
    plain = lead(visits=visits(2))
    assert judged(msgspec.structs.replace(plain, signals=(count,))) == judged(plain)


def test_one_place_and_one_number_over_a_long_time_speaks_against():
    settled = lead(last=day(200), visits=(Visit("Columbus", 20, day(0), day(200)),), selectors={"phone": 1})
    found = judged(settled)["settled"]
    assert (found.sign, found.evidence) == (-1, "one place and one phone number over 201 days")
    for change in ({"selectors": {"phone": 2}}, {"last": day(20)}, {"visits": visits(2)}, {"records": 3}):
        assert "settled" not in judged(msgspec.structs.replace(settled, **change))


def test_numbers_of_things_are_said_plainly():
    found = judged(
        lead(
            records=60,
            days=6,
            last=day(5),
            selectors={"phone": 3, "image": 12, "template": 4},
            ages=(21, 22, 25, 21),
        )
    )
    assert found.pop("much_to_read").sign == -1
    assert found.pop("recent").sign == 0
    assert {kind: one.evidence for kind, one in found.items()} == {
        "several_phones": "3 phone numbers",
        "several_people_observed": "3 different stated ages, from 21 to 25",
        "many_images": "12 different images for 3 phone numbers",
        "high_output": "60 records in 6 days",
        "near_duplicate_texts": "60 records from 4 text templates",
    }
    assert all(one.sign == 1 and one.source for one in found.values())


def test_one_text_under_very_many_numbers_looks_like_spam():
    found = judged(lead(records=80, days=80, selectors={"phone": 40, "template": 1}))["spam_scale"]
    assert (found.sign, found.evidence) == (-1, "40 phone numbers under 1 text template, as spam has")
    # Someone who changes numbers changes texts as well, or has few of either.
    for selectors in ({"phone": 3, "template": 1}, {"phone": 12, "template": 6}, {"phone": 40}):
        assert "spam_scale" not in judged(lead(records=80, days=80, selectors=selectors))


def test_more_places_than_anybody_travels_to_is_no_movement():
    found = judged(lead(days=2, visits=visits(5)))["scattered"]
    assert (found.sign, found.evidence) == (
        -1,
        "5 places on 2 days with records: more than anybody travels to",
    )
    assert "scattered" not in judged(lead(days=10, visits=visits(5)))
    assert "scattered" in judged(lead(days=2, visits=visits(3)))
    assert "scattered" not in judged(lead(days=3, visits=visits(3)))
    assert "scattered" not in judged(lead(days=1, visits=visits(2)))


def test_numbers_that_change_as_fast_as_days_are_spam_s():
    found = judged(lead(records=10, days=2, selectors={"phone": 3}))["throwaway_numbers"]
    assert (found.sign, found.evidence) == (-1, "3 phone numbers on 2 days with records, as spam has")
    assert "throwaway_numbers" not in judged(lead(records=10, days=4, selectors={"phone": 3}))
    assert "throwaway_numbers" not in judged(lead(records=10, days=1, selectors={"phone": 2}))


def test_ages_near_each_other_are_one_person():
    assert "several_people_observed" not in judged(lead(ages=(22, 23, 24)))
    found = judged(lead(records=5, ages=(27,)))["one_person_observed"]
    assert (found.sign, found.evidence) == (
        -1,
        "no stated age but 27 in 5 records: one person, as far as they say",
    )
    assert "27 and 28" in judged(lead(records=5, ages=(27, 28)))["one_person_observed"].evidence
    for change in ({"ages": (27, 29)}, {"ages": ()}, {"records": 2, "ages": (27,)}):
        assert "one_person_observed" not in judged(lead(**{"records": 5, **change}))


def test_hardly_a_picture_of_its_own_for_many_numbers_or_records_looks_like_spam():
    found = judged(lead(records=20, selectors={"phone": 5, "image": 1}))["few_images"]
    assert (found.sign, found.evidence) == (-1, "1 image for 20 records and 5 phone numbers")
    assert "few_images" in judged(lead(records=20, selectors={"phone": 2, "image": 1}))
    assert "few_images" not in judged(lead(records=5, selectors={"phone": 2, "image": 1}))
    assert "few_images" not in judged(lead(records=20, selectors={"phone": 5, "image": 10}))


def test_without_any_image_nothing_is_known_and_with_stock_images_alone_it_is():
    # Many sites show no image.
    assert "few_images" not in judged(lead(records=20, selectors={"phone": 5}))
    stock = lead(records=20, selectors={"phone": 1}, hubs={"image": 2})
    found = judged(stock)["few_images"]
    assert found.strength == 1
    assert (
        found.evidence == "0 images for 20 records and 1 phone number; 2 more that many unrelated leads show"
    )


def test_places_that_are_there_all_the_time_with_a_number_each_are_branches():
    places = tuple(Visit(name, 20, day(0), day(170)) for name in CITIES[:3])
    house = lead(records=60, days=50, last=day(170), visits=places, selectors={"phone": 3})
    found = judged(house)["branches"]
    assert (found.sign, found.evidence) == (
        -1,
        "3 of 3 places throughout 171 days with 3 phone numbers, as branches have",
    )
    one_after_the_other = tuple(
        Visit(name, 20, day(55 * n), day(55 * n + 50)) for n, name in enumerate(CITIES[:3])
    )
    for change in (
        {"visits": one_after_the_other},
        {"selectors": {"phone": 4}},
        {"selectors": {}},
        {"visits": places[:1]},
    ):
        assert "branches" not in judged(msgspec.structs.replace(house, **change))
    weeks = tuple(msgspec.structs.replace(place, last=day(30)) for place in places)
    assert "branches" not in judged(msgspec.structs.replace(house, last=day(30), visits=weeks))


def test_a_record_now_and_then_over_weeks_is_low_output():
    found = judged(lead(records=12, days=11, last=day(40)))["low_output"]
    assert (found.sign, found.evidence) == (-1, "12 records over 41 days, one in 3.4 days")
    for change in ({"last": day(3)}, {"records": 2}, {"records": 21}):
        assert "low_output" not in judged(lead(**{"records": 12, "days": 11, "last": day(40), **change}))


def test_output_that_goes_on_counts_more_than_as_much_a_day_on_one_day():
    goes_on = judged(lead(records=40, days=10, last=day(9)))["high_output"]
    one_day = judged(lead(records=4, days=1, last=day(0.2)))["high_output"]
    assert goes_on.strength > one_day.strength
    # Ten records on two days that lie a month apart are no output of five a day.
    assert "high_output" not in judged(lead(records=10, days=2, last=day(30)))


def test_of_two_leads_with_the_same_evidence_the_shorter_one_comes_first():
    found = {records: judged(lead(records=records))["much_to_read"] for records in (24, 48, 96, 384, 5_000)}
    # Each doubling counts the same, up to what takes a day to read.
    assert [(one.sign, one.strength) for one in found.values()] == [
        (-1, 0.2), (-1, 0.4), (-1, 0.6), (-1, 1.0), (-1, 1.0)
    ]  # fmt: skip
    assert found[48].evidence == "48 records to read: with the same evidence a shorter lead comes first"
    assert "exploitation" in found[48].source
    assert "much_to_read" not in judged(lead(records=12))


def test_what_is_new_only_describes():
    assert judged(lead(last=day(5)))["recent"].sign == 0
    grown = (Visit("Columbus", 9, day(0), day(30)), Visit("Toledo", 1, day(28), day(29)))
    found = judged(lead(visits=grown))["recent_growth"]
    assert (found.sign, found.strength) == (0, 0.5)


def test_a_lead_of_one_plain_record_says_nothing_for_or_against():
    single = Lead(records=1, first=day(0), last=day(0), visits=(Visit("Columbus", 1, day(0), day(0)),))
    assert [one.sign for one in judged(single).values()] == [0]


GROWING = {
    "several_places_observed": lambda n: lead(visits=visits(n)),
    "several_phones": lambda n: lead(selectors={"phone": n}),
    "many_images": lambda n: lead(selectors={"image": 6 * n}),
    "several_people_observed": lambda n: lead(ages=tuple(range(20, 22 + n))),
    "high_output": lambda n: lead(records=30 * n, days=10, last=day(20)),
    "much_to_read": lambda n: lead(records=16 * n),
    "branches": lambda n: lead(
        last=day(40 * n),
        visits=tuple(Visit(name, 4, day(0), day(40 * n)) for name in CITIES[:2]),
        selectors={"phone": 2},
    ),
    "near_duplicate_texts": lambda n: lead(records=5 * n, selectors={"template": 3}),
    "few_images": lambda n: lead(records=20, selectors={"phone": 2 + n, "image": 2}),
    "one_person_observed": lambda n: lead(records=2 + n, ages=(30,)),
    "low_output": lambda n: lead(records=10, days=10, last=day(10 * n)),
    "spam_scale": lambda n: lead(records=100, selectors={"phone": 8 + n, "template": 2}),
    "throwaway_numbers": lambda n: lead(records=100, days=4, selectors={"phone": 2 + n}),
    "scattered": lambda n: lead(records=100, days=10 - n, visits=visits(8)),
    "settled": lambda n: lead(last=day(60 * n), visits=visits(1), selectors={"phone": 1}),
    "obscured_phone": lambda n: lead(signals=(SignalCount("obscured_phone", 1, 2 * n, 0.8),)),
}


@pytest.mark.parametrize("kind", sorted(GROWING))
def test_strength_rises_with_the_facts_and_stays_within_bounds(kind):
    strengths = [judged(GROWING[kind](n))[kind].strength for n in range(2, 9)]
    assert strengths == sorted(strengths)
    assert 0 < strengths[0] < strengths[-1] <= 1


TIMES = st.floats(0, 400).map(day)
VISITS = st.builds(
    lambda name, records, times, lat, lon: Visit(name, records, min(times), max(times), lat, lon),
    st.text(max_size=8),
    st.integers(1, 50),
    st.tuples(TIMES, TIMES),
    st.none() | st.floats(-90, 90),
    st.none() | st.floats(-180, 180),
)
SIGNALS = st.builds(
    SignalCount,
    kind=st.sampled_from(sorted(load_lexicon().wordings)),
    sign=st.sampled_from([-1, 0, 1]),
    records=st.integers(0, 60),
    strength=st.floats(0, 1),
)
LEADS = st.builds(
    lambda times, **facts: Lead(first=min(times), last=max(times), **facts),
    times=st.tuples(TIMES, TIMES),
    records=st.integers(1, 500),
    days=st.integers(1, 100),
    selectors=st.dictionaries(st.sampled_from(["phone", "image", "template", "email"]), st.integers(0, 200)),
    hubs=st.dictionaries(st.sampled_from(["phone", "image", "template"]), st.integers(0, 9)),
    visits=st.lists(VISITS, max_size=6).map(tuple),
    signals=st.lists(SIGNALS, max_size=5, unique_by=lambda one: one.kind).map(tuple),
    ages=st.lists(st.integers(0, 99), max_size=5).map(tuple),
)


@given(LEADS)
def test_any_lead_is_judged_the_same_twice_with_bounds_and_sources(one):
    found = judged(one)
    assert found == judged(one)
    for indicator in found.values():
        assert 0 <= indicator.strength <= 1
        assert indicator.evidence
        assert indicator.source


@given(LEADS, st.integers(1, 30))
def test_evidence_against_adds_nothing_for(one, records):
    signals = tuple(signal for signal in one.signals if signal.kind != "spa_business")
    one = msgspec.structs.replace(one, signals=signals)
    more = msgspec.structs.replace(one, signals=(*signals, SignalCount("spa_business", -1, records, 0.4)))
    before = {kind: found for kind, found in judged(one).items() if found.sign > 0}
    assert {kind: found for kind, found in judged(more).items() if found.sign > 0} == before
