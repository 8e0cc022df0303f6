"""An entry of the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class AuditEntry(Base):
    """Who did what to which thing, when and why. The web role can add entries, nothing else."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "organisation_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    tag: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
