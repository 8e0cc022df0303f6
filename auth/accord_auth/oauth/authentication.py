"""Which client is asking: one way of proving it, and one answer whatever is wrong with it.

Whether a client exists, which way it should have used, whether only its network is wrong: the answer
is the same in each case, so that nobody learns anything by trying.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.oauth.client_keys import ClientKeys
from accord_auth.oauth.models import AuthMethod, ClientSecret, ClientStatus, OAuthClient
from accord_auth.oauth.proofs import ALGORITHMS, see_once
from accord_auth.oauth.request import OAuthRequest, basic_credentials
from accord_auth.oauth.secret_values import hashed
from accord_auth.organisations.models import Organisation
from accord_auth.standing import acting

ASSERTION_LIVES = timedelta(minutes=10)
"""The longest that a client assertion may count; it is remembered for so long."""
LONGEST_CLIENT_ID = 100

Apart = Callable[[], AbstractContextManager[Session]]
"""Begins a transaction of its own, which stands whatever becomes of the request."""


def find_client(session: Session, client_id: str) -> OAuthClient | None:
    """The client with this identifier, while it and its organisation may act."""
    if len(client_id) > LONGEST_CLIENT_ID:
        return None
    return session.scalar(
        select(OAuthClient)
        .outerjoin(Organisation, Organisation.id == OAuthClient.organisation_id)
        .where(
            OAuthClient.client_id == client_id,
            OAuthClient.status == ClientStatus.ACTIVE,
            acting(OAuthClient.organisation_id),
        )
    )


def from_allowed_network(client: OAuthClient, address: str | None) -> bool:
    """Whether a client may be used from an address; without a list, from everywhere."""
    if not client.networks:
        return True
    try:
        where = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    if isinstance(where, ipaddress.IPv6Address) and where.ipv4_mapped:
        where = where.ipv4_mapped
    return any(where in ipaddress.ip_network(network) for network in client.networks)


class ClientAuthenticator:
    """Authenticates clients for one server at one moment."""

    def __init__(self, session: Session, apart: Apart, audiences: Sequence[str], keys: ClientKeys) -> None:
        self._session = session
        self._assertions = _Assertions(apart, audiences, keys)

    def authenticate(self, request: OAuthRequest) -> OAuthClient:
        """The client that sent a request, as `request.client` from then on.

        :raises InvalidClientError: when it is not proved, or may not be used from where it came.
        :raises InvalidRequestError: when it is proved in two ways at once.
        """
        basic, form = basic_credentials(request.received), request.form
        ways = [basic is not None, "client_secret" in form, "client_assertion" in form]
        if sum(ways) > 1:
            raise InvalidRequestError("authenticate in one way only")
        if "client_assertion" in form:
            client = self._by_assertion(request)
        elif basic is not None:
            client = self._by_secret(*basic)
        elif "client_secret" in form:
            client = self._by_secret(form.get("client_id", ""), form["client_secret"])
        else:
            client = self._by_name(form.get("client_id", ""))
        claimed = form.get("client_id")
        if client is None or (claimed is not None and claimed != client.client_id):
            raise failed()
        if not from_allowed_network(client, request.received.address):
            raise failed()
        request.client, request.auth_method = client, client.auth_method
        return client

    def _by_name(self, client_id: str) -> OAuthClient | None:
        client = find_client(self._session, client_id)
        return client if client is not None and client.public else None

    def _by_secret(self, client_id: str, secret: str) -> OAuthClient | None:
        client = find_client(self._session, client_id)
        now = datetime.now(UTC)
        found = self._session.scalar(
            select(ClientSecret.client_id).where(
                ClientSecret.secret_hash == hashed(secret), ClientSecret.expires_at > now
            )
        )
        if client is None or found != client.id or client.auth_method != AuthMethod.SHARED_SECRET:
            return None
        return client if client.secret_until is not None and client.secret_until > now else None

    def _by_assertion(self, request: OAuthRequest) -> OAuthClient | None:
        def query(client_id: str) -> OAuthClient | None:
            client = find_client(self._session, client_id)
            signs = client is not None and client.auth_method == AuthMethod.PRIVATE_KEY_JWT
            return client if signs else None

        try:
            found: OAuthClient | None = self._assertions(query, request)
        except (InvalidClientError, JoseError, ValueError, TypeError, KeyError) as error:
            raise failed() from error
        return found


def failed() -> InvalidClientError:
    """The one answer when a client is not proved."""
    return InvalidClientError("client authentication failed", status_code=401)


class _Assertions(JWTBearerClientAssertion):  # type: ignore[misc]  # Authlib publishes no types
    """`private_key_jwt` (RFC 7523): signed by a key of the client, for us, for minutes, once."""

    CLIENT_AUTH_METHOD = AuthMethod.PRIVATE_KEY_JWT

    def __init__(self, apart: Apart, audiences: Sequence[str], keys: ClientKeys) -> None:
        super().__init__(leeway=30)
        self._keys = keys
        self._kid: Any = None
        self._apart = apart
        self._audiences = list(audiences)

    def get_audiences(self) -> list[str]:
        return self._audiences

    def extract_assertion(self, assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
        headers, claims = super().extract_assertion(assertion)
        self._kid = headers.get("kid")
        return headers, claims

    def resolve_client_public_key(self, client: OAuthClient) -> KeySet:
        return self._keys.of(client, self._kid)

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> dict[str, Any]:
        # Authlib's own takes joserfc's recommended algorithms: a symmetric one, and not all of ours.
        token = jwt.decode(assertion, resolve_key, algorithms=list(ALGORITHMS))
        self.verify_claims(token.claims)
        return token.claims

    def verify_claims(self, claims: jwt.Claims) -> None:
        # An audience of several could be presented to each of them.
        audience = claims.get("aud")
        if isinstance(audience, list) and len(audience) != 1:
            raise failed()
        super().verify_claims(claims)

    def validate_jti(self, claims: dict[str, Any], jti: str) -> bool:
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        if not isinstance(jti, str) or expires_at > datetime.now(UTC) + ASSERTION_LIVES:
            return False
        with self._apart() as session:
            return see_once(
                session, "assertion", f"{claims['sub']} {jti}", expires_at + timedelta(seconds=60)
            )

    def authenticate_client(self, client: OAuthClient) -> OAuthClient:
        return client
