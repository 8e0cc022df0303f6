"""The record line, validated with marshmallow: the same for files, sources and the API.

Unknown fields are refused, so that a misspelt field never loses data in silence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""Before the web there were no posts on it."""
CLOCK_SKEW = timedelta(days=1)
"""How far another clock may run ahead of ours."""
LONGEST_BODY = 100_000
LONGEST_TITLE = 2_000
LONGEST_ID = 500
LARGEST_EXTRA = 200
DEEPEST = 20
"""Levels of lists and objects within a field."""
LARGEST_INTEGER = 2**63 - 1
LONGEST_REASON = 1_000


class Moment(fields.Field[datetime]):
    """An ISO 8601 time with an offset, not before 1990 and not in the future; kept in UTC."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        if not isinstance(value, str) or len(value) < 10:
            raise ValidationError("must be a time such as 2026-05-01T12:00:00Z")
        try:
            moment = datetime.fromisoformat(value)
        except ValueError as error:
            raise ValidationError("is no time: write it as 2026-05-01T12:00:00Z") from error
        if moment.tzinfo is None:
            raise ValidationError("has no offset from UTC: write Z or +00:00 at its end")
        try:
            moment = moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError("is out of range") from error
        if moment < EARLIEST:
            raise ValidationError("is before 1990")
        if moment > datetime.now(UTC) + CLOCK_SKEW:
            raise ValidationError("is in the future")
        return moment

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return value.isoformat() if isinstance(value, datetime) else None


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class PriceSchema(_Strict):
    """A price in major units, and the minutes that it is for."""

    amount = fields.Float(required=True, validate=validate.Range(min=0, max=1e9))
    currency = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 8))
    minutes = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=validate.Range(min=1, max=100_000)
    )


class PlaceSchema(_Strict):
    """A place by name, country (ISO 3166 alpha-2) and coordinates (WGS 84)."""

    name = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 200))
    country = fields.String(load_default=None, allow_none=True, validate=validate.Length(2, 2))
    lat = fields.Float(load_default=None, allow_none=True, validate=validate.Range(min=-90, max=90))
    lon = fields.Float(load_default=None, allow_none=True, validate=validate.Range(min=-180, max=180))


class ContactSchema(_Strict):
    """A contact that the source has in a field of its own."""

    kind = fields.String(required=True, validate=validate.Length(1, 40))
    value = fields.String(required=True, validate=validate.Length(1, 500))


class ImageSchema(_Strict):
    """A PDQ hash: 256 bits as 64 hexadecimal digits, and its quality."""

    pdq = fields.String(
        required=True, validate=validate.Regexp(r"[0-9a-fA-F]{64}\Z", error="must be 64 hexadecimal digits")
    )
    quality = fields.Integer(strict=True, load_default=100, validate=validate.Range(min=0, max=100))


class RecordSchema(_Strict):
    """One record line. Only `external_id` and `observed_at` are required."""

    external_id = fields.String(required=True, validate=validate.Length(1, LONGEST_ID))
    observed_at = Moment(required=True)
    posted_at = Moment(load_default=None, allow_none=True)
    url = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=2_000))
    title = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=LONGEST_TITLE))
    body = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=LONGEST_BODY))
    prices = fields.List(fields.Nested(PriceSchema), load_default=list, validate=validate.Length(max=100))
    place = fields.Nested(PlaceSchema, load_default=None, allow_none=True)
    contacts = fields.List(fields.Nested(ContactSchema), load_default=list, validate=validate.Length(max=100))
    images = fields.List(fields.Nested(ImageSchema), load_default=list, validate=validate.Length(max=200))
    language = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 35))
    extra = fields.Dict(keys=fields.String(), load_default=dict, validate=validate.Length(max=LARGEST_EXTRA))

    @validates_schema(pass_original=True)
    def storable(self, data: dict[str, Any], original_data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse what cannot be stored, anywhere: NUL characters, lone surrogates, numbers out of range."""
        for name, value in original_data.items():
            problem = unstorable(value)
            if problem:
                raise ValidationError({name: [problem]})


def unstorable(value: Any) -> str | None:
    """Why a value cannot be stored, or None."""
    level = [value]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                inner += part.keys()
                inner += part.values()
            elif isinstance(part, list):
                inner += part
            elif bad := _unstorable_scalar(part):
                return bad
        if not inner:
            return None
        level = inner
    return f"is nested more than {DEEPEST} levels deep"


def _unstorable_scalar(value: Any) -> str | None:
    if isinstance(value, str):
        if "\x00" in value:
            return "holds a NUL character: take it out"
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            return "holds half of a surrogate pair: write the whole character"
        return None
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return "holds a number with too many digits: write it as text"
    if isinstance(value, float) and not math.isfinite(value):
        return "holds a number that is not finite"
    return None


def reason(messages: Any) -> str:
    """A validation error's messages as one line: `images.0.pdq must be 64 hexadecimal digits`.

    It may quote a field's name, which nobody here wrote: it is cut, and always is valid text.
    """
    line = "; ".join(_flatten(messages, ""))
    line = line.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
    return line if len(line) <= LONGEST_REASON else line[:LONGEST_REASON] + "…"


def _flatten(messages: Any, path: str) -> list[str]:
    if isinstance(messages, dict):
        parts = []
        for key, value in messages.items():
            inner = path if key == "_schema" else f"{path}.{key}".lstrip(".")
            parts += _flatten(value, inner)
        return parts
    if isinstance(messages, list):
        return [part for message in messages for part in _flatten(message, path)]
    return [f"{path}: {messages}" if path else str(messages)]
