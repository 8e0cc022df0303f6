"""An organisation's directory, who of it is whom here, sign-ins under way, and which sessions came of it.

The gate's role alone sees these.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class ProofMethod(StrEnum):
    """How Accord proves to a directory that it is its client."""

    CLIENT_SECRET = "client_secret"  # noqa: S105 - the name of a method, not a secret
    PRIVATE_KEY_JWT = "private_key_jwt"


class Purpose(StrEnum):
    """What somebody was sent to the directory for."""

    INVITATION = "invitation"
    """To accept an invitation, and to be let in by the directory from then on."""
    LINK = "link"
    """To have the account of somebody who is signed in known by the directory's subject."""
    PROVE = "prove"
    """To prove again who it is, before a dangerous act."""
    SIGN_IN = "sign_in"
    TEST = "test"
    """An admin tries the connection: everything is checked, nobody is signed in."""


class Provider(Base):
    """An organisation's directory: an OpenID provider. One for each organisation."""

    __tablename__ = "sso_providers"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), unique=True)
    issuer: Mapped[str]
    """Exactly as the discovery document has to say it."""
    client_id: Mapped[str]
    method: Mapped[str]
    sealed_secret: Mapped[bytes | None]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    role_claim: Mapped[str]
    role_map: Mapped[dict[str, Any]]
    """A value of the claim to the role that it gives."""
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    discovered: Mapped[dict[str, Any] | None]
    """The discovery document, until `discovered_until`."""
    discovered_until: Mapped[datetime | None]
    keys: Mapped[dict[str, Any] | None]
    """The key set, until `keys_until`."""
    keys_until: Mapped[datetime | None]
    keys_asked_at: Mapped[datetime | None]


class DirectoryAccount(Base):
    """Which person a subject of a directory is, for one organisation. The address says nothing here."""

    __tablename__ = "sso_accounts"
    __table_args__ = (
        UniqueConstraint("organisation_id", "issuer", "subject"),
        UniqueConstraint("organisation_id", "issuer", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    issuer: Mapped[str]
    subject: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    belongs: Mapped[bool]
    """Whether the directory let the person in the last time. Who belongs no more was removed by an admin."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    last_sign_in_at: Mapped[datetime | None]


class PendingSignIn(Base):
    """Somebody who was sent to a directory and has not come back: known by hashes, used once."""

    __tablename__ = "sso_pending"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("sso_providers.id", ondelete="CASCADE"), index=True)
    state_hash: Mapped[bytes] = mapped_column(unique=True)
    browser_hash: Mapped[bytes]
    """Of the cookie of the browser that was sent."""
    nonce_hash: Mapped[bytes]
    sealed_verifier: Mapped[bytes]
    """The PKCE verifier."""
    issuer: Mapped[str]
    """The directory's at the time: if an admin changes it meanwhile, the answer counts no more."""
    purpose: Mapped[str]
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    """The session that asked, which has to be the one that comes back."""
    invitation_hash: Mapped[bytes | None]
    after: Mapped[str]
    """The path to go to afterwards."""
    started_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class DirectorySession(Base):
    """A session that was started by a directory: whose, and under which name the directory knows it."""

    __tablename__ = "sso_sessions"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sso_accounts.id"), index=True)
    provider_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("sso_providers.id", ondelete="SET NULL"), index=True
    )
    sid: Mapped[str | None]
    sealed_id_token: Mapped[bytes]
    """For the directory's own sign-out, which wants to see it."""
    signed_in_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
