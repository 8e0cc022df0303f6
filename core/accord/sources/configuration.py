"""A source's settings, held to the `config` table of its plugin's manifest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from accord_auth.errors import Invalid
from accord_sdk.manifest import ConfigField

HIDDEN = "(hidden)"
"""What is shown in place of a secret."""

_TYPES: dict[str, Any] = {"string": str, "integer": int, "number": float, "boolean": bool}


class _Unfit(ValueError):
    """A setting's value cannot be used; the message says why."""


def read_settings(fields: Mapping[str, ConfigField], given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The configuration that people wrote as text; a setting of type `strings` may be given several times.

    :raises Invalid: naming every setting that is unknown, missing, or not of its type.
    """
    problems: dict[str, list[str]] = {}
    known = ", ".join(sorted(fields)) or "none"
    values: dict[str, Any] = {}
    for name, texts in given.items():
        if name not in fields:
            problems[name] = [f"is no setting of this plugin; there are: {known}"]
            continue
        try:
            values[name] = _read(fields[name], texts)
        except _Unfit as error:
            problems[name] = [str(error)]
    for name, field in fields.items():
        if field.required and name not in given:
            problems[name] = [f"is missing: {field.help}"]
    if problems:
        raise Invalid("the source's settings cannot be used", problems)
    return values


def as_texts(value: Any) -> list[str]:
    """A setting of any type as people write it, several of them where it is a list."""
    if isinstance(value, bool):
        return [str(value).lower()]
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def shown(
    fields: Mapping[str, ConfigField], config: Mapping[str, Any], *, has_secrets: bool
) -> dict[str, Any]:
    """The configuration as people may see it; what the manifest does not know is hidden too."""
    known = {
        name: value if name in fields and not fields[name].secret else HIDDEN
        for name, value in config.items()
    }
    return known | {name: HIDDEN for name, field in fields.items() if field.secret and has_secrets}


def _read(field: ConfigField, texts: Sequence[str]) -> Any:
    for text in texts:
        if "\x00" in text or not _is_text(text):
            raise _Unfit("holds a character that cannot be stored")
    if field.type == "strings":
        if field.required and not any(text.strip() for text in texts):
            raise _Unfit(f"is empty: {field.help}")
        return list(texts)
    if len(texts) != 1:
        raise _Unfit("is given more than once; it holds one value")
    if field.required and not texts[0].strip():
        raise _Unfit(f"is empty: {field.help}")
    try:
        value = msgspec.convert(texts[0], _TYPES[field.type], strict=False)
    except msgspec.ValidationError as error:
        raise _Unfit(f"is no {field.type}") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise _Unfit("is no finite number")
    return value


def _is_text(text: str) -> bool:
    """Whether a command line's argument was UTF-8."""
    return not any("\ud800" <= char <= "\udfff" for char in text)
