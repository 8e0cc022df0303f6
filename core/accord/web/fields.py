"""Which fields a page's form or address takes, and how long each may be; whatever else is sent is refused.

A view says it beside its route, and reads the values as before:

    @blueprint.post("/cases/<uuid:case_id>/notes")
    @takes(body=text(LONGEST_NOTE, required=True))

What a value means is the service's to judge. This refuses what no form of ours sends: fields that it has not,
a field sent twice, characters that the database cannot hold, texts longer than the form lets one write, and
files. The answer names each field and says why.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnsupportedMediaType

from accord_auth.errors import Invalid

LONGEST_CURSOR = 4_000
"""A cursor names a record by the id that its source gave it: up to 500 characters, encoded."""
LONGEST_ADDRESS = 8_000
"""A path of ours with its query, cursor included."""
LONGEST_ID = 36
"""A UUID as it is written."""
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "")

View = TypeVar("View", bound=Callable[..., Any])


def storable(value: str) -> None:
    """Refuse a text that PostgreSQL cannot hold.

    :raises ValidationError: saying which character is in the way.
    """
    if "\x00" in value:
        raise ValidationError("Take out the NUL character.")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise ValidationError("Write the whole character: this holds half of a surrogate pair.")


def text(longest: int, *, required: bool = False) -> fields.String:
    """A field of a form or an address with at most so many characters; one that is required is not blank."""
    checks: list[Callable[[str], Any]] = [validate.Length(max=longest), storable]
    return fields.String(required=required, validate=[*checks, _not_blank] if required else checks)


def _not_blank(value: str) -> None:
    if not value.strip():
        raise ValidationError("Write something.")


def takes(*uploads: str, **named: fields.String) -> Callable[[View], View]:
    """The fields of a form that is posted to this view; none without arguments. `uploads` name files.

    :raises Invalid: from the view, naming every field that cannot be used.
    """
    return _checked("form", Schema.from_dict(dict(named)), frozenset(uploads))


def asks(**named: fields.String) -> Callable[[View], View]:
    """The parameters that the address of this view takes.

    :raises Invalid: from the view, naming every parameter that cannot be used.
    """
    return _checked("query", Schema.from_dict(dict(named)))


def _checked(
    where: str, schema: type[Schema], uploads: frozenset[str] = frozenset()
) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        known = dict(getattr(view, "fields_taken", {}))

        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if where == "query":
                _refuse(_problems(schema, request.args))
            elif request.method == "POST":
                if request.mimetype not in FORMS:
                    raise UnsupportedMediaType("send this as a form")
                problems = {} if "query" in known else _problems(Schema, request.args)
                sent = MultiDict([*request.form.items(multi=True), *_files(uploads)])
                _refuse(problems | _problems(schema, sent))
            return view(*args, **kwargs)

        # For the tests that walk every form.
        checked.fields_taken = known | {where: schema}  # type: ignore[attr-defined]  # read by tests alone
        return cast("View", checked)

    return decorate


def _files(taken: frozenset[str]) -> list[tuple[str, str]]:
    # As a field that no form has: media is never taken.
    return [(f"{name} (a file)", "") for name in request.files if name not in taken]


def _problems(schema: type[Schema], sent: MultiDict[str, str]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {name: ["Send it once."] for name in sent if len(sent.getlist(name)) > 1}
    try:
        schema(unknown=RAISE).load(dict(sent.items()))
    except ValidationError as error:
        problems |= error.normalized_messages()  # type: ignore[no-untyped-call]  # marshmallow leaves it untyped
    return problems


def _refuse(problems: dict[str, list[str]]) -> None:
    if problems:
        raise Invalid("some fields cannot be used", problems)
