"""What forms take, whether a page, a program or the command line fills them in: strict, and said by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from accord_auth.errors import Invalid

LONGEST_LINE = 200
LONGEST_PARAGRAPH = 2_000
LONGEST_EMAIL = 254


Check = Callable[[Any], Any]


class Strict(Schema):
    """Refuses what it does not know."""

    class Meta:
        """Unknown fields are errors."""

        unknown = RAISE


def storable(text: str) -> None:
    """Refuse what PostgreSQL cannot hold.

    :raises ValidationError: for a NUL, or half of a surrogate pair.
    """
    if "\x00" in text:
        raise ValidationError("Take out the NUL character.")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValidationError("Write the whole character: this holds half of a surrogate pair.")


def _on_one_line(text: str) -> None:
    storable(text)
    if not text.isprintable():
        raise ValidationError("Take out line breaks and characters that cannot be seen.")


class _Text(fields.String):
    """A text without space around it."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        return text.strip() if isinstance(text, str) else text


def line(*, required: bool = True, longest: int = LONGEST_LINE) -> fields.String:
    """A text on one line; one that is not required may be left out or empty."""
    checks: list[Check] = [validate.Length(1 if required else 0, longest), _on_one_line]
    return _Text(required=True, validate=checks) if required else _Text(load_default="", validate=checks)


def paragraph(*, required: bool = True, shortest: int = 1, longest: int = LONGEST_PARAGRAPH) -> fields.String:
    """A text of several lines; one that is not required may be left out or empty."""
    checks: list[Check] = [validate.Length(shortest if required else 0, longest), storable]
    return _Text(required=True, validate=checks) if required else _Text(load_default="", validate=checks)


def email() -> fields.String:
    """An e-mail address."""
    checks: list[Check] = [validate.Length(3, LONGEST_EMAIL), _on_one_line, validate.Email()]
    return _Text(required=True, validate=checks)


def read(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form.

    :raises Invalid: naming every field at fault.
    """
    try:
        values: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow leaves it untyped
        raise Invalid("some fields cannot be used", messages) from error
    return values
