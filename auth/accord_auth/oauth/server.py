"""The authorization server for one request: Authlib's, with Accord's storage and stricter rules.

Order at the token endpoint: the parameters are read strictly, a DPoP proof is checked, the client is
authenticated, the credential is locked and checked, tokens are written. An error rolls all of that back;
what must stand nevertheless (a family that ends, when a device polled) is in `afterwards`, which the
caller runs in a transaction of its own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from authlib.common.security import is_secure_transport
from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError
from sqlalchemy import update
from sqlalchemy.orm import Session

from accord_auth.oauth.addresses import Addresses
from accord_auth.oauth.authentication import Apart, ClientAuthenticator, failed, find_client
from accord_auth.oauth.client_keys import ClientKeys
from accord_auth.oauth.code_grant import CodeGrant, Pkce, check_answer_modes
from accord_auth.oauth.identity import Identity
from accord_auth.oauth.issuing import ACCESS_LIVES, end_grant, issue_access, issue_refresh
from accord_auth.oauth.models import OAuthClient
from accord_auth.oauth.other_grants import DeviceEndpoint, DeviceGrant, OwnRightGrant, RefreshGrant
from accord_auth.oauth.proofs import InvalidProof, NonceWanted, check_proof, current_nonce
from accord_auth.oauth.request import OAuthRequest, Received, in_body
from accord_auth.oauth.scopes import unknown
from accord_auth.oauth.signing_keys import SigningKeys
from accord_auth.principal import Principal
from accord_config.fetching import Fetcher

logger = logging.getLogger(__name__)
SEEN_EVERY = timedelta(minutes=1)
_NOT_ALLOWED = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
"""What RFC 6749, 5.2, keeps out of an error's description."""


@dataclass(frozen=True)
class Answer:
    """What goes back: a JSON object, or a redirect without a body."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def location(self) -> str | None:
        """Where the browser is led."""
        return self.headers.get("Location")


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib publishes no types
    """Make one for each request; it holds the request's transaction."""

    def __init__(
        self, session: Session, apart: Apart, *, addresses: Addresses, keys: SigningKeys, fetcher: Fetcher
    ) -> None:
        super().__init__()
        self.session = session
        self.addresses = addresses
        self.auth_time: datetime | None = None
        self.amr: tuple[str, ...] = ()
        """When and how the person who is asked proved who it is."""
        self.afterwards: list[Callable[[Session], None]] = []
        self._apart = apart
        self._authenticator = ClientAuthenticator(
            session, apart, addresses.audiences, ClientKeys(apart, fetcher)
        )
        self._clients: dict[str, OAuthClient | None] = {}
        self._headers: dict[str, str] = {}
        identity = Identity(session, addresses.issuer, keys)
        self.register_grant(CodeGrant, [Pkce(required=True), identity, _answer_modes])
        self.register_grant(RefreshGrant, [identity])
        self.register_grant(OwnRightGrant)
        self.register_grant(DeviceGrant, [identity])
        self.register_endpoint(DeviceEndpoint)

    # --- what comes in -----------------------------------------------------------------------------

    def begin(self, received: Received) -> OAuthRequest:
        """A client's own request, with its DPoP proof checked.

        :raises OAuth2Error: when it cannot be read, came without TLS, or its proof does not hold.
        """
        self.require_tls(received)
        request = OAuthRequest(received, in_body(received))
        if received.proofs:
            with self._apart() as session:
                self._headers["DPoP-Nonce"] = current_nonce(session)
            with self._apart() as session:
                request.key_thumbprint = check_proof(session, received)
        return request

    def require_tls(self, received: Received) -> None:
        """Go on only where nobody on the way can read along.

        :raises InvalidRequestError: otherwise.
        """
        forwarded = received.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
        if not is_secure_transport(self.addresses.issuer) or forwarded == "http":
            raise InvalidRequestError("use https")

    def create_oauth2_request(self, request: OAuthRequest) -> OAuthRequest:
        """Authlib asks for this; requests are made before."""
        return request

    def query_client(self, client_id: str) -> OAuthClient | None:
        """The client with this identifier, while it may act."""
        if client_id not in self._clients:
            self._clients[client_id] = find_client(self.session, client_id)
        return self._clients[client_id]

    def client_named(self, client_id: str) -> OAuthClient:
        """Likewise, for one that was authenticated.

        :raises InvalidClientError: when it may act no longer.
        """
        found = self.query_client(client_id)
        if found is None:
            raise failed()
        return found

    def authenticate_client(
        self, request: OAuthRequest, methods: Sequence[str], endpoint: str = "token"
    ) -> OAuthClient:
        """The client that a request is from; how it has to prove that is registered, not asked here."""
        client = self._authenticator.authenticate(request)
        if client.require_dpop and request.key_thumbprint is None and endpoint == "token":
            raise InvalidProof("this client must send a DPoP proof")
        self._seen(client, request.received.address)
        return client

    def _seen(self, client: OAuthClient, address: str | None) -> None:
        now, key = datetime.now(UTC), client.id
        if client.last_used_at is not None and now - client.last_used_at < SEEN_EVERY:
            return

        def seen(session: Session) -> None:
            values = {"last_used_at": now, "last_used_from": address}
            session.execute(update(OAuthClient).where(OAuthClient.id == key).values(values))

        self.afterwards.append(seen)

    # --- what is decided ---------------------------------------------------------------------------

    def scope_of(self, request: OAuthRequest) -> list[str]:
        """The scope that a request asks for; without one, all that its client may have.

        :raises InvalidScopeError: naming what is unknown, or not the client's.
        """
        client = request.client
        if client is None:
            raise TypeError("a scope is asked for by a client")
        asked = (request.parameters.get("scope") or "").split()
        if not asked:
            asked = list(client.scopes)
        strange = [*unknown(asked), *(word for word in asked if word not in client.scopes)]
        if strange or not asked:
            raise InvalidScopeError(
                _plain(f"not a scope of this client: {', '.join(dict.fromkeys(strange))}")
            )
        return list(dict.fromkeys(asked))

    def validate_requested_scope(self, scope: str | None) -> None:
        """Authlib asks here before it knows the client; `scope_of` decides."""

    def generate_token(
        self,
        grant_type: str,
        client: OAuthClient,
        user: Principal | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        """The answer's frame; `save_token` fills the tokens in, when it knows the family."""
        return {"include_refresh_token": include_refresh_token, "asked": scope}

    def save_token(self, token: dict[str, Any], request: OAuthRequest) -> None:
        """Write the tokens of a family, and say them to the client."""
        grant, thumbprint = request.grant, request.key_thumbprint
        client = request.client
        if grant is None or client is None:
            raise TypeError("tokens belong to a client and a family")
        refresh = token.pop("include_refresh_token")
        asked = (token.pop("asked") or "").split()
        scope = [word for word in grant.scope if word in asked] or list(grant.scope)
        token["access_token"] = issue_access(self.session, grant, scope, thumbprint)
        token["token_type"] = "DPoP" if thumbprint else "Bearer"
        token["expires_in"] = int(ACCESS_LIVES.total_seconds())
        token["scope"] = " ".join(scope)
        if refresh:
            # RFC 9449, 5: who cannot authenticate is bound to the key, others to their authentication.
            token["refresh_token"] = issue_refresh(
                self.session,
                grant,
                parent=request.refresh_token,
                key_thumbprint=thumbprint if client.public else None,
            )

    def end_family(self, grant_id: UUID, why: str) -> None:
        """Have a family end after this request, whatever becomes of it."""
        self.afterwards.append(lambda session: _end(session, grant_id, why))

    # --- what goes out -----------------------------------------------------------------------------

    def handle_response(
        self, status: int, body: Mapping[str, Any] | str, headers: Sequence[tuple[str, str]]
    ) -> Answer:
        """An answer; each redirect says who sends it (RFC 9207), errors too."""
        named = {**dict(headers), **self._headers}
        if "Location" in named:
            named["Location"] = add_params_to_uri(named["Location"], [("iss", self.addresses.issuer)])
        if isinstance(body, str):
            body = {}
        return Answer(status, body, named)

    def handle_error_response(self, request: OAuthRequest | None, error: OAuth2Error) -> Answer:
        """An error in the standard's form."""
        if isinstance(error, NonceWanted):
            with self._apart() as session:
                self._headers["DPoP-Nonce"] = current_nonce(session)
        status, body, headers = error()
        if isinstance(body, dict) and "error_description" in body:
            body = {**body, "error_description": _plain(body["error_description"])}
        return self.handle_response(status, body, headers)

    def send_signal(self, name: str, *arguments: object, **named: object) -> None:
        """Nobody listens."""


def _end(session: Session, grant_id: UUID, why: str) -> None:
    if end_grant(session, grant_id, why):
        logger.warning("the grant %s ended: %s", grant_id, why)


def _answer_modes(grant: CodeGrant) -> None:
    grant.register_hook("after_validate_authorization_request_payload", check_answer_modes)


def _plain(text: str) -> str:
    return _NOT_ALLOWED.sub("?", text)[:300]
