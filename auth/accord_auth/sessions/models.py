"""A signed-in session of one person in one organisation, and a sign-in under way; of tokens only hashes.

Beside it the emergency reading, in which a session of the platform looks at one organisation's case data.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    String,
    Text,
    and_,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class SignedInSession(Base):
    """What a session cookie or bearer token stands for."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_agent: Mapped[str] = mapped_column(default="")
    address: Mapped[str | None]
    """The network address that it was started from."""
    last_used_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """To within a few minutes."""
    proved_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """When the person last proved who it is: by signing in, or by a proof that was asked again."""
    authenticated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """When the person signed in; with an organisation's directory, when the directory says that it was."""
    amr: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    """How the person proved who it is so far, in the words of RFC 8176 (`accord_auth.factors.methods`); of a
    directory, what it says."""
    bound: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it acts for its organisation alone: that organisation's directory started it."""
    emergency_id: Mapped[UUID | None] = mapped_column(ForeignKey("emergency_readings.id"), index=True)
    """Of a session of the platform: the emergency reading that it is for, and nothing else."""


class EmergencyReading(Base):
    """A platform admin reads one organisation's case data for a while ("break glass").

    Asked for by one admin with a reason and an end, approved by another one, over at its end or before. What
    is over is kept: it is evidence.
    """

    __tablename__ = "emergency_readings"
    __table_args__ = (
        CheckConstraint("approved_by <> asked_by", name="second_admin"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approval"),
        CheckConstraint("ends_at > asked_at AND ends_at <= asked_at + interval '24 hours'", name="bounded"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    """Whose case data."""
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    """Who reads, and nobody else."""
    asked_name: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    reason: Mapped[str] = mapped_column(Text)
    ends_at: Mapped[datetime]
    """Approved or not, it is over then: at most a day after it was asked for."""
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    approved_name: Mapped[str] = mapped_column(Text, server_default=text("''"))
    approved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_name: Mapped[str] = mapped_column(Text, server_default=text("''"))
    """Who ended it; empty when the clock did, or the reader's own access ended."""
    ended_because: Mapped[str] = mapped_column(Text, server_default=text("''"))
    told_at: Mapped[datetime | None]
    """When the organisation's admins were told by mail that it was approved."""
    waits_told_at: Mapped[datetime | None]
    """When the other platform admins were told by mail that it waits for one of them."""


def reading_is_open() -> ColumnElement[bool]:
    """Whether an emergency reading lets its admin read now. Row security asks the same."""
    return and_(
        EmergencyReading.approved_at.is_not(None),
        EmergencyReading.ended_at.is_(None),
        EmergencyReading.ends_at > func.now(),
    )


class PendingSignIn(Base):
    """A sign-in under way in one browser: what was proved so far. It opens nothing."""

    __tablename__ = "pending_sign_ins"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    """Nobody yet where a passkey is to say who it is."""
    organisation: Mapped[str]
    """The short name of the one to act for; empty: the only one, or it is asked."""
    amr: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
