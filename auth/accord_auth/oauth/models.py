"""Clients, what people granted them, and every credential that came of it; of secrets only hashes.

A grant is the family: whatever is issued points to it, and revoking it ends all of that at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accord_auth.factors.methods import amr_of, classes_of
from accord_auth.oauth.redirects import same_redirect
from accord_config.database import Base

Words = ARRAY(String)


class AuthMethod(StrEnum):
    """How a client proves at the token endpoint that it is this client (RFC 7591's names)."""

    NONE = "none"
    PRIVATE_KEY_JWT = "private_key_jwt"
    SHARED_SECRET = "client_secret_basic"  # noqa: S105 - the name of a method, not a secret


class GrantType(StrEnum):
    """The ways to a token that a client may be allowed."""

    AUTHORIZATION_CODE = "authorization_code"
    CLIENT_CREDENTIALS = "client_credentials"
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - likewise


class ClientStatus(StrEnum):
    """Whether a client may act."""

    ACTIVE = "active"
    CLOSED = "closed"
    """Until its organisation may act again."""
    REMOVED = "removed"


class OAuthClient(Base):
    """A program of one organisation; without an organisation it is Accord's own, for everybody.

    Its methods are what Authlib asks of a client (`authlib.oauth2.rfc6749.ClientMixin`).
    """

    __tablename__ = "oauth_clients"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    client_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    auth_method: Mapped[str]
    grant_types: Mapped[list[str]] = mapped_column(Words)
    redirect_uris: Mapped[list[str]] = mapped_column(Words)
    scopes: Mapped[list[str]] = mapped_column(Words)
    jwks: Mapped[dict[str, Any] | None]
    """Its public keys; with an address, as they were read from there last."""
    jwks_uri: Mapped[str | None]
    jwks_read_at: Mapped[datetime | None]
    jwks_tried_at: Mapped[datetime | None]
    require_par: Mapped[bool] = mapped_column(default=False)
    require_dpop: Mapped[bool] = mapped_column(default=False)
    networks: Mapped[list[str]] = mapped_column(Words)
    secret_until: Mapped[datetime | None]
    """A platform admin lets it use a shared secret until then."""
    secret_reason: Mapped[str | None]
    status: Mapped[str] = mapped_column(default=ClientStatus.ACTIVE)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    last_used_at: Mapped[datetime | None]
    last_used_from: Mapped[str | None]

    @property
    def public(self) -> bool:
        """Whether it can keep no secret, such as a program on somebody's own machine."""
        return self.auth_method == AuthMethod.NONE

    def get_client_id(self) -> str:
        """The identifier that the protocol knows it by."""
        return self.client_id

    def check_response_type(self, response_type: str) -> bool:
        """Whether it may ask for this at the authorization endpoint."""
        return response_type == "code" and self.check_grant_type(GrantType.AUTHORIZATION_CODE)

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it may come to tokens in this way."""
        return grant_type in self.grant_types

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether the browser may be sent there: character for character an address of the client's."""
        return any(same_redirect(redirect_uri, known) for known in self.redirect_uris)

    def get_default_redirect_uri(self) -> None:
        """None: each request says where the browser shall go."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """The server has checked the scope by then; see `accord_auth.oauth.server`."""
        return scope or ""


class ClientSecret(Base):
    """A shared secret of a client, shown once; two of them count while one takes over from the other."""

    __tablename__ = "oauth_client_secrets"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_clients.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]


class OAuthGrant(Base):
    """What a person allowed a client in one organisation; without a person, a client's own right."""

    __tablename__ = "oauth_grants"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_clients.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    scope: Mapped[list[str]] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    auth_time: Mapped[datetime | None]
    """When the person who gave it had last proved who it is."""
    amr: Mapped[list[str]] = mapped_column(Words, server_default=text("'{}'"))
    """How, in the words of RFC 8176."""
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str | None]


class AuthorizationCode(Base):
    """A code on its way from the browser to the client's server."""

    __tablename__ = "oauth_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_grants.id", ondelete="CASCADE"), index=True)
    redirect_uri: Mapped[str]
    code_challenge: Mapped[str]
    nonce: Mapped[str | None]
    key_thumbprint: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    grant: Mapped[OAuthGrant] = relationship()

    code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        """Where it was sent, which its redemption must repeat."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was granted."""
        return " ".join(self.grant.scope)

    def get_nonce(self) -> str | None:
        """What the client wants to read again in the id_token."""
        return self.nonce

    def get_auth_time(self) -> int | None:
        """When the person signed in, in seconds of the epoch."""
        return int(self.grant.auth_time.timestamp()) if self.grant.auth_time else None

    def get_acr(self) -> str | None:
        """The class of authentication that was reached."""
        return next(iter(classes_of(self.grant.amr)), None)

    def get_amr(self) -> list[str]:
        """The methods that were used."""
        return amr_of(self.grant.amr)


class AccessToken(Base):
    """A token that the API takes for ten minutes."""

    __tablename__ = "oauth_access_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_grants.id", ondelete="CASCADE"), index=True)
    scope: Mapped[list[str]] = mapped_column(Words)
    key_thumbprint: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """A token for the next access token; each is used once and followed by another of its family."""

    __tablename__ = "oauth_refresh_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_grants.id", ondelete="CASCADE"), index=True)
    parent_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("oauth_refresh_tokens.id", ondelete="SET NULL"), index=True
    )
    key_thumbprint: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    grant: Mapped[OAuthGrant] = relationship()

    def get_scope(self) -> str:
        """What was granted; a single access token may be asked to have less."""
        return " ".join(self.grant.scope)

    def check_client(self, client: OAuthClient) -> bool:
        """Whether it was issued to this client."""
        return self.grant.client_id == client.id


class DeviceCode(Base):
    """A program without a browser that waits for a person to let it in (RFC 8628)."""

    __tablename__ = "oauth_device_codes"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_clients.id", ondelete="CASCADE"), index=True)
    device_hash: Mapped[bytes] = mapped_column(unique=True)
    user_code_hash: Mapped[bytes] = mapped_column(unique=True)
    scope: Mapped[list[str]] = mapped_column(Words)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    interval_s: Mapped[int]
    polled_at: Mapped[datetime | None]
    denied_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    grant_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("oauth_grants.id", ondelete="CASCADE"), index=True
    )
    grant: Mapped[OAuthGrant | None] = relationship()
    client: Mapped[OAuthClient] = relationship()

    def get_client_id(self) -> str:
        """The client that asked."""
        return self.client.client_id

    def is_expired(self) -> bool:
        """Whether it waited too long."""
        return self.expires_at <= datetime.now(UTC)

    def get_user_code(self) -> DeviceCode:
        """What Authlib then asks `query_user_grant` with: the row itself, since the code is a hash."""
        return self

    def get_scope(self) -> str:
        """What it asked for."""
        return " ".join(self.scope)


class PushedRequest(Base):
    """An authorization request that a client sent over its own line first (RFC 9126)."""

    __tablename__ = "oauth_pushed_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    client_id: Mapped[UUID] = mapped_column(ForeignKey("oauth_clients.id", ondelete="CASCADE"), index=True)
    uri_hash: Mapped[bytes] = mapped_column(unique=True)
    parameters: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class SeenProof(Base):
    """A signed statement (client assertion, DPoP proof) that must not come a second time."""

    __tablename__ = "oauth_seen_proofs"
    __table_args__ = (UniqueConstraint("kind", "identifier_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    kind: Mapped[str]
    identifier_hash: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ProofNonce(Base):
    """A value that DPoP proofs must repeat, so that none can be made ahead of time (RFC 9449, 8)."""

    __tablename__ = "oauth_proof_nonces"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    value: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
