"""The one form of errors in the API (RFC 9457), as its OpenAPI document shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from apispec import APISpec
from flask_smorest import Blueprint

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "Finds a 5xx in the log."},
        "errors": {"type": "object", "description": "What is wrong, by field."},
    },
}
_WORDS = {
    400: "The request was not understood.",
    401: "Nobody is signed in.",
    403: "The principal may not do this.",
    404: "There is no such thing, or the principal may not see it.",
    409: "It has changed in the meantime, or is there already.",
    413: "The request is too large.",
    415: "The request's body is no JSON.",
    422: "Some fields cannot be used; `errors` says which and why.",
    429: "There were too many tries; `Retry-After` says how many seconds to wait.",
}
_COMMON = (401, 403, 422)

View = TypeVar("View", bound=Callable[..., Any])


def problems(blueprint: Blueprint, *more: int) -> Callable[[View], View]:
    """Document the errors that a view may answer with, beside the common ones."""

    def decorate(view: View) -> View:
        for status in sorted({*_COMMON, *more}):
            view = blueprint.alt_response(status, response=_name(status))(view)
        return view

    return decorate


def register_problems(spec: APISpec) -> None:
    """Give the OpenAPI document the answers that `problems` refers to."""
    schema = {"$ref": "#/components/schemas/Problem"}
    for status, words in _WORDS.items():
        content = {"application/problem+json": {"schema": schema}}
        spec.components.response(_name(status), {"description": words, "content": content})


def _name(status: int) -> str:
    return f"Problem{status}"
