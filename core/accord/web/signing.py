"""The credential of a request: a session cookie, a bearer token of the same meaning, or an OAuth token."""

from __future__ import annotations

from typing import cast

from flask import g, request
from werkzeug import Response
from werkzeug.exceptions import Forbidden

from accord.web.origin import is_own
from accord.web.receiving import received
from accord.web.request import AccordFlask, FactorAsked, principal
from accord_auth.credentials import COOKIE as COOKIE_SCHEME
from accord_auth.credentials import resolve_credential
from accord_auth.errors import NotSignedIn
from accord_auth.oauth.resolution import Presented, Resolved, is_access_token
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.sessions.freshness import require_fresh
from accord_auth.sessions.pending import Pending
from accord_auth.sessions.service import SignedIn, SignIn

COOKIE = "accord_session"
LONGEST_TOKEN = 200
_SECOND_FACTOR = (
    'Bearer realm="accord", error="insufficient_user_authentication",'
    ' error_description="a second factor is asked of this account", acr_values="https://refeds.org/profile/mfa"'
)
TOKEN_SCHEMES = ("bearer", "dpop")
OAUTH_AT = "/api/v1/"
"""The only addresses where a program may act with an OAuth token: never on pages, and least of all on
the one where a person lets programs in. (Userinfo, below /oauth, looks for itself.)"""
PROTOCOLS = ("/scim/", "/signals/push/")
"""Where programs come with credentials of their own kind, and neither cookies nor our tokens count."""
WITHOUT_COOKIE = (
    "web.sign_in",
    "invitations.accept",
    "second_step.check",
    "second_step.choose",
    "second_step.options",
    "second_step.passkey",
    "sso_entry.by_word",
    "sso_entry.by_invitation",
)
"""Forms that start a session, or take a step towards one."""
PENDING_COOKIE = "accord_sign_in"
"""A sign-in under way in this browser; sent to the pages of signing in alone."""
PENDING_PATH = "/sign-in"


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
        raise FactorAsked if restricted_session() is not None else NotSignedIn
    return found


def restricted_session() -> SignedIn | None:
    """The session of somebody who has to set up a second factor before anything else; for all but that, and
    proving who it is, it is nobody's.
    """
    return cast("SignedIn | None", g.get("restricted"))


def any_session() -> SignedIn:
    """The session by which somebody asks, also one that is restricted: for setting up a second factor.

    :raises NotSignedIn: when there is none.
    """
    return restricted_session() or own_session()


def fresh_session() -> SignedIn:
    """The session by which somebody asks who proved a short time ago who it is.

    :raises NotSignedIn: when nobody asks whom we know.
    :raises ProofNeeded: without a recent proof; pages then lead to the form that asks for it.
    """
    if g.get("principal") is None:
        raise FactorAsked if restricted_session() is not None else NotSignedIn
    return require_fresh(current_session())


def fresh_with(permission: Permission) -> Principal:
    """Who asks, when they may do this and proved a short time ago who they are.

    :raises NotSignedIn: when nobody asks.
    :raises PermissionDenied: without the permission, whatever was proved.
    :raises ProofNeeded: without a recent proof.
    """
    principal().require(permission)
    return fresh_session().principal


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


def hold_pending(response: Response, pending: Pending, *, secure: bool) -> None:
    """Give the browser the cookie of a sign-in under way."""
    response.set_cookie(
        PENDING_COOKIE,
        pending.token,
        expires=pending.expires_at,
        httponly=True,
        secure=secure,
        samesite="Strict",
        path=PENDING_PATH,
    )


def register(app: AccordFlask) -> None:
    """Find out who asks before each view, and refuse what another site asks in somebody's name."""

    @app.before_request
    def identify() -> None:
        scheme, token = shown_token()
        g.principal = g.signed_in = g.restricted = None
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
        found = resolved.session
        if found is not None and found.lacks_factor(platform=app.config["PLATFORM_SECOND_FACTOR"]):
            g.restricted, g.refusal = found, Resolved(None, challenge=_SECOND_FACTOR)
            return
        g.principal = resolved.principal
        g.signed_in = resolved.session
        g.refusal = resolved

    @app.before_request
    def own_forms() -> None:
        # Signing in carries no cookie yet; without this another site could sign somebody in.
        # So do invitations, which are accepted by whoever has the link.
        if request.endpoint in WITHOUT_COOKIE and not is_own(request):
            raise Forbidden("this came from another site")
