"""What is taken as plain is what the schema takes, with the same values."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import RAISE, Schema, fields, validate

from accord.ingestion.plain_records import PlainRecords
from accord.ingestion.schemas import RecordSchema

SCHEMA = RecordSchema()
PLAIN = PlainRecords(SCHEMA)
RECORD: dict[str, Any] = {"external_id": "a1", "observed_at": "2026-05-01T12:00:00Z", "posted_at": None}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(codec=None), max_size=5),
    st.sampled_from(
        ["1", "1.5", "USD", "US", "a" * 64, "A0" * 32, "", "\x00", "\ud800", " ", "2026-05-01T12:00:00+02:00"]
    ),
    st.sampled_from(["a" * 300, "a" * 2_001, "a" * 100_001]),
)
KEYS = st.sampled_from("amount currency minutes name country lat lon kind value pdq quality other".split())
SMALL = st.dictionaries(KEYS, ODD, max_size=4)
PLAIN_PARTS = st.sampled_from(
    [
        {"amount": 200, "currency": "USD", "minutes": 60},
        {"amount": 0.5},
        {"name": "Columbus, OH", "country": "US", "lat": 39.96, "lon": -83},
        {"kind": "phone", "value": "614-555-0134"},
        {"pdq": "0123456789abcdef" * 4},
        {"pdq": "0123456789ABCDEF" * 4, "quality": 0},
    ]
)
ANYTHING = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
VALUES = ANYTHING | SMALL | PLAIN_PARTS | st.lists(PLAIN_PARTS | SMALL, max_size=3)


@settings(max_examples=600, deadline=None)
@given(st.dictionaries(st.sampled_from([*SCHEMA.fields, "unknown"]), VALUES, max_size=5))
def test_a_plain_record_is_one_that_the_schema_loads_alike(changes: dict[str, Any]) -> None:
    line = {**RECORD, **changes}
    taken = PLAIN.take(line)
    if taken is not None:
        values = SCHEMA.load(line)
        assert taken == (values, msgspec.json.encode(values, order="deterministic"))
        assert [type(value) for value in taken[0].values()] == [type(values[name]) for name in taken[0]]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "posted_at": "2026-05-01T11:00:00+02:00",
            "url": "https://ads.example.com/a1",
            "title": "t",
            "body": "b",
        },
        {"prices": [{"amount": 200, "currency": "USD", "minutes": 60}], "language": "en"},
        {"place": {"name": "Columbus, OH", "country": "US", "lat": 39.96, "lon": -83.0}},
        {"contacts": [{"kind": "phone", "value": "614-555-0134"}], "images": [{"pdq": "0" * 64}]},
        {"extra": {"anything": [1, {"deeper": None}]}},
    ],
)
def test_an_ordinary_record_is_plain(changes: dict[str, Any]) -> None:
    assert PLAIN.take({**RECORD, **changes}) is not None


class WithDate(Schema):
    class Meta:
        unknown = RAISE

    day = fields.Date()


class WithExactLength(Schema):
    code = fields.String(validate=validate.Length(equal=3))


class WithLooseInteger(Schema):
    count = fields.Integer()


@pytest.mark.parametrize("schema", [WithDate, WithExactLength, WithLooseInteger])
def test_a_schema_that_is_not_understood_wholly_is_refused(schema: type[Schema]) -> None:
    with pytest.raises(TypeError):
        PlainRecords(schema())
