"""The credential of a request: a session cookie, or a bearer token with the same meaning."""

from __future__ import annotations

from flask import g, request
from werkzeug.datastructures import Authorization
from werkzeug.exceptions import Forbidden

from accord.web.origin import is_own
from accord.web.request import AccordFlask
from accord_auth.sessions.service import resolve

COOKIE = "accord_session"
LONGEST_TOKEN = 200


def own_token() -> str | None:
    """The token that this request carries; a bearer token comes before the cookie."""
    authorization = request.authorization
    if authorization is not None and _bearer(authorization):
        return authorization.token or None
    return request.cookies.get(COOKIE)


def _bearer(authorization: Authorization | None) -> bool:
    # Another scheme (a browser sends Basic by itself) says nothing, and the cookie counts.
    return authorization is not None and authorization.type == "bearer"


def register(app: AccordFlask) -> None:
    """Find out who asks before each view, and refuse what another site asks in somebody's name."""

    @app.before_request
    def identify() -> None:
        token = own_token()
        g.principal = None
        if request.endpoint == "web.static" or token is None or len(token) > LONGEST_TOKEN:
            return
        if not _bearer(request.authorization) and not is_own(request):
            raise Forbidden("this came from another site")
        with app.gate.statements() as session:
            g.principal = resolve(session, token)

    @app.before_request
    def own_forms() -> None:
        # Signing in carries no cookie yet; without this another site could sign somebody in.
        if request.endpoint == "web.sign_in" and not is_own(request):
            raise Forbidden("this came from another site")
