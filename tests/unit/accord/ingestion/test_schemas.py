"""The record line: what is taken, what is refused, and that nothing else can happen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.ingestion.service import Incoming, Reject, validate

PDQ = "0123456789abcdef" * 4
WHOLE: dict[str, Any] = {
    "external_id": "a1",
    "observed_at": "2026-05-01T12:00:00Z",
    "posted_at": "2026-05-01T11:00:00+02:00",
    "url": "https://ads.example.com/a1",
    "title": "A title",
    "body": "A body",
    "prices": [{"amount": 200, "currency": "USD", "minutes": 60}],
    "place": {"name": "Columbus, OH", "country": "US", "lat": 39.96, "lon": -83.0},
    "contacts": [{"kind": "phone", "value": "614-555-0134"}],
    "images": [{"pdq": PDQ, "quality": 100}],
    "language": "en",
    "extra": {"anything": [1, {"deeper": None}]},
}


def refused(**changes: Any) -> str:
    """Why the whole record with these changes is refused."""
    found = validate(7, {**WHOLE, **changes})
    assert isinstance(found, Reject), found
    assert found.position == 7
    return found.reason


def taken(**changes: Any) -> Incoming:
    """The whole record with these changes, which is taken."""
    found = validate(7, {**WHOLE, **changes})
    assert isinstance(found, Incoming), found
    return found


def test_a_whole_record_is_taken_as_it_is() -> None:
    record = taken()
    assert record.values["posted_at"] == datetime(2026, 5, 1, 9, tzinfo=UTC)
    assert record.values["extra"] == WHOLE["extra"]


def test_an_id_and_a_time_are_enough() -> None:
    assert isinstance(validate(1, {"external_id": "a", "observed_at": "2026-05-01T12:00:00Z"}), Incoming)


@pytest.mark.parametrize("name", ["external_id", "observed_at"])
def test_without_id_or_time_a_record_is_refused_by_the_field_s_name(name: str) -> None:
    found = validate(1, {key: value for key, value in WHOLE.items() if key != name})
    assert isinstance(found, Reject)
    assert found.reason.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("moment", "why"),
    [
        ("2026-05-01T12:00:00", "offset"),
        ("2026-02-30T12:00:00Z", "no time"),
        ("2026-05-01T25:00:00Z", "no time"),
        ("yesterday, at noon", "no time"),
        ("0001-01-01T00:00:00+14:00", "out of range"),
        ("1989-12-31T23:59:59Z", "before 1990"),
        ("2999-01-01T00:00:00Z", "future"),
        (1777636800, "such as"),
        ("", "such as"),
        (None, "null"),
    ],
)
def test_a_time_that_is_none_is_refused_with_what_is_wrong(moment: Any, why: str) -> None:
    assert why in refused(observed_at=moment)


def test_a_clock_that_runs_a_little_ahead_is_forgiven() -> None:
    taken(observed_at=(datetime.now(UTC) + timedelta(hours=2)).isoformat())


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"images": [{"pdq": "0123"}]}, "images.0.pdq"),
        ({"images": [{"pdq": PDQ + "0"}]}, "images.0.pdq"),
        ({"images": [{"pdq": "x" * 64}]}, "images.0.pdq"),
        ({"images": [{"pdq": PDQ + "\n"}]}, "images.0.pdq"),
        ({"images": [{"pdq": PDQ, "quality": 101}]}, "images.0.quality"),
        ({"images": [{"pdq": PDQ, "quality": 1.5}]}, "images.0.quality"),
        ({"prices": [{"amount": "much"}]}, "prices.0.amount"),
        ({"prices": [{"amount": -1}]}, "prices.0.amount"),
        ({"prices": [{"amount": 10**400}]}, "prices.0.amount"),
        ({"prices": [{"amount": 1, "minutes": 60.5}]}, "prices.0.minutes"),
        ({"place": {"lat": 91}}, "place.lat"),
        ({"place": {"country": "USA"}}, "place.country"),
        ({"place": "Columbus"}, "place"),
        ({"contacts": [{"kind": "phone"}]}, "contacts.0.value"),
        ({"titel": "misspelt"}, "titel"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "i" * 501}, "external_id"),
        ({"external_id": 12}, "external_id"),
        ({"body": "b" * 1_000_000}, "body"),
        ({"body": "a\x00b"}, "body"),
        ({"body": "half \ud83d"}, "body"),
        ({"extra": {"a\x00": 1}}, "extra"),
        ({"extra": {"a": ["deep", {"b": "\x00"}]}}, "extra"),
        ({"extra": {"a": 2**63}}, "extra"),
        ({"extra": {"a": float("nan")}}, "extra"),
        ({"extra": {str(n): n for n in range(201)}}, "extra"),
    ],
)
def test_a_wrong_field_is_refused_with_its_path(changes: dict[str, Any], where: str) -> None:
    assert refused(**changes).startswith(f"{where}: ")


def test_a_record_of_many_large_fields_is_refused() -> None:
    assert "larger" in refused(extra={str(n): "x" * 10_000 for n in range(150)})


def test_values_nested_beyond_use_are_refused() -> None:
    deep: Any = []
    for _ in range(900):
        deep = [deep]
    assert "levels deep" in refused(extra={"deep": deep})


def test_a_reason_stays_short_and_is_text_even_when_a_field_s_name_is_neither() -> None:
    for name in ("n" * 100_000, "\ud800", "\x00"):
        why = refused(**{name: 1})
        assert len(why) <= 1_001
        assert "\x00" not in why
        why.encode()


def test_a_refused_record_keeps_its_id_where_that_can_be_written() -> None:
    found = validate(1, {"external_id": "a\ud8001"})
    assert isinstance(found, Reject)
    assert found.external_id == "a\\ud8001"
    assert validate(1, {"external_id": ["a"]}).external_id is None  # type: ignore[union-attr] # it is refused


def test_the_same_content_in_another_order_and_offset_is_the_same_record() -> None:
    other = {key: WHOLE[key] for key in reversed(WHOLE)} | {"observed_at": "2026-05-01T14:00:00+02:00"}
    found = validate(1, other)
    assert isinstance(found, Incoming)
    assert found.digest == taken().digest
    assert taken(title="Another").digest != taken().digest


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(min_codepoint=0xD700, max_codepoint=0xE000))
    | st.sampled_from(["2026-05-01T12:00:00Z", PDQ, "a1", "\x00"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from([*WHOLE, "titel", "amount", "pdq"])


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(FIELDS | st.text(max_size=8), JSON, max_size=8), st.booleans())
def test_whatever_comes_in_is_taken_or_refused_and_can_be_written_down(
    line: dict[str, Any], whole: bool
) -> None:
    found = validate(3, {**WHOLE, **line} if whole else line)
    if isinstance(found, Reject):
        assert found.reason
        msgspec.json.encode(found)
    else:
        text = msgspec.json.encode(found.values).decode()
        assert "\\u0000" not in text


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_whatever_stands_in_extra_comes_back_from_json_as_it_went_in(value: Any) -> None:
    found = validate(3, {**WHOLE, "extra": {"value": value}})
    if isinstance(found, Incoming):
        stored = msgspec.json.decode(msgspec.json.encode(found.values["extra"]))
        assert stored == {"value": value}
