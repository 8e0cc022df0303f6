"""The credential of a request: a session cookie, a bearer token of the same meaning, or an OAuth token."""

from __future__ import annotations

from typing import cast

from flask import g, request
from werkzeug import Response
from werkzeug.exceptions import Forbidden

from accord.web.origin import is_own
from accord.web.receiving import received
from accord.web.request import AccordFlask
from accord_auth.credentials import COOKIE as COOKIE_SCHEME
from accord_auth.credentials import resolve_credential
from accord_auth.errors import NotSignedIn
from accord_auth.oauth.resolution import Presented, is_access_token
from accord_auth.sessions.freshness import require_fresh
from accord_auth.sessions.service import SignedIn, SignIn

COOKIE = "accord_session"
LONGEST_TOKEN = 200
TOKEN_SCHEMES = ("bearer", "dpop")
OAUTH_AT = "/api/v1/"
"""The only addresses where a program may act with an OAuth token: never on pages, and least of all on
the one where a person lets programs in. (Userinfo, below /oauth, looks for itself.)"""
PROTOCOLS = ("/scim/",)
"""Where programs come with credentials of their own kind, and neither cookies nor our tokens count."""
WITHOUT_COOKIE = ("web.sign_in", "invitations.accept", "sso_entry.by_word", "sso_entry.by_invitation")
"""Forms that start a session."""


def shown_token() -> tuple[str, str | None]:
    """Scheme, in lower case, and token by which this request asks; the header comes before the cookie.

    Another scheme (a browser sends Basic by itself) says nothing, and the cookie counts. The header is read
    here because Werkzeug raises ValueError on a Basic header that is not ASCII.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in TOKEN_SCHEMES:
        return scheme.lower(), token.strip() or None
    return COOKIE_SCHEME, request.cookies.get(COOKIE)


def own_token() -> str | None:
    """The token that this request carries."""
    return shown_token()[1]


def current_session() -> SignedIn | None:
    """The session by which somebody asks; None for nobody, and for a client with a token of its own."""
    return cast("SignedIn | None", g.get("signed_in"))


def own_session() -> SignedIn:
    """The session by which somebody asks.

    :raises NotSignedIn: when there is none.
    """
    found = current_session()
    if found is None:
        raise NotSignedIn
    return found


def fresh_session() -> SignedIn:
    """The session by which somebody asks who proved a short time ago who it is.

    :raises NotSignedIn: when nobody asks whom we know.
    :raises ProofNeeded: without a recent proof; pages then lead to the form that asks for it.
    """
    if g.get("principal") is None:
        raise NotSignedIn
    return require_fresh(current_session())


def hand_out(response: Response, started: SignIn, *, secure: bool) -> None:
    """Give the browser the cookie of a session that was just started."""
    response.set_cookie(
        COOKIE,
        started.token,
        expires=started.expires_at,
        httponly=True,
        secure=secure,
        samesite="Lax",
    )


def register(app: AccordFlask) -> None:
    """Find out who asks before each view, and refuse what another site asks in somebody's name."""

    @app.before_request
    def identify() -> None:
        scheme, token = shown_token()
        g.principal = g.signed_in = None
        if request.endpoint == "web.static" or token is None or len(token) > LONGEST_TOKEN:
            return
        if request.path.startswith(PROTOCOLS):
            return
        if scheme == COOKIE_SCHEME and not is_own(request):
            raise Forbidden("this came from another site")
        if is_access_token(token) and not request.path.startswith(OAUTH_AT):
            return
        with app.gate.statements() as session:
            resolved = resolve_credential(session, Presented(token, scheme, received(app.issuer)))
        g.principal = resolved.principal
        g.signed_in = resolved.session
        g.refusal = resolved

    @app.before_request
    def own_forms() -> None:
        # Signing in carries no cookie yet; without this another site could sign somebody in.
        # So do invitations, which are accepted by whoever has the link.
        if request.endpoint in WITHOUT_COOKIE and not is_own(request):
            raise Forbidden("this came from another site")
