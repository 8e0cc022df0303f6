"""The other ways to a token: refreshing one, a client's own right, and a program without a browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant, RefreshTokenGrant
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from accord_auth.oauth.issuing import (
    DEVICE_CODE_LIVES,
    DOUBLE_CLICK,
    begin_grant,
    grantor,
    stands,
    successor_used,
)
from accord_auth.oauth.models import DeviceCode, GrantType, OAuthClient, RefreshToken
from accord_auth.oauth.request import OAuthRequest
from accord_auth.oauth.scopes import IDENTITY
from accord_auth.oauth.secret_values import Prefix, hashed, make, make_user_code, plain_user_code
from accord_auth.principal import Principal

if TYPE_CHECKING:
    from accord_auth.oauth.server import Server

POLL_EVERY_S = 5


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # Authlib publishes no types
    """Rotation: each refresh token works once. Whoever comes with a used one ends the family."""

    INCLUDE_NEW_REFRESH_TOKEN = True
    server: Server
    request: OAuthRequest

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:
        # Locked until the new tokens are committed: of many at once one is first.
        found = self.server.session.scalar(
            select(RefreshToken)
            .where(RefreshToken.token_hash == hashed(refresh_token))
            .with_for_update(of=RefreshToken)
        )
        client, now = self.request.client, datetime.now(UTC)
        if found is None or client is None or not found.check_client(client):
            return None
        if found.used_at is not None:
            quick = now - found.used_at <= DOUBLE_CLICK and not successor_used(self.server.session, found)
            if not quick:
                self.server.end_family(found.grant_id, "a refresh token was used twice")
            return None
        if found.expires_at <= now or not stands(found.grant):
            return None
        if found.key_thumbprint is not None and found.key_thumbprint != self.request.key_thumbprint:
            return None
        self.request.grant = found.grant
        return found

    def authenticate_user(self, refresh_token: RefreshToken) -> Principal | None:
        who = grantor(self.server.session, refresh_token.grant)
        if who is None:
            raise InvalidGrantError
        return who

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        refresh_token.used_at = datetime.now(UTC)


class OwnRightGrant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib publishes no types
    """A client on its own, for its organisation and without a person."""

    server: Server
    request: OAuthRequest

    def validate_token_request(self) -> None:
        super().validate_token_request()
        asked = self.server.scope_of(self.request)
        scope = [word for word in asked if word not in IDENTITY]
        client = self.request.client
        if client is None:
            raise TypeError("the client was authenticated above")
        if not scope or (self.request.parameters.get("scope") and len(scope) < len(asked)):
            raise InvalidScopeError("without a person there is nobody to identify: leave openid out")
        self.request.grant = begin_grant(self.server.session, client=client, scope=scope)


class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]  # Authlib publishes no types
    """Polling for what a person decides in a browser elsewhere (RFC 8628)."""

    server: Server
    request: OAuthRequest

    def query_device_credential(self, device_code: str) -> DeviceCode:
        found = self.server.session.scalar(
            select(DeviceCode)
            .where(DeviceCode.device_hash == hashed(device_code))
            .with_for_update(of=DeviceCode)
        )
        client, now = self.request.client, datetime.now(UTC)
        if found is None or client is None or found.client_id != client.id:
            raise InvalidGrantError
        if found.used_at is not None:
            if found.grant_id is not None and now - found.used_at > DOUBLE_CLICK:
                self.server.end_family(found.grant_id, "a device code was used twice")
            raise InvalidGrantError
        return found

    def query_user_grant(self, user_code: DeviceCode) -> tuple[Principal | None, bool] | None:
        if user_code.denied_at is not None:
            return None, False
        if user_code.grant is None:
            return None
        who = grantor(self.server.session, user_code.grant)
        if who is None or not stands(user_code.grant):
            return None, False
        self.request.grant = user_code.grant
        user_code.used_at = datetime.now(UTC)
        return who, True

    def should_slow_down(self, credential: DeviceCode) -> bool:
        now = datetime.now(UTC)
        soon = credential.polled_at is not None and now - credential.polled_at < timedelta(
            seconds=credential.interval_s
        )
        key, step = credential.id, POLL_EVERY_S if soon else 0

        def polled(session: Session) -> None:
            session.execute(
                update(DeviceCode)
                .where(DeviceCode.id == key)
                .values(polled_at=func.now(), interval_s=DeviceCode.interval_s + step)
            )

        # The answer is an error, after which nothing of the transaction stays.
        self.server.afterwards.append(polled)
        return soon


class DeviceEndpoint(DeviceAuthorizationEndpoint):  # type: ignore[misc]  # Authlib publishes no types
    """Where a program without a browser begins."""

    EXPIRES_IN = int(DEVICE_CODE_LIVES.total_seconds())
    INTERVAL = POLL_EVERY_S
    server: Server

    def __call__(self, request: OAuthRequest) -> tuple[int, Any, list[tuple[str, str]]]:
        client = self.authenticate_client(request)
        if not client.check_grant_type(GrantType.DEVICE_CODE):
            raise UnauthorizedClientError("the client may not use the device flow")
        self._scope = self.server.scope_of(request)
        answer: tuple[int, Any, list[tuple[str, str]]] = self.create_endpoint_response(request)
        return answer

    def authenticate_client(self, request: OAuthRequest) -> OAuthClient:
        # Authlib calls this again; a client's assertion counts only once.
        return request.client or self.server.authenticate_client(request, (), self.ENDPOINT_NAME)

    def generate_device_code(self) -> str:
        return make(Prefix.DEVICE_CODE)

    def generate_user_code(self) -> str:
        return make_user_code()

    def get_verification_uri(self) -> str:
        return self.server.addresses.device_page

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        client = self.server.client_named(client_id)
        self.server.session.add(
            DeviceCode(
                client_id=client.id,
                device_hash=hashed(data["device_code"]),
                user_code_hash=hashed(plain_user_code(data["user_code"])),
                scope=self._scope,
                expires_at=datetime.now(UTC) + DEVICE_CODE_LIVES,
                interval_s=self.INTERVAL,
            )
        )
