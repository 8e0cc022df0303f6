"""Shares, where they come from, and deliveries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class Share(Base):
    """A case made visible to a recipient: `document` is exactly what the recipient sees.

    The recipient sees this row until it expires or is revoked, and no other row of the owner's.
    """

    __tablename__ = "shares"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    title: Mapped[str]
    marking: Mapped[str]
    purpose: Mapped[str]
    basis: Mapped[str]
    document: Mapped[dict[str, Any]]
    digest: Mapped[str]
    """SHA-256 of the canonical document, in hexadecimal: proof of what was shared."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    withdrawn_records: Mapped[int] = mapped_column(server_default=text("0"))
    """Records that were withdrawn since it was made, and taken out of the document."""
    changed_at: Mapped[datetime | None]
    """When that was; files that were made of it before are not given out."""
    told_at: Mapped[datetime | None]
    """When the recipient's people were last told of it by mail."""
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether it may be about a minor: on both sides it is for people who may see that alone."""


class ShareOrigin(Base):
    """Which case a share was made from, and by whom: the owner's side only."""

    __tablename__ = "share_origins"

    share_id: Mapped[UUID] = mapped_column(ForeignKey("shares.id"), primary_key=True)
    organisation_id: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class SharedRecordLink(Base):
    """Which record stands under a key of a share's document; none once it is withdrawn. For its owner."""

    __tablename__ = "shared_records"

    share_id: Mapped[UUID] = mapped_column(ForeignKey("shares.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID]
    record_id: Mapped[int | None] = mapped_column(ForeignKey("records.id", ondelete="SET NULL"), index=True)


class DeliveryStatus(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(Base):
    """A share, or a case's own document, carried by a case-sharing hook; the file that came of it."""

    __tablename__ = "deliveries"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    share_id: Mapped[UUID | None] = mapped_column(ForeignKey("shares.id"), index=True)
    plugin: Mapped[str]
    status: Mapped[str] = mapped_column(default=DeliveryStatus.PENDING)
    error: Mapped[str] = mapped_column(server_default=text("''"))
    payload: Mapped[dict[str, Any]]
    """The contract's Share that is delivered."""
    receipt: Mapped[dict[str, Any] | None]
    filename: Mapped[str | None]
    media_type: Mapped[str | None]
    content: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))
