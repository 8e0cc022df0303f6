"""The endpoints for clients alone: tokens, revocation, introspection; and what the world may read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from accord_auth.factors.methods import CLASSES
from accord_auth.oauth.addresses import Addresses
from accord_auth.oauth.authentication import failed
from accord_auth.oauth.issuing import end_grant, grantor, stands
from accord_auth.oauth.models import AccessToken, AuthMethod, GrantType, OAuthClient, OAuthGrant, RefreshToken
from accord_auth.oauth.proofs import ALGORITHMS
from accord_auth.oauth.request import OAuthRequest, Received
from accord_auth.oauth.scopes import SCOPES
from accord_auth.oauth.secret_values import hashed
from accord_auth.oauth.server import Answer, Server
from accord_auth.oauth.signing_keys import ALGORITHM

JSON = [("Content-Type", "application/json")]


def token(server: Server, received: Received) -> Answer:
    """The token endpoint."""
    try:
        request = server.begin(received)
        if "grant_type" not in request.parameters:
            raise InvalidRequestError("send grant_type")
    except OAuth2Error as error:
        return server.handle_error_response(None, error)
    found: Answer = server.create_token_response(request)
    return found


def device(server: Server, received: Received) -> Answer:
    """Where a program without a browser begins (RFC 8628)."""
    try:
        request = server.begin(received)
    except OAuth2Error as error:
        return server.handle_error_response(None, error)
    found: Answer = server.create_endpoint_response("device_authorization", request)
    return found


def revoke(server: Server, received: Received) -> Answer:
    """End a token (RFC 7009): a refresh token with its whole family. The answer is always the same."""
    try:
        request, client = _authenticated(server, received, "revocation")
        given = _token_of(request)
    except OAuth2Error as error:
        return server.handle_error_response(None, error)
    session = server.session
    access = _access(session, given)
    if access is not None and access[1].client_id == client.id:
        session.execute(
            update(AccessToken).where(AccessToken.id == access[0].id).values(revoked_at=datetime.now(UTC))
        )
    refresh = _refresh(session, given)
    if refresh is not None and refresh.check_client(client):
        end_grant(session, refresh.grant_id, "revoked by the client")
    return server.handle_response(200, {}, JSON)


def introspect(server: Server, received: Received) -> Answer:
    """Say what a token of the client's own organisation stands for right now (RFC 7662).

    Anything else is `{"active": false}`, whatever it is.
    """
    try:
        request, client = _authenticated(server, received, "introspection")
        if client.public:
            raise failed()
        given = _token_of(request)
    except OAuth2Error as error:
        return server.handle_error_response(None, error)
    return server.handle_response(200, _introspected(server, client, given) or {"active": False}, JSON)


def _introspected(server: Server, asking: OAuthClient, given: str) -> dict[str, Any] | None:
    session, now = server.session, datetime.now(UTC)
    access, refresh = _access(session, given), _refresh(session, given)
    found = access[0] if access else refresh
    if found is None:
        return None
    grant = session.get_one(OAuthGrant, found.grant_id)
    client = session.get_one(OAuthClient, grant.client_id)
    live = found.expires_at > now and stands(grant) and server.query_client(client.client_id) is not None
    live = live and (access is None or access[0].revoked_at is None)
    live = live and (refresh is None or access is not None or refresh.used_at is None)
    own = asking.id == client.id or (
        asking.organisation_id is not None and asking.organisation_id == grant.organisation_id
    )
    who = grantor(session, grant) if grant.person_id else None
    if not live or not own or (grant.person_id and who is None):
        return None
    body: dict[str, Any] = {
        "active": True,
        "iss": server.addresses.issuer,
        "client_id": client.client_id,
        "sub": str(grant.person_id) if grant.person_id else client.client_id,
        "scope": " ".join(access[0].scope if access else grant.scope),
        "iat": int(found.created_at.timestamp()),
        "exp": int(found.expires_at.timestamp()),
    }
    if access is not None:
        body["token_type"] = "DPoP" if found.key_thumbprint else "Bearer"
    if found.key_thumbprint:
        body["cnf"] = {"jkt": found.key_thumbprint}
    return body


def _authenticated(server: Server, received: Received, endpoint: str) -> tuple[OAuthRequest, OAuthClient]:
    request = server.begin(received)
    return request, server.authenticate_client(request, (), endpoint)


def _token_of(request: OAuthRequest) -> str:
    given = request.parameters.get("token")
    if given is None:
        raise InvalidRequestError("send token")
    return given


def _access(session: Session, given: str) -> tuple[AccessToken, OAuthGrant] | None:
    row = session.execute(
        select(AccessToken, OAuthGrant)
        .join(OAuthGrant, OAuthGrant.id == AccessToken.grant_id)
        .where(AccessToken.token_hash == hashed(given))
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None


def _refresh(session: Session, given: str) -> RefreshToken | None:
    return session.scalar(select(RefreshToken).where(RefreshToken.token_hash == hashed(given)))


def metadata(addresses: Addresses) -> dict[str, Any]:
    """The server's description: RFC 8414's, and OpenID Connect Discovery's."""
    methods = [AuthMethod.PRIVATE_KEY_JWT, AuthMethod.SHARED_SECRET, "client_secret_post"]
    algorithms = list(ALGORITHMS)
    return {
        "issuer": addresses.issuer,
        "authorization_endpoint": addresses.of("authorization"),
        "token_endpoint": addresses.of("token"),
        "pushed_authorization_request_endpoint": addresses.of("pushed"),
        "device_authorization_endpoint": addresses.of("device"),
        "revocation_endpoint": addresses.of("revocation"),
        "introspection_endpoint": addresses.of("introspection"),
        "userinfo_endpoint": addresses.of("userinfo"),
        "jwks_uri": addresses.of("keys"),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [str(kind) for kind in GrantType],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [AuthMethod.NONE, *methods],
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint_auth_methods_supported": [AuthMethod.NONE, *methods],
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "dpop_signing_alg_values_supported": algorithms,
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,
        "acr_values_supported": list(CLASSES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "amr", "acr", "nonce",
            "name", "organisation", "organisation_name", "email", "email_verified",
        ],
    }  # fmt: skip
