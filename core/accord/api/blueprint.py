"""The blueprint of the API's resources: stricter about what it takes than the library's own."""

from __future__ import annotations

import json
from typing import Any

from flask import Request
from flask_smorest import Blueprint
from webargs.flaskparser import FlaskParser


class StrictParser(FlaskParser):
    """Refuses unknown query parameters, as the schemas refuse unknown fields, and unreadable JSON."""

    # None: as the schema says. The library's own choice drops unknown parameters in silence.
    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {  # noqa: RUF012 - as the base class declares it
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": None,
    }

    def _raw_load_json(self, req: Request) -> Any:
        try:
            return super()._raw_load_json(req)
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise
        except (RecursionError, ValueError) as error:
            # Nested too deep, or a number of too many digits. Not `from error`: its trace is as deep.
            raise json.JSONDecodeError(type(error).__name__, "body", 0) from None


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest publishes no types
    """A flask-smorest blueprint that parses strictly."""

    ARGUMENTS_PARSER = StrictParser()
