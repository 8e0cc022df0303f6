"""OpenID Connect on top: the id_token, and what it and userinfo say of a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oidc.core import OpenIDCode
from joserfc import jwt
from sqlalchemy.orm import Session

from accord_auth.factors.methods import amr_of, classes_of
from accord_auth.oauth.request import OAuthRequest
from accord_auth.oauth.signing_keys import ALGORITHM, SigningKeys
from accord_auth.organisations.domains import vouched
from accord_auth.principal import Principal

if TYPE_CHECKING:
    from accord_auth.oauth.code_grant import CodeGrant

ID_TOKEN_LIVES = timedelta(minutes=10)


def claims_of(session: Session, who: Principal, scope: Iterable[str]) -> dict[str, Any]:
    """What a client with this scope may know of a person. `sub` is the person's id, for ever.

    An address counts as verified where the organisation that the person acts for proved its domain.
    """
    words = set(scope)
    claims: dict[str, Any] = {"sub": str(who.person_id)}
    if "profile" in words:
        claims["name"] = who.person_name
        claims["organisation"] = who.organisation_slug
        claims["organisation_name"] = who.organisation_name
    if "email" in words:
        claims["email"] = who.email
        claims["email_verified"] = vouched(session, who.organisation_id, who.email)
    return claims


class Identity(OpenIDCode):  # type: ignore[misc]  # Authlib publishes no types
    """Adds the id_token to answers of grants whose scope has `openid`."""

    def __init__(self, session: Session, issuer: str, keys: SigningKeys) -> None:
        super().__init__(require_nonce=False)
        self._session = session
        self._issuer = issuer
        self._keys = keys

    def __call__(self, grant: CodeGrant) -> None:
        # Not Authlib's registration: its prompt handling needs a person at the token endpoint, too, and
        # nonces that come twice are the client's to notice (OpenID Connect Core, 15.5.2).
        grant.register_hook("after_create_token_response", self.process_token)
        grant.register_hook("after_validate_authorization_request_payload", _check_openid)

    def encode_id_token(self, token: dict[str, Any], request: OAuthRequest) -> str:
        """Signed with the key that signs now, named in `kid`."""
        if request.client is None or request.user is None or request.grant is None:
            raise TypeError("an id_token is about a person, for a client")
        signing, now = self._keys.signing(), datetime.now(UTC)
        claims = {
            "iss": self._issuer,
            "aud": request.client.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + ID_TOKEN_LIVES).timestamp()),
            **claims_of(self._session, request.user, token["scope"].split()),
        }
        if request.grant.auth_time is not None:
            claims["auth_time"] = int(request.grant.auth_time.timestamp())
        if request.grant.amr:
            claims["amr"] = amr_of(request.grant.amr)
        reached = classes_of(request.grant.amr)
        if reached:
            claims["acr"] = reached[0]
        if request.authorization_code is not None and request.authorization_code.nonce:
            claims["nonce"] = request.authorization_code.nonce
        header = {"alg": ALGORITHM, "kid": signing.kid}
        return jwt.encode(header, claims, signing.key, algorithms=[ALGORITHM])


def _check_openid(grant: CodeGrant, redirect_uri: str) -> None:
    given = grant.request.parameters
    prompts = given.get("prompt", "").split()
    if "none" in prompts and len(prompts) > 1:
        raise InvalidRequestError("prompt=none stands alone")
    if not set(prompts) <= {"none", "login", "consent", "select_account"}:
        raise InvalidRequestError("prompt is none, login, consent or select_account")
    if not given.get("max_age", "0").isdecimal():
        raise InvalidRequestError("max_age is a number of seconds")
