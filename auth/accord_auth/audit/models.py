"""The audit log: entries, and what sealing adds to them. Nothing here is ever changed or deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base

_STATE = JSONB(none_as_null=True)


class AuditEntry(Base):
    """Who did what to which thing, when, from where and why, with what it changed.

    The web role can add entries and read its organisation's own; the time is the database's.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "organisation_id", "at", "id"),
        Index(None, "organisation_id", "person_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    actor: Mapped[str] = mapped_column(Text, server_default=text("''"))
    """The acting person's name as it was then; people leave and change their names."""
    tag: Mapped[str]
    subject: Mapped[str]
    why: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any] | None] = mapped_column(_STATE)
    after: Mapped[dict[str, Any] | None] = mapped_column(_STATE)
    address: Mapped[str | None] = mapped_column(Text)
    """The client's network address; None at the command line."""
    user_agent: Mapped[str | None] = mapped_column(Text)


class AuditPending(Base):
    """An entry that waits to be sealed; a trigger adds it with the entry. The one table that shrinks."""

    __tablename__ = "audit_pending"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInteger)


class AuditLeaf(Base):
    """A leaf of the Merkle tree and the hash chain up to it. It tells nothing of whose entry it is."""

    __tablename__ = "audit_leaves"

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """From 0 without gaps: the entry's place in the log."""
    hash: Mapped[bytes]
    chain: Mapped[bytes]


class AuditSeal(Base):
    """Which entry stands at a place, the salt of its leaf, and which of its organisation's entries it is."""

    __tablename__ = "audit_seals"
    __table_args__ = (UniqueConstraint("organisation_id", "number", postgresql_nulls_not_distinct=True),)

    sequence: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("audit_leaves.sequence"), primary_key=True, autoincrement=False
    )
    entry_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("audit_entries.id"), unique=True)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    number: Mapped[int] = mapped_column(BigInteger)
    """From 0 without gaps within the organisation, so that a member notices what is withheld."""
    salt: Mapped[bytes]


class AuditNode(Base):
    """An inner node of the tree, of every eighth level: the root of 256 nodes of the level eight below."""

    __tablename__ = "audit_nodes"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class AuditHead(Base):
    """A checkpoint: the signed root of the tree when it had `size` leaves."""

    __tablename__ = "audit_heads"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    root: Mapped[bytes]
    public_key: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    """The signed text itself: see `accord_auth.audit.notes`."""
