"""Signed statements of a directory: id_tokens (OpenID Connect Core, 3.1.3.7) and logout tokens
(OpenID Connect Back-Channel Logout, 2.6). Everything is checked here, in this order: form, algorithm,
signature, who says it, for whom, when.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from accord_auth.oauth.secret_values import hashed
from accord_auth.sso.discovery import SIGNED_WITH
from accord_auth.sso.failure import SsoFailed

LEEWAY = timedelta(seconds=60)
"""How far two clocks may be apart."""
OLDEST = timedelta(minutes=10)
"""A token that was made longer ago answers some other request."""
LONGEST_TOKEN = 64 * 1024
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TYPE = "logout+jwt"

KeyOf = Callable[[dict[str, Any]], Key]
_REGISTRY = jws.JWSRegistry(algorithms=list(SIGNED_WITH), strict_check_header=False)


def check_id_token(
    token: Any,
    key_of: KeyOf,
    *,
    issuer: str,
    client_id: str,
    nonce_hash: bytes,
    access_token: str | None,
) -> dict[str, Any]:
    """The claims of an id_token that answers our request.

    :raises SsoFailed: saying what is wrong with it.
    """
    header, claims = _opened(token, "the id_token", key_of)
    if str(header.get("typ") or "JWT").lower() != "jwt":
        raise SsoFailed("the id_token is a token of another kind")
    _check_origin(claims, "the id_token", issuer, client_id)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(hashed(nonce), nonce_hash):
        raise SsoFailed("the id_token's nonce is not the one that was sent")
    if "at_hash" in claims and not _is_hash(claims["at_hash"], access_token, str(header["alg"])):
        raise SsoFailed("the id_token's at_hash is not that of the access token")
    return claims


def check_logout_token(token: Any, key_of: KeyOf, *, issuer: str, client_id: str) -> dict[str, Any]:
    """The claims of a logout token; whether it comes for the first time is for the caller to ask.

    :raises SsoFailed: saying what is wrong with it.
    """
    header, claims = _opened(token, "the logout token", key_of)
    if str(header.get("typ") or "JWT").lower() not in ("jwt", LOGOUT_TYPE):
        raise SsoFailed("the logout token is a token of another kind")
    _check_origin(claims, "the logout token", issuer, client_id)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise SsoFailed("the logout token does not say that somebody signed out")
    if "nonce" in claims:
        raise SsoFailed("the logout token has a nonce, as an id_token has")
    if not _short_text(claims.get("jti")):
        raise SsoFailed("the logout token has no usable jti")
    told = [claims[name] for name in ("sub", "sid") if name in claims]
    if not told or not all(_short_text(value) for value in told):
        raise SsoFailed("the logout token says neither who nor which session")
    return claims


def _opened(token: Any, what: str, key_of: KeyOf) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token whose signature is right."""
    if not isinstance(token, str) or not token.isascii() or len(token) > LONGEST_TOKEN:
        raise SsoFailed(f"{what} is missing")
    try:
        header = dict(jws.extract_compact(token.encode("ascii"), registry=_REGISTRY).headers())
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SsoFailed(f"{what} is no signed token") from error
    algorithm = header.get("alg")
    if algorithm not in SIGNED_WITH or "crit" in header:
        raise SsoFailed(f"{what} is signed with what is not accepted")
    key = key_of(header)
    try:
        opened = jws.deserialize_compact(token, key, algorithms=[str(algorithm)], registry=_REGISTRY)
        claims = json.loads(opened.payload or b"")
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise SsoFailed(f"{what}'s signature does not hold") from error
    if not isinstance(claims, dict):
        raise SsoFailed(f"{what} holds no claims")
    return header, claims


def _check_origin(claims: dict[str, Any], what: str, issuer: str, client_id: str) -> None:
    if claims.get("iss") != issuer:
        raise SsoFailed(f"{what} is of another issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise SsoFailed(f"{what} is for another client")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise SsoFailed(f"{what} was given to another client (azp)")
    now = datetime.now(UTC).timestamp()
    ends, made = _moment(claims, "exp", what), _moment(claims, "iat", what)
    if now >= ends + LEEWAY.total_seconds():
        raise SsoFailed(f"{what} has expired")
    if not now - OLDEST.total_seconds() <= made <= now + LEEWAY.total_seconds():
        raise SsoFailed(f"{what} was made at another time (iat): compare the clocks")
    if "nbf" in claims and _moment(claims, "nbf", what) > now + LEEWAY.total_seconds():
        raise SsoFailed(f"{what} does not count yet (nbf)")


def _moment(claims: dict[str, Any], name: str, what: str) -> float:
    value = claims.get(name)
    # Bounded, because JSON's Infinity and NaN are numbers, too.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1e11:
        raise SsoFailed(f"{what} has no usable {name}")
    return float(value)


def _is_hash(given: Any, access_token: str | None, algorithm: str) -> bool:
    """Whether `at_hash` is the left half of the access token's hash (OpenID Connect Core, 3.1.3.6)."""
    if not isinstance(given, str) or access_token is None:
        return False
    name = "sha512" if algorithm in ("Ed25519", "EdDSA") else f"sha{algorithm[2:]}"
    digest = hashlib.new(name, access_token.encode()).digest()
    wanted = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=")
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted)


def _short_text(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 255 and value.isprintable()
