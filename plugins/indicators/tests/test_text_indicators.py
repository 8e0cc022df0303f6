"""The text detector: what it sees, where, and what it must not be moved by."""

from __future__ import annotations

import time
from importlib import metadata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord_indicators.folding import TEXT_CAP
from accord_indicators.lexicon import load as load_lexicon
from accord_sdk import Manifest, Place, Record, Signal
from accord_sdk.testing import detect, findings, load

LEXICON = load_lexicon()
PLUGIN = load("indicators")
NEGATIVE = sorted(kind for kind, one in LEXICON.wordings.items() if one.sign < 0)
GROUPS = ["asian", "latina", "black", "white", "colombian", "russian", "mexicana", "african", "japanese"]

SAYS = {
    "trustworthy_style": ["A trustworthy provider", "you can trust me", "soy de confianza", "No scams!"],
    "youth_wording": [
        "young lady",
        "Barely 21",
        "fresh face",
        "college student",
        "jovencita",
        "YÓUNG",
        "yo\u200bung",
    ],
    "movement_wording": ["New in town!", "just visiting", "leaving   soon", "nueva en la ciudad", "de paso"],
    "third_person_or_plural": ["our girls", "call us", "she is here", "nuestras chicas"],
    "incall_only": ["incall only", "in-call only", "no outcalls", "no salgo"],
    "several_people": ["two friends", "ask for my friends", "dos amigas", "mi amiga y yo"],
    "independent_worker": [
        "100% independent",
        "no agency",
        "see my own website",
        "my own place",
        "soy independiente",
    ],
    "spa_business": [
        "day spa",
        "license # 4411",
        "walk-ins",
        "opening hours 9-5",
        "open 7 days",
        "sin cita previa",
    ],
    "agency_lawful": ["a licensed agency", "licensed and insured", "agencia registrada"],
    "spam_cues": [
        "earn money fast",
        "bitcoin trading",
        "click here",
        "gana dinero",
        "https://example.com/x",
        "wow!!!!!!!!!",
    ],
    "screening_wording": ["screening required", "references please", "se requieren referencias"],
    "stated_age_under_23": ["I am 22 today", "21yo", "19 years old", "20 años"],
}
SAYS_NOT = {
    "trustworthy_style": ["not trustworthy", "trustee"],
    "youth_wording": ["no young", "Young Street", "college station", "fresh towels", "not so very old"],
    "movement_wording": ["not visiting", "a new towel", "revisiting"],
    "independent_worker": ["not independent", "independence"],
    "spa_business": ["space", "driver's license 22", "no spa"],
    "screening_wording": ["no screening"],
    "stated_age_under_23": ["23 years old", "i am 45", "122 years", "room 21"],
    "spam_cues": ["see https://example.com/x for how we meet and what to bring along", "wow!!!"],
}  # fmt: skip


def kinds(text: str | None, *, title: str | None = None) -> dict[str, Signal]:
    found = findings(PLUGIN, Record(title=title, body=text))
    assert all(isinstance(signal, Signal) for signal in found)
    return {signal.kind: signal for signal in found}


def test_the_manifest_is_what_the_plugin_registers():
    manifest = Manifest.of(metadata.distribution("accord-plugin-indicators"))
    assert manifest.provides.detectors == tuple(PLUGIN.detectors)
    assert manifest.provides.assessors == tuple(PLUGIN.assessors)
    assert set(manifest.reads) == {"title", "body"}
    assert manifest.config["ethnicity"].default is False


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SAYS.items() for text in texts])
def test_wording_is_seen_with_its_sign_and_source(kind, text):
    signal = kinds(f"Hello. {text}, thank you kindly")[kind] if "http" not in text else kinds(text)[kind]
    wording = LEXICON.wordings[kind]
    assert (signal.sign, signal.source) == (wording.sign, wording.source)
    assert "doi:" in signal.source or "AAAI" in signal.source
    assert 0 < signal.strength <= wording.strength


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in SAYS_NOT.items() for text in texts]
)
def test_what_only_looks_like_it_is_not_seen(kind, text):
    assert kind not in kinds(f"Hello. {text}, thank you kindly")


def test_the_span_is_the_wording_itself():
    body = "Salón \ufb01ne \u200b \u2013 NEW\u200b in  tówn, today"
    signal = kinds(body)["movement_wording"]
    assert body[signal.start : signal.end] == "NEW\u200b in  tówn"
    assert signal.field == "body"


def test_the_title_is_looked_at_first_and_each_kind_said_once():
    found = findings(PLUGIN, Record(title="New in town", body="Just visiting. New in town."))
    assert [(signal.kind, signal.field) for signal in found] == [("movement_wording", "title")]


def test_every_indicator_of_the_word_list_has_a_case_here():
    special = {"obscured_phone", "ethnicity_stated"}
    assert set(LEXICON.wordings) - special == set(SAYS)


@pytest.mark.parametrize("group", GROUPS)
def test_ethnicity_is_silent_by_default_and_never_has_a_direction(group):
    assert kinds(f"a {group} person") == {}
    (signal,) = findings(load("indicators", {"ethnicity": True}), Record(body=f"a {group} person"))
    assert isinstance(signal, Signal)
    assert (signal.kind, signal.sign, signal.strength) == ("ethnicity_stated", 0, 0.0)


SAMPLES = st.lists(
    st.sampled_from(
        [text for texts in SAYS.values() for text in texts] + ["call six1four 555 oh134", "hello there"]
    ),
    min_size=1,
    max_size=5,
).map(". ".join)


@given(SAMPLES, st.lists(st.sampled_from(GROUPS), min_size=1, max_size=8))
def test_words_for_an_ethnicity_change_no_signal(text, groups):
    before = {kind: (signal.sign, signal.strength) for kind, signal in kinds(text).items()}
    for changed in (f"{text} {' '.join(groups)}", f"{' '.join(groups)} {text}"):
        after = {kind: (signal.sign, signal.strength) for kind, signal in kinds(changed).items()}
        assert after == before


@given(SAMPLES, st.sampled_from([text for kind in NEGATIVE for text in SAYS[kind]]))
def test_evidence_against_adds_no_signal_for(text, negative):
    before = {kind for kind, signal in kinds(text).items() if signal.sign > 0}
    assert {kind for kind, signal in kinds(f"{text}\n{negative}").items() if signal.sign > 0} <= before


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_gives_the_same_spans_within_the_text(title, body):
    record = Record(title=title, body=body, place=Place("Columbus"))
    first, second = detect(PLUGIN, [record, record])
    assert first.findings == second.findings
    for signal in first.findings:
        text = {"title": title, "body": body}[signal.field]
        assert 0 <= signal.start < signal.end <= len(text)


@settings(max_examples=300)
@given(st.text(alphabet="one two six oOlI019-.*\u200b\u2460\ufe0f\u20e3é\ufb03\u0130", max_size=60))
def test_text_like_numbers_never_breaks_a_span(body):
    for signal in findings(PLUGIN, Record(body=body)):
        assert 0 <= signal.start < signal.end <= len(body)


UNITS = [
    "one",
    "6 ",
    "o1",
    "young ",
    "no ",
    "(#1) ",
    "\ufdfa",
    "https://",
    "!",
    "one-",
    "\u2460",
    "a\u0301",
    "new in ",
    "fresh air ",
    "614 one ",
]


@pytest.mark.parametrize("unit", UNITS)
def test_a_megabyte_of_text_is_done_at_once(unit):
    started = time.process_time()
    detect(PLUGIN, [Record(body=unit * (1_000_000 // len(unit)))])
    assert time.process_time() - started < 2.0


def test_text_beyond_the_cap_is_not_looked_at():
    assert "movement_wording" in kinds(" " * (TEXT_CAP - 20) + "new in town")
    assert kinds(" " * TEXT_CAP + "new in town") == {}


def test_an_empty_record_has_no_signal():
    assert kinds(None) == {}
