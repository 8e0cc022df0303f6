"""Streams of security event tokens, one direction each, and what is sent. The gate alone sees them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class Direction(StrEnum):
    """Who tells whom."""

    RECEIVE = "receive"
    SEND = "send"


class SubjectFormat(StrEnum):
    """How an event names a person (RFC 9493)."""

    EMAIL = "email"
    ISS_SUB = "iss_sub"


class DeliveryState(StrEnum):
    """What became of a signal that is to be sent."""

    DELIVERED = "delivered"
    PARKED = "parked"
    """It was tried often enough, or the receiver refused it: an admin looks at it."""
    WAITING = "waiting"


class SignalStream(Base):
    """An agreement with one other system: which events, about whom, in which direction."""

    __tablename__ = "signal_streams"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str]
    direction: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(String))
    subject_format: Mapped[str]
    audience: Mapped[str]
    """Whom the tokens are for: sent, the receiver's name for itself; received, the name that we expect."""
    endpoint_url: Mapped[str | None]
    """Where signals are pushed to."""
    sealed_authorization: Mapped[bytes | None]
    """The receiver's Authorization header, sealed."""
    issuer: Mapped[str | None]
    """Who signs what is received."""
    jwks_uri: Mapped[str | None]
    secret_hash: Mapped[bytes | None] = mapped_column(unique=True)
    """Of the bearer token by which the transmitter pushes to us."""
    keys: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    keys_asked_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    closed_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    """When a signal last came through."""
    last_words: Mapped[str] = mapped_column(server_default=text("''"))
    """What it was, or why the last one did not come through."""
    failed_at: Mapped[datetime | None]
    """When the last one failed; none: it came through."""
    verified_at: Mapped[datetime | None]
    """When a verification event last came through."""


class SignalDelivery(Base):
    """One event to be sent to one receiver. Its `jti` stays the same however often it is tried."""

    __tablename__ = "signal_deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    stream_id: Mapped[UUID] = mapped_column(ForeignKey("signal_streams.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    event: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """None: a verification event, which is about the stream itself."""
    email: Mapped[str]
    """The person's address when it happened."""
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(default=DeliveryState.WAITING)
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    words: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"), index=True)
    done_at: Mapped[datetime | None]
