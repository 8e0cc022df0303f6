"""A code for what the directory says of a person: the token endpoint, and userinfo for what is missing."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import uuid4

from joserfc import jwt

from accord_auth.oauth.signing_keys import ALGORITHM
from accord_auth.sso.discovery import METHODS, Discovered
from accord_auth.sso.failure import SsoFailed
from accord_auth.sso.models import ProofMethod, Provider
from accord_auth.sso.outside import Directory, Outside, ask
from accord_auth.sso.provider_keys import key_finder
from accord_auth.sso.tokens import check_id_token
from accord_config.sealing import SealBroken

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIVES = timedelta(minutes=2)
LONGEST_ACCESS_TOKEN = 16 * 1024


@dataclass(frozen=True)
class Said:
    """What a directory said of a person, checked, and the id_token in which it did."""

    claims: dict[str, Any]
    id_token: str


def secret_purpose(provider: Provider) -> str:
    """What the secret of an organisation's client is sealed for."""
    return f"sso client secret of {provider.organisation_id}"


def redeem(
    outside: Outside,
    directory: Directory,
    found: Discovered,
    *,
    code: str,
    verifier: str,
    nonce_hash: bytes,
) -> Said:
    """Redeem a code and check what comes of it.

    :raises SsoFailed: saying what is wrong.
    """
    provider = directory.provider
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": outside.callback(directory.organisation.slug),
        "code_verifier": verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    _prove(outside, provider, found, form, headers)
    body = urlencode(form).encode()
    answer = ask(outside, "the token", found.token_endpoint, method="POST", headers=headers, body=body)
    access_token = answer.get("access_token")
    if not isinstance(access_token, str) or not _is_token(access_token):
        access_token = None
    id_token = answer.get("id_token")
    claims = check_id_token(
        id_token,
        key_finder(outside, directory, found),
        issuer=provider.issuer,
        client_id=provider.client_id,
        nonce_hash=nonce_hash,
        access_token=access_token,
    )
    wanted = {"email", "email_verified", provider.role_claim.partition(".")[0]}
    if not wanted <= set(claims) and found.userinfo_endpoint is not None and access_token is not None:
        claims = _with_userinfo(outside, found.userinfo_endpoint, access_token, claims)
    return Said(claims, str(id_token))


def _prove(
    outside: Outside, provider: Provider, found: Discovered, form: dict[str, str], headers: dict[str, str]
) -> None:
    """Add the proof that it is Accord who redeems."""
    method = ProofMethod(provider.method)
    usable = [name for name in METHODS[method] if name in found.token_methods]
    if not usable:
        raise SsoFailed(f"the directory does not take {method} as a proof of its client")
    form["client_id"] = provider.client_id
    if method is ProofMethod.PRIVATE_KEY_JWT:
        form["client_assertion_type"] = ASSERTION
        form["client_assertion"] = _assertion(outside, provider)
        return
    try:
        secret = outside.seals.open(provider.sealed_secret or b"", secret_purpose(provider))
    except SealBroken as error:
        raise SsoFailed("the client secret cannot be read any more: enter it again") from error
    if usable[0] == "client_secret_post":
        form["client_secret"] = secret
        return
    # RFC 6749, 2.3.1: both are form-encoded first; and one way of proving alone.
    del form["client_id"]
    pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
    headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()


def _assertion(outside: Outside, provider: Provider) -> str:
    """Accord's own signature (RFC 7523). Its audience is the issuer, which was checked, and never an endpoint
    that the metadata name: those a hostile directory could point at another one's.
    """
    signing, now = outside.keys.signing(), datetime.now(UTC)
    claims = {
        "iss": provider.client_id,
        "sub": provider.client_id,
        "aud": provider.issuer,
        "jti": str(uuid4()),
        "iat": int(now.timestamp()),
        "exp": int((now + ASSERTION_LIVES).timestamp()),
    }
    header = {"alg": ALGORITHM, "kid": signing.kid}
    return jwt.encode(header, claims, signing.key, algorithms=[ALGORITHM])


def _is_token(value: str) -> bool:
    return (
        0 < len(value) <= LONGEST_ACCESS_TOKEN
        and value.isascii()
        and value.isprintable()
        and " " not in value
    )


def _with_userinfo(
    outside: Outside, endpoint: str, access_token: str, claims: dict[str, Any]
) -> dict[str, Any]:
    """The claims with those of userinfo; what the id_token says counts (OpenID Connect Core, 5.3)."""
    told = ask(outside, "userinfo", endpoint, headers={"Authorization": f"Bearer {access_token}"})
    if told.get("sub") != claims.get("sub"):
        raise SsoFailed("userinfo tells of somebody else than the id_token")
    return told | claims
