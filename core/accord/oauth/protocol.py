"""The protocol's endpoints. Their parameters follow the standards, not `accord.web.fields`: unknown ones are
left alone, as RFC 6749, 3.1, asks, and errors have the standards' form.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from accord.oauth.exchange import application, told
from accord.web.receiving import received
from accord.web.signing import shown_token
from accord_auth.credentials import COOKIE as COOKIE_SCHEME
from accord_auth.oauth import authorization, endpoints
from accord_auth.oauth.addresses import PATHS, Addresses
from accord_auth.oauth.identity import claims_of
from accord_auth.oauth.resolution import Presented, Resolved, is_access_token, resolve_access_token

blueprint = Blueprint("oauth", __name__)


@blueprint.get("/.well-known/oauth-authorization-server")
@blueprint.get("/.well-known/openid-configuration")
def metadata() -> Response:
    """What this server offers, and where (RFC 8414, OpenID Connect Discovery)."""
    return jsonify(endpoints.metadata(Addresses(application().issuer)))


@blueprint.get(PATHS["keys"])
def keys() -> Response:
    """The public keys that id_tokens are checked with."""
    return jsonify(application().keys.key_set())


@blueprint.post(PATHS["token"])
def token() -> Response:
    """Tokens for a code, a refresh token, a device code, or a client's own right."""
    return told(endpoints.token)


@blueprint.post(PATHS["pushed"])
def pushed() -> Response:
    """Take an authorization request before the browser comes."""
    return told(authorization.push)


@blueprint.post(PATHS["device"])
def device_authorization() -> Response:
    """Begin for a program without a browser."""
    return told(endpoints.device)


@blueprint.post(PATHS["revocation"])
def revocation() -> Response:
    """End a token."""
    return told(endpoints.revoke)


@blueprint.post(PATHS["introspection"])
def introspection() -> Response:
    """Say what a token stands for."""
    return told(endpoints.introspect)


@blueprint.route(PATHS["userinfo"], methods=["GET", "POST"])
def userinfo() -> ResponseReturnValue:
    """Who the person of an access token is."""
    resolved = _resolved()
    who = resolved.principal
    if who is None:
        answer = jsonify({"error": "invalid_token"})
        answer.status_code = 401
        answer.headers["WWW-Authenticate"] = resolved.challenge or 'Bearer realm="accord"'
        if resolved.nonce:
            answer.headers["DPoP-Nonce"] = resolved.nonce
        return answer
    if "openid" not in resolved.scope or who.person_id is None:
        answer = jsonify({"error": "insufficient_scope", "scope": "openid"})
        answer.status_code = 403
        answer.headers["WWW-Authenticate"] = (
            'Bearer realm="accord", error="insufficient_scope", scope="openid"'
        )
        return answer
    with application().gate.statements() as session:
        return jsonify(claims_of(session, who, resolved.scope))


def _resolved() -> Resolved:
    app = application()
    scheme, token = shown_token()
    # In the header only: a token in an address ends up in logs (RFC 9700, 4.3.2).
    if scheme == COOKIE_SCHEME or token is None or not is_access_token(token):
        return Resolved(None)
    with app.gate.statements() as session:
        return resolve_access_token(session, Presented(token, scheme, received(app.issuer)))
