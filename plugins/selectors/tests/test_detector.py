"""The detector as the host calls it: structured fields, results, configuration, hostile texts."""

from __future__ import annotations

import time
from importlib import metadata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accord_sdk import Contact, Found, Manifest, Place, Price, Record, Selector, Signal
from accord_sdk.runner import Plugin
from accord_sdk.testing import detect, findings, load
from accord_selectors.folding import MAX_TEXT, fold


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    return load("selectors")


def selectors(plugin: Plugin, record: Record) -> list[tuple[str, str, str | None, int | None]]:
    found = findings(plugin, record)
    return [(f.kind, f.value, f.field, f.start) for f in found if isinstance(f, Selector)]


def test_the_manifest_says_what_the_plugin_registers(plugin: Plugin) -> None:
    manifest = Manifest.of(metadata.distribution("accord-plugin-selectors"))
    assert manifest.provides.detectors == tuple(plugin.detectors) == ("selectors",)
    assert set(manifest.reads) == {
        *("title", "body", "contacts", "prices", "place", "url", "posted_at", "observed_at")
    }


def test_structured_fields_are_read_without_a_span(plugin: Plugin) -> None:
    record = Record(
        url="https://Ads.Example.com/614-555-0134/7#top",
        prices=(Price(200.0, "usd", 60), Price(80.5)),
        place=Place(name="Columbus, OH", country="US", lat=39.96, lon=-83.0),
        contacts=(
            Contact("phone", "six14 555 01three4"),
            Contact("email", "Sample@Mail.Example"),
            Contact("Snapchat", "@Sample_One"),
            Contact("website", "https://www.example.com/"),
            Contact("other", "telegram: @sampleone"),
        ),
    )
    assert selectors(plugin, record) == [
        ("url", "ads.example.com/614-555-0134/7", "url", None),
        ("phone", "+16145550134", "url", None),
        ("phone", "+16145550134", "contacts", None),
        ("email", "sample@mail.example", "contacts", None),
        ("handle", "snapchat:sample_one", "contacts", None),
        ("url", "www.example.com", "contacts", None),
        ("handle", "telegram:sampleone", "contacts", None),
        ("price", "200 USD/60", "prices", None),
        ("price", "80.50", "prices", None),
        ("place", "Columbus, OH, US", "place", None),
    ]


def test_a_contact_phone_tells_whether_it_was_obscured(plugin: Plugin) -> None:
    record = Record(contacts=(Contact("phone", "614-555-0134"), Contact("phone", "614 FIVE55 0171")))
    found = [f for f in findings(plugin, record) if isinstance(f, Selector)]
    assert [f.attributes["obscured"] for f in found] == [0, 1]


def test_a_place_that_is_not_known_is_kept_as_it_stands(plugin: Plugin) -> None:
    assert selectors(plugin, Record(place=Place(name="Sampleville Heights", country="US"))) == [
        ("place", "Sampleville Heights, US", "place", None)
    ]


def test_a_place_without_a_name_is_the_city_around_it(plugin: Plugin) -> None:
    (found,) = selectors(plugin, Record(place=Place(lat=39.99, lon=-83.01)))
    assert found[1] == "Columbus, OH, US"


def test_title_and_body_are_both_read(plugin: Plugin) -> None:
    record = Record(title="614-555-0134", body="614-555-0134")
    assert [f[2] for f in selectors(plugin, record)] == ["title", "body"]


def test_every_record_has_a_result_and_an_empty_one_has_no_findings(plugin: Plugin) -> None:
    results = detect(plugin, [Record(), Record(body="614-555-0134"), Record(body="")])
    assert [(r.ref, len(r.findings)) for r in results if isinstance(r, Found)] == [(0, 0), (1, 1), (2, 0)]


def test_the_default_country_is_the_organisations() -> None:
    british = load("selectors", {"country": "GB"})
    assert selectors(british, Record(body="020 7946 0958"))[0][1] == "+442079460958"


def test_a_wrong_default_country_stops_the_plugin() -> None:
    with pytest.raises(ValueError, match="ISO 3166"):
        load("selectors", {"country": "Atlantis"})


_ALPHABET = st.one_of(
    st.characters(),
    st.sampled_from(list("0123456789 -.()@$/:'\n!|*_~€£\u200b\ufe0f\u20e3６①é")),
    st.sampled_from(
        "six five one 614 555 0134 at dot mail.example snapchat: @x hr hh min $80 roses age I am 23"
        " years Columbus, OH bc1q 0x http://example.com/ double twenty y St. Ft. + 00 44".split(" ")
    ),
)
_TEXTS = st.lists(_ALPHABET, max_size=60).map("".join)


@example(title="", body="10years")
@given(title=_TEXTS, body=_TEXTS)
@settings(max_examples=400, deadline=None)
def test_any_text_gives_spans_that_lie_in_it_and_the_same_answer_twice(
    plugin: Plugin, title: str, body: str
) -> None:
    record = Record(title=title, body=body)
    first = findings(plugin, record)
    assert first == findings(plugin, record)
    for finding in first:
        assert finding.field in {"title", "body"}
        assert finding.start is not None
        assert finding.end is not None
        text = title if finding.field == "title" else body
        assert 0 <= finding.start < finding.end <= len(text)
        assert 0.0 < finding.confidence <= 1.0
        # An age below 18 is a signal beside its selector.
        assert isinstance(finding, Signal) or finding.value


@given(value=st.text(max_size=60), kind=st.sampled_from(["phone", "email", "kik", "url", "other", ""]))
@settings(max_examples=200, deadline=None)
def test_any_contact_and_address_is_read_without_an_error(plugin: Plugin, value: str, kind: str) -> None:
    record = Record(url=value, contacts=(Contact(kind, value),), place=Place(name=value, country=value[:2]))
    assert all(f.field in {"url", "contacts", "place"} for f in findings(plugin, record))


@given(st.text(max_size=80))
def test_folding_keeps_the_way_back(text: str) -> None:
    folded = fold(text)
    assert "".join(folded.tokens) == folded.low
    for i in range(len(folded.low)):
        start, end = folded.span(i, i + 1)
        assert 0 <= start < end <= len(text)


_UNITS = [
    *("1 ", "six ", "6*", "a@", "a.", "@", "614-555-", "6145550134 ", "(at) ", "$1 ", "hr ", "30 min 200 "),
    *("snapchat ", "x dot ", "0x", "1a", "new york ", "é", "\u200b", "６", "bc1q", "!1", "to", "age ", "st "),
    *(
        "twenty ",
        "i am 2",
        "1/2 ",
        "http://",
        "a-",
        "12 years ",
        "+1",
        "double ",
        "1 x ",
        "[",
        "(6)",
        "a_at_",
    ),
    *(" at ", ". ", "tres y ", "@a ", "add a on ", "instagram.com/a", "ages 1", "1,000", "1:00 "),
]


@pytest.mark.parametrize("unit", _UNITS)
def test_a_megabyte_of_anything_takes_about_a_second_at_most(plugin: Plugin, unit: str) -> None:
    record = Record(body=(unit * (1_000_000 // len(unit) + 1))[:1_000_000])
    started = time.process_time()
    findings(plugin, record)
    assert time.process_time() - started < 1.5


def test_what_stands_beyond_the_cap_is_not_read(plugin: Plugin) -> None:
    filler = "quiet " * (MAX_TEXT // 6 + 1)
    assert selectors(plugin, Record(body=filler + "614-555-0134")) == []
