"""What a view works with: the request's principal, its unit of work, and the way back from errors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadData, URLSafeSerializer

from accord.web.reading import only_reading
from accord.web.security import secure
from accord_auth.errors import Invalid, NotSignedIn
from accord_auth.factors.means import Means
from accord_auth.principal import Principal
from accord_auth.sso.outside import Outside
from accord_config.database import NOBODY, Database, ScopedSession
from accord_config.mail import Mailer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Values = TypeVar("Values")


class FactorAsked(NotSignedIn):
    """A second factor is asked of you: set one up on the page "Your account" before anything else."""


HOST = re.compile(r"([\w-]{1,63}(\.[\w-]{1,63}){0,30}\.?|\[[0-9a-fA-F:.]{2,45}\])(:[0-9]{1,5})?", re.ASCII)
"""A name, an IPv4 address or an IPv6 address in brackets, and a port."""


class AccordFlask(Flask):
    """A Flask application in which every request is one unit of work.

    It commits before the answer goes out, and rolls back when the view raises. Its session shows
    what the principal may see; for nobody it shows nothing.
    """

    def __init__(
        self, name: str, *, web: Database, gate: Database, outside: Outside, mailer: Mailer, means: Means
    ) -> None:
        super().__init__(name, static_folder=None)
        self.web = web
        self.gate = gate
        self.issuer = outside.issuer
        """The address at which everybody reaches this installation; it never comes from a request."""
        self.keys = outside.keys
        self.outside = outside
        self.mailer = mailer
        self.means = means
        """What second factors need of this installation."""

    def close(self) -> None:
        """Close its connections to the database: whoever made an application and needs it no more does so."""
        self.web.close()
        self.gate.close()

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request; one whose Host is none is refused before anything reads it."""
        if HOST.fullmatch(environ.get("HTTP_HOST", "localhost")) is None:
            refused = secure(Response("The Host header names no host.\n", 400, mimetype="text/plain"))
            return refused(environ, start_response)
        return super().wsgi_app(environ, start_response)

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view inside its unit of work."""
        who = current_principal()
        if who is not None:
            only_reading(self.web, who)
        with self.web.transaction(who.scope if who else NOBODY) as unit:
            g.unit = unit
            return super().dispatch_request()


def current_principal() -> Principal | None:
    """Who is asking; None: nobody that we know."""
    return cast("Principal | None", g.get("principal"))


def principal() -> Principal:
    """Who is asking.

    :raises NotSignedIn: when it is nobody that we know.
    :raises FactorAsked: when somebody has to set up a second factor first.
    """
    found = current_principal()
    if found is None:
        raise FactorAsked if g.get("restricted") is not None else NotSignedIn
    return found


def unit() -> ScopedSession:
    """This request's unit of work. Views never commit it."""
    return cast("ScopedSession", g.unit)


def this_app() -> AccordFlask:
    """The application that answers this request."""
    return cast("AccordFlask", current_app)


def gate() -> Database:
    """The gate's database: who somebody is and may be. It shows no case data."""
    return cast("AccordFlask", current_app).gate


def own_path(where: str) -> str | None:
    """A path of our own that somebody asked to be led to; None for anything else.

    Browsers read a backslash as a slash and leave tabs and line breaks out, so none may be in it.
    """
    own = where.startswith("/") and not where.startswith("//") and "\\" not in where and where.isprintable()
    return where if own else None


def wants_fragment() -> bool:
    """Whether htmx asks, which puts the answer into a page that is there already."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def encode_cursor(*values: Any) -> str:
    """Where a page ended, for the address of the next one of the same organisation."""
    return _signer().dumps(msgspec.json.encode(values).decode())


def decode_cursor(text: str | None, kind: type[Values]) -> Values | None:
    """The values of a cursor; None without one.

    :raises Invalid: when we did not make it for this organisation and this kind of page.
    """
    if not text:
        return None
    try:
        return msgspec.json.decode(_signer().loads(text), type=kind)
    except (BadData, msgspec.MsgspecError) as error:
        why = "the address names a page that is none: start again from the first page"
        raise Invalid(why, {"cursor": ["not one that we gave"]}) from error


def _signer() -> URLSafeSerializer:
    """Signed, so that nobody can make positions up, or carry one into another organisation's lists."""
    organisation = principal().organisation_id
    return URLSafeSerializer(str(current_app.secret_key), salt=f"cursor {organisation}")
