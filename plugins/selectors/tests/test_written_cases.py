"""What is found in generated texts: floors on the styles and frames that were held out.

The measured figures stand in docs/quality.md; the floors here lie a little below them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from plugins.selectors.tests.writing import Case, kinds, offers, phone_frames
from plugins.selectors.tests.writing.phone_styles import OBSCURED
from plugins.selectors.tests.writing.scoring import Score, record_of, score

from accord_sdk import Found, Record, Selector
from accord_sdk.runner import Plugin
from accord_sdk.testing import detect, findings, load

SEED = 20_260_506


@pytest.fixture(scope="module")
def plugin() -> Plugin:
    return load("selectors")


def held_out(cases: Iterator[Case]) -> list[Case]:
    return [case for case in cases if case.held_out]


def scored(plugin: Plugin, cases: list[Case]) -> Score:
    return score(cases, lambda records: detect(plugin, records))


def test_obscured_numbers_in_ways_not_looked_at_are_found(plugin: Plugin) -> None:
    cases = [case for case in held_out(phone_frames.positives(Random(SEED))) if case.style in OBSCURED]
    assert len(cases) > 1_000
    assert scored(plugin, cases).f1 >= 0.95


def test_plain_numbers_in_texts_not_looked_at_are_found(plugin: Plugin) -> None:
    cases = [case for case in held_out(phone_frames.positives(Random(SEED))) if case.style not in OBSCURED]
    assert scored(plugin, cases).f1 >= 0.99


def test_two_numbers_beside_each_other_are_both_found(plugin: Plugin) -> None:
    assert scored(plugin, held_out(phone_frames.pairs(Random(SEED)))).f1 >= 0.95


def test_numbers_of_other_countries_are_found(plugin: Plugin) -> None:
    assert scored(plugin, held_out(phone_frames.abroad(Random(SEED)))).f1 >= 0.97


def test_few_numbers_are_seen_where_there_are_none(plugin: Plugin) -> None:
    cases = list(phone_frames.negatives(Random(SEED), each=2))
    assert len(cases) > 200
    assert scored(plugin, cases).wrong <= 0.03 * len(cases)


@pytest.mark.parametrize(
    ("written", "floor"),
    [
        (kinds.handles, 0.90),
        (kinds.emails, 0.93),
        (kinds.urls, 0.95),
        (kinds.ages, 0.88),
        (offers.prices, 0.93),
        (offers.wallets, 1.00),
        (offers.places, 0.95),
        (offers.dates, 0.95),
    ],
)
def test_other_kinds_in_ways_not_looked_at_are_found(
    plugin: Plugin, written: Callable[[Random], Iterator[Case]], floor: float
) -> None:
    cases = held_out(written(Random(SEED)))
    assert len(cases) >= 30
    assert scored(plugin, cases).f1 >= floor


def test_the_span_holds_the_digits_that_were_read(plugin: Plugin) -> None:
    cases = [case for case in phone_frames.positives(Random(SEED)) if case.frame == "Quiet studio, {} today"]
    for case in cases:
        for found in findings(plugin, record_of(case)):
            if isinstance(found, Selector) and found.value in case.expected:
                assert found.start is not None
                assert found.end is not None
                before = case.text[: found.start].removesuffix("tel:").rstrip(" ([{<*\"'")
                assert before in {"Quiet studio,", "Quiet studio, area code"}
                behind = case.text[found.end :].lstrip("\u20e3\ufe0f\u0336)]}>*\"'")
                assert behind.startswith((" today", " ext"))


def test_the_same_text_gives_the_same_answer_in_any_batch(plugin: Plugin) -> None:
    cases = list(phone_frames.pairs(Random(SEED)))[:40]
    together = detect(plugin, [record_of(case) for case in cases])
    for case, result in zip(cases, together, strict=True):
        assert isinstance(result, Found)
        assert tuple(result.findings) == findings(plugin, record_of(case))
    assert findings(plugin, Record()) == ()
