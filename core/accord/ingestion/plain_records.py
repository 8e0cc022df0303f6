"""Most records are plain: every field has just the type and size that the schema asks for. They are
recognised here by msgspec, from types that are made of the marshmallow schema itself.

The schema decides: what is not plain (a number written as text, a wrong field, anything odd) goes through
it, and so does every record that is refused, with its reason. A test holds both to the same values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from marshmallow import Schema, ValidationError, fields, missing, validate
from marshmallow.validate import Validator

from accord.ingestion.schemas import Moment, unstorable

_NUL = rb"\u0000"


class PlainRecords:
    """Takes the plain records of a schema.

    :raises TypeError: when the schema has a field or a validator that no type is known for.
    """

    def __init__(self, schema: Schema) -> None:
        self._moments = {name: field for name, field in schema.fields.items() if isinstance(field, Moment)}
        self._nested = tuple(
            name for name, field in schema.fields.items() if isinstance(field, fields.Nested | fields.List)
        )
        self._free = tuple(name for name, field in schema.fields.items() if isinstance(field, fields.Dict))
        self._names = tuple(schema.fields)
        self._type = _struct(schema)
        self._encode = msgspec.json.Encoder(order="deterministic").encode

    def take(self, line: dict[str, Any]) -> tuple[dict[str, Any], bytes] | None:
        """A plain record's values as the schema loads them, and the same in JSON with sorted keys.

        None for a record that is not plain.
        """
        try:
            plain = msgspec.convert(line, self._type)
            values = {name: getattr(plain, name) for name in self._names}
            for name in self._nested:
                values[name] = msgspec.to_builtins(values[name])
            for name, field in self._moments.items():
                values[name] = field.deserialize(values[name])
            if any(unstorable(values[name]) for name in self._free if values[name]):
                return None
            encoded = self._encode(values)
        except (msgspec.ValidationError, ValidationError, UnicodeEncodeError):
            return None
        return None if _NUL in encoded else (values, encoded)


def _struct(schema: Schema) -> type[msgspec.Struct]:
    name = type(schema).__name__.removesuffix("Schema")
    declared = [_declared(attribute, field) for attribute, field in schema.fields.items()]
    # Fields without a default come first, as a struct wants them; order means nothing here.
    declared.sort(key=len)
    return msgspec.defstruct(name, declared, forbid_unknown_fields=True, kw_only=True)


def _declared(name: str, field: fields.Field[Any]) -> tuple[str, Any] | tuple[str, Any, Any]:
    kind = _type(field) | None if field.allow_none else _type(field)
    if field.required:
        return name, kind
    default = None if field.load_default is missing else field.load_default
    return name, kind, msgspec.field(default_factory=default) if callable(default) else default


def _type(field: fields.Field[Any]) -> Any:
    limits = _limits(field)
    if isinstance(field, Moment):
        return str
    for kind, make in _TYPES.items():
        if type(field) is kind:
            return Annotated[make(field), msgspec.Meta(**limits)] if limits else make(field)
    raise TypeError(f"no plain type is known for a field of {type(field).__name__}")


def _limits(field: fields.Field[Any]) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for validator in field.validators:
        match validator:
            case validate.Length() if validator.equal is None:
                limits |= {"min_length": validator.min, "max_length": validator.max}
            case validate.Range() if validator.min_inclusive and validator.max_inclusive:
                limits |= {"ge": validator.min, "le": validator.max}
            case validate.Regexp() if validator.regex.flags == re.UNICODE:
                limits["pattern"] = rf"\A(?:{validator.regex.pattern!s})"
            case _:
                raise TypeError(f"no plain limit is known for {_named(validator)}")
    return {name: limit for name, limit in limits.items() if limit is not None}


def _named(validator: Validator | Callable[[Any], Any]) -> str:
    return type(validator).__name__


def _integer(field: fields.Field[Any]) -> Any:
    if not isinstance(field, fields.Integer) or not field.strict:
        raise TypeError("a plain integer must be strict")
    return int


def _list(field: fields.Field[Any]) -> Any:
    return list[_type(field.inner)] if isinstance(field, fields.List) else list  # type: ignore[misc]  # made at run time


def _nested(field: fields.Field[Any]) -> Any:
    return _struct(field.schema) if isinstance(field, fields.Nested) else dict


_TYPES: dict[type[fields.Field[Any]], Callable[[fields.Field[Any]], Any]] = {
    fields.String: lambda _: str,
    fields.Float: lambda _: float,
    fields.Integer: _integer,
    fields.Dict: lambda _: dict[str, Any],
    fields.List: _list,
    fields.Nested: _nested,
}
