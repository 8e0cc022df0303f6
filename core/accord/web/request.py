"""What a view works with: the request's principal, its unit of work, and the way back from errors."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar, cast

import msgspec
from flask import Flask, g, request
from flask.typing import ResponseReturnValue

from accord_auth.errors import Invalid, NotSignedIn
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, ScopedSession

Values = TypeVar("Values")


class AccordFlask(Flask):
    """A Flask application in which every request is one unit of work.

    It commits before the answer goes out, and rolls back when the view raises. Its session shows
    what the principal may see; for nobody it shows nothing.
    """

    def __init__(self, name: str, *, web: Database, gate: Database) -> None:
        super().__init__(name, static_folder=None)
        self.web = web
        self.gate = gate

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view inside its unit of work."""
        who = current_principal()
        with self.web.transaction(who.scope if who else NOBODY) as unit:
            g.unit = unit
            return super().dispatch_request()


def current_principal() -> Principal | None:
    """Who is asking; None: nobody that we know."""
    return cast("Principal | None", g.get("principal"))


def principal() -> Principal:
    """Who is asking.

    :raises NotSignedIn: when it is nobody that we know.
    """
    found = current_principal()
    if found is None:
        raise NotSignedIn
    return found


def unit() -> ScopedSession:
    """This request's unit of work. Views never commit it."""
    return cast("ScopedSession", g.unit)


def wants_fragment() -> bool:
    """Whether htmx asks, which puts the answer into a page that is there already."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def encode_cursor(*values: Any) -> str:
    """Where a page ended, for the address of the next one."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def decode_cursor(text: str | None, kind: type[Values]) -> Values | None:
    """The values of a cursor; None without one.

    :raises Invalid: when it is none of ours.
    """
    if not text:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kind)
    except (msgspec.MsgspecError, binascii.Error, UnicodeError, ValueError) as error:
        raise Invalid("the address names a page that is none: start again from the first page") from error
