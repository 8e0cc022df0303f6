"""Contact values are taken out of text in every form in which they are known."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.caseload.leads import LeadRecordRow
from accord.caseload.redaction import Redaction
from accord.ingestion.models import StoredRecord
from accord_sdk import Finding, Selector, Signal

PHONE = "+16145550134"


def knowing(*values: tuple[str, str]) -> Redaction:
    return Redaction.of((), values)


def row(body: str, *findings: Finding) -> LeadRecordRow:
    record = StoredRecord(title=None, body=body, observed_at=datetime(2026, 5, 1, tzinfo=UTC), content={})
    return LeadRecordRow(record, "board", list(findings))


@pytest.mark.parametrize(
    "text",
    [
        "614-555-0134",
        "(614) 555-0134",
        "614.555.0134",
        "6145550134",
        "+1 614 555 0134",
        "1-614-555-0134",
        "+1 (614) 555 - 0134",
        "6 1 4 5 5 5 0 1 3 4",
        "614_555_0134",
        "6*1*4*5*5*5*0*1*3*4",
        "614\n555\n0134",
        "call614-555-0134now",
        "00 1 614 555 0134",
    ],
)
def test_a_phone_number_is_hidden_whatever_stands_between_its_digits(text: str) -> None:
    shown = knowing(("phone", PHONE)).hide(f"Ring {text}, please")
    digits = "".join(filter(str.isdigit, shown))
    assert "5550" not in digits
    assert "614" not in digits
    assert shown.startswith("Ring ")
    assert shown.endswith(", please")


@pytest.mark.parametrize(
    "text",
    ["614-555-0135", "There are 6145 records", "2026-05-01", "200 USD/60", "", "5 5 5", "0134"],
)
def test_other_numbers_stay(text: str) -> None:
    assert knowing(("phone", PHONE)).hide(text) == text


@pytest.mark.parametrize(
    ("kind", "value", "text", "shown"),
    [
        ("email", "mira@example.org", "write MIRA@Example.ORG!", "write •••••RG!"),
        ("handle", "snapchat:mira.01", "snap @mira.01", "snap @•••••"),
        ("handle", "snapchat:mira.01", "see snapchat:mira.01", "see •••••01"),
        ("wallet", "bitcoin:bc1qexample", "pay bc1qexample", "pay •••••le"),
        ("url", "board.example.com/a", "https://board.example.com/a?x", "https://•••••/a?x"),
    ],
)
def test_other_contacts_are_hidden_whatever_their_case(kind: str, value: str, text: str, shown: str) -> None:
    hidden = knowing((kind, value)).hide(text)
    if kind == "url":
        assert "board.example" not in hidden
        return
    assert hidden == shown


@pytest.mark.parametrize(("kind", "value"), [("price", "200 USD/60"), ("age", "23"), ("place", "Columbus")])
def test_what_only_describes_stays(kind: str, value: str) -> None:
    assert knowing((kind, value)).hide(f"it says {value}") == f"it says {value}"


def test_a_short_name_is_no_reason_to_hide_a_word() -> None:
    assert knowing(("handle", "x:al")).hide("al fresco") == "al fresco"
    assert knowing(("handle", "x:rose")).hide("a rosette") == "a rosette"
    assert knowing(("handle", "x:rose")).hide("a rose") == "a •••••"


def test_what_a_finding_covers_is_hidden_whatever_it_looks_like() -> None:
    text = "ring six one four 555 oh134 now"
    finding = Selector("phone", PHONE, field="body", start=5, end=27)
    redaction = Redaction.of([row(text, finding)])
    assert redaction.hide(text, "body", [finding]) == "ring •••••34 now"
    assert redaction.hide("Again: SIX one four 555 oh134.") == "Again: •••••34."
    assert redaction.hide(text, "title", [finding]) == "ring •••••34 now"


@pytest.mark.parametrize(("start", "end"), [(-1, 4), (4, 4), (9, 3), (2, 999), (None, 4), (4, None)])
def test_a_span_that_is_none_hides_nothing_and_harms_nothing(start: int | None, end: int | None) -> None:
    finding = Selector("handle", "x:longer.name", field="body", start=start, end=end)
    assert Redaction.of([row("a text", finding)]).hide("a text", "body", [finding]) == "a text"


def test_signals_hide_nothing() -> None:
    signal = Signal("youth_wording", 1, field="body", start=0, end=6)
    assert Redaction.of([row("a text", signal)]).hide("a text", "body", [signal]) == "a text"


@given(
    spans=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6),
    text=st.text(alphabet="abcdefgh", min_size=30, max_size=30),
)
def test_no_letter_under_any_span_is_left_but_the_last_two_of_a_stretch(
    spans: list[tuple[int, int]], text: str
) -> None:
    findings = [Selector("handle", "x:z", field="body", start=a, end=b) for a, b in spans if a < b]
    covered = {place for one in findings for place in range(one.start or 0, one.end or 0)}
    shown = Redaction().hide(text, "body", findings)
    kept = [char for place, char in enumerate(text) if place not in covered]
    letters = [char for char in shown if char != "•"]
    stretches = sum(1 for place in covered if place - 1 not in covered)
    assert len(kept) <= len(letters) <= len(kept) + 2 * stretches


def test_a_long_text_and_many_values_take_no_long_time() -> None:
    values = [("phone", f"+1614555{number:04}") for number in range(2_000)]
    values += [("handle", f"x:name{number:05}") for number in range(2_000)]
    redaction = knowing(*values)
    began = time.process_time()
    redaction.hide("1 2 3 4 5 6 7 8 9 0 - ( " * 4_000)
    assert time.process_time() - began < 2.0
