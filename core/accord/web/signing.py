"""The credential of a request: a session cookie, a bearer token of the same meaning, or an OAuth token."""

from __future__ import annotations

from flask import g, request
from werkzeug.exceptions import Forbidden

from accord.web.origin import is_own
from accord.web.receiving import received
from accord.web.request import AccordFlask
from accord_auth.credentials import COOKIE as COOKIE_SCHEME
from accord_auth.credentials import resolve_credential
from accord_auth.oauth.resolution import Presented, is_access_token

COOKIE = "accord_session"
LONGEST_TOKEN = 200
TOKEN_SCHEMES = ("bearer", "dpop")
OAUTH_AT = "/api/v1/"
"""The only addresses where a program may act with an OAuth token: never on pages, and least of all on
the one where a person lets programs in. (Userinfo, below /oauth, looks for itself.)"""


def own_token() -> str | None:
    """The token that this request carries; one in the Authorization header comes before the cookie."""
    authorization = request.authorization
    if authorization is not None and _scheme() != COOKIE_SCHEME:
        return authorization.token or None
    return request.cookies.get(COOKIE)


def _scheme() -> str:
    # Another scheme (a browser sends Basic by itself) says nothing, and the cookie counts.
    authorization = request.authorization
    named = authorization is not None and authorization.type in TOKEN_SCHEMES
    return authorization.type if authorization is not None and named else COOKIE_SCHEME


def register(app: AccordFlask) -> None:
    """Find out who asks before each view, and refuse what another site asks in somebody's name."""

    @app.before_request
    def identify() -> None:
        token, scheme = own_token(), _scheme()
        g.principal = None
        if request.endpoint == "web.static" or token is None or len(token) > LONGEST_TOKEN:
            return
        if scheme == COOKIE_SCHEME and not is_own(request):
            raise Forbidden("this came from another site")
        if is_access_token(token) and not request.path.startswith(OAUTH_AT):
            return
        with app.gate.statements() as session:
            resolved = resolve_credential(session, Presented(token, scheme, received(app.issuer)))
        g.principal = resolved.principal
        g.refusal = resolved

    @app.before_request
    def own_forms() -> None:
        # Signing in carries no cookie yet; without this another site could sign somebody in.
        if request.endpoint == "web.sign_in" and not is_own(request):
            raise Forbidden("this came from another site")
