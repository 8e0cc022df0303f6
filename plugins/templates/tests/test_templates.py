"""The template detector, as the host sees it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from importlib import metadata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord_sdk import Contact, Manifest, Place, Record, Selector
from accord_sdk.testing import detect, findings, load
from accord_templates.measure import adjusted_rand_index, group, pair_score
from accord_templates.sketch import (
    BITS,
    KEYS,
    LEAST_WORDS,
    THRESHOLD,
    _least,
    _side_by_side,
    distance,
    sketch,
)
from accord_templates.synthetic import World
from accord_templates.tokens import (
    ADDRESS,
    HANDLE,
    TEXT_CAP,
    address_pattern,
    cut,
    may_hold_handle,
    without_addresses,
    without_handles,
    words,
)

AD = (
    "Hello I am {name} and I just arrived in {place} for a short stay, friendly company for dinner or a walk "
    "by the river, please send a message before you call {phone}, polite people only, no late replies"
)
OTHER = (
    "Garden tools for rent by the day: mower, hedge cutter, ladder and a trailer; delivery in the city is "
    "possible on weekends when you order before noon on Thursday"
)


@pytest.fixture(scope="module")
def plugin():
    return load("templates")


def of(plugin, body: str) -> Selector:
    (selector,) = findings(plugin, Record(body=body))
    assert isinstance(selector, Selector)
    return selector


def test_the_manifest_is_what_the_plugin_registers(plugin):
    manifest = Manifest.of(metadata.distribution("accord-plugin-templates"))
    assert manifest.provides.detectors == tuple(plugin.detectors)
    assert set(manifest.reads) == {"body"}


def test_a_text_has_one_template_with_value_and_keys_in_the_agreed_form(plugin):
    selector = of(plugin, AD.format(name="Ana", place="Columbus", phone="614-555-0134"))
    assert (selector.kind, selector.field, selector.start, selector.end) == ("template", "body", None, None)
    assert len(selector.value) == BITS // 4
    assert 0 < int(selector.value, 16) < 2**BITS
    assert 0 < len(selector.keys) <= KEYS
    assert selector.keys == tuple(sorted(set(selector.keys)))
    assert all(0 <= key < 2**63 for key in selector.keys)


def test_what_stands_in_the_slots_does_not_matter(plugin):
    one = of(plugin, AD.format(name="Ana", place="Columbus", phone="614-555-0134"))
    two = of(plugin, AD.format(name="Mia Rose", place="San Juan", phone="six1four 555 01nine9"))
    assert one.value == two.value
    assert one.keys == two.keys


@pytest.mark.parametrize(
    "slot",
    [
        "a.b@example.com",
        "https://example.com/x?y=1",
        "@example_name",
        "snap: example.name",
        "$200",
        "21yo",
        "five",
    ],
)
def test_contacts_prices_and_ages_are_slots(slot):
    assert words(f"before {slot} after") == ["before", "after"]


PIECES = (
    "snap Insta ig WhatsApp whatapp : = @ at (at) [AT] name www. http:// HTTPS:// .com .Example x.io . night"
).split()
GAPS = ("", " ", "  ", "    ", "\n", "_", "\u0131", "\u212a")


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(GAPS)), max_size=12))
def test_where_no_address_or_handle_may_be_none_is(parts):
    text = "".join(piece + gap for piece, gap in parts)
    pattern = address_pattern(text)
    assert (pattern.sub(" ", text) if pattern else text) == ADDRESS.sub(" ", text)
    assert may_hold_handle(text) or not HANDLE.search(text)
    assert without_addresses(text, pattern or ADDRESS) == ADDRESS.sub(" ", text)
    assert without_handles(text) == HANDLE.sub(" ", text)


@given(
    st.lists(
        st.sampled_from(["a", "it's", "'tis'", "rock'n'roll", "9", "_x", "\u2019s", "é", "❤", "-", "\n", " "])
    )
)
def test_a_text_is_cut_into_the_same_words_whichever_way(parts):
    text = "".join(parts)
    assert cut(text) == re.findall(r"\w+(?:['\u2019][^\W\d_]+)?", text)


@pytest.mark.parametrize("text", ["Sweet words: see you at nine. Bye.", "Right = left", ""])
def test_ordinary_prose_is_not_searched_for_addresses_and_handles(text):
    assert address_pattern(text) is None
    assert not may_hold_handle(text)


def test_writing_style_does_not_matter(plugin):
    plain = AD.format(name="Ana", place="Columbus", phone="614-555-0134")
    styled = (
        plain.replace("friendly", "fri\u200bendly").replace("river", "RÍVER").replace("send", "\uff53end")
    )
    assert of(plugin, plain).value == of(plugin, styled).value


def test_a_few_changed_words_keep_the_template_and_another_text_does_not(plugin):
    one = of(plugin, AD.format(name="Ana", place="Columbus", phone="614-555-0134"))
    edited = AD.replace("friendly", "warm").replace("polite", "serious").replace("river", "lake")
    two = of(plugin, edited.format(name="Ana", place="Columbus", phone="614-555-0134"))
    assert 0 < distance(one.value, two.value) <= THRESHOLD
    assert set(one.keys) & set(two.keys)
    assert distance(one.value, of(plugin, OTHER).value) > THRESHOLD


def test_short_texts_and_texts_of_few_different_words_have_no_template(plugin):
    eleven = "river garden table window paper music letter winter silver orange"
    assert findings(plugin, Record(body=eleven + " harbour")) == ()
    assert of(plugin, eleven + " harbour candle").confidence == LEAST_WORDS / 24
    assert findings(plugin, Record(body="river garden " * 20)) == ()
    assert findings(plugin, Record(body=None)) == ()


def test_only_the_body_counts(plugin):
    record = Record(
        title="Another title altogether",
        body=OTHER,
        contacts=(Contact("phone", "614-555-0134"),),
        place=Place("Columbus, OH"),
        observed_at=datetime(2026, 5, 1, tzinfo=UTC),
    )
    assert findings(plugin, record) == (of(plugin, OTHER),)


def test_words_beyond_the_cap_change_nothing(plugin):
    long = (OTHER + " ") * (1 + TEXT_CAP // len(OTHER))
    assert of(plugin, long + " something entirely different").value == of(plugin, long).value


@pytest.mark.parametrize(
    "unit", ["a", "A ", "@a", "a.", "www.", "snap:", "in A", "\ufdfa", "A, ", "1a", "a\u0301"]
)
def test_a_megabyte_of_text_is_done_at_once(plugin, unit):
    started = time.process_time()
    detect(plugin, [Record(body=unit * (1_000_000 // len(unit)))])
    assert time.process_time() - started < 1.0


@given(st.text(max_size=400))
def test_any_text_gives_the_same_sketch_twice_and_in_any_batch(body):
    plugin = load("templates")
    alone = findings(plugin, Record(body=body))
    other, same = detect(plugin, [Record(body=OTHER), Record(body=body)])
    assert other.findings
    assert same.findings == alone


@given(st.permutations(words(OTHER)))
def test_the_order_of_words_does_not_matter(order):
    assert sketch(order) == sketch(words(OTHER))


@pytest.mark.parametrize(("edits", "least"), [(0.0, 0.97), (0.06, 0.97), (0.2, 0.85)])
def test_templates_are_found_again_among_outsiders_with_the_same_stock_phrases(edits, least):
    texts = World(21).texts(templates=30, copies=6, outsiders=200, edits=edits)
    grouping = group([sketch(words(text.body)) for text in texts], THRESHOLD)
    truth = [text.template for text in texts]
    assert adjusted_rand_index(truth, grouping.leaders) > least
    assert pair_score(truth, grouping.leaders).precision > 0.95


def test_the_measures_agree_with_cases_worked_out_by_hand():
    truth = [0, 0, 0, 1, 1, 1]
    assert adjusted_rand_index(truth, [5, 5, 5, 7, 7, 7]) == 1.0
    # Hubert & Arabie: pairs together in both 2, in truth 6, in found 3, of 15; (2 - 1.2) / (4.5 - 1.2)
    assert adjusted_rand_index(truth, [0, 0, 1, 1, 2, 2]) == pytest.approx(0.8 / 3.3)
    assert pair_score(truth, [0, 0, 1, 1, 2, 2]).precision == pytest.approx(2 / 3)
    assert pair_score(truth, [0, 0, 1, 1, 2, 2]).recall == pytest.approx(2 / 6)
    with pytest.raises(ValueError, match="zip"):
        adjusted_rand_index([0], [0, 1])


@given(
    st.lists(
        st.lists(st.integers(0, 2**32 - 1), min_size=2 * KEYS, max_size=2 * KEYS), min_size=1, max_size=5
    )
)
def test_the_least_values_found_side_by_side_are_those_found_one_by_one(rows):
    found = _least([_side_by_side(row) for row in rows])
    assert found == _side_by_side([min(column) for column in zip(*rows, strict=True)])
