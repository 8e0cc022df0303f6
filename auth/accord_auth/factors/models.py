"""The second factors of people, and the challenges that passkeys answer; of recovery codes only hashes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class AuthenticatorApp(Base):
    """A program that shows codes (TOTP, RFC 6238); it counts from its first right code on."""

    __tablename__ = "authenticator_apps"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str]
    secret: Mapped[bytes]
    """Sealed (`accord_config.sealing`), for this person alone."""
    last_step: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """The time step of the last code that was taken: neither it nor an older one is taken again."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    confirmed_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class Passkey(Base):
    """A key pair whose private half stays with the person's device (WebAuthn)."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str]
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    """As the authenticator gave it: a COSE key."""
    sign_count: Mapped[int] = mapped_column(BigInteger)
    """How often it signed, as it last said; 0 for ever with devices that do not count."""
    aaguid: Mapped[str]
    """The authenticator's model, where it tells."""
    transports: Mapped[list[str]] = mapped_column(ARRAY(String))
    synced: Mapped[bool]
    """Whether it may be kept on several devices."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    last_used_at: Mapped[datetime | None]
    suspect_at: Mapped[datetime | None]
    """When its count went back, as a copy's would; it proves nothing from then on."""


class RecoveryCode(Base):
    """A code on paper, for when nothing else is at hand; used once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("person_id", "code_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    code_hash: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a passkey has to sign now; whoever answers uses it up, rightly or not."""

    __tablename__ = "passkey_challenges"
    __table_args__ = (UniqueConstraint("holder_id", "purpose"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    holder_id: Mapped[UUID]
    """The session, or the sign-in under way, that was given it and no other may answer."""
    purpose: Mapped[str]
    challenge: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)
