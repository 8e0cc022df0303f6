"""What a plugin's detector said of a record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class RecordFindings(Base):
    """All findings of one plugin on one record; a later run of the plugin replaces the row.

    `error` holds {code, message} where the detector failed; `version` is the plugin's.
    """

    __tablename__ = "record_findings"
    __table_args__ = (PrimaryKeyConstraint("record_id", "plugin"),)

    record_id: Mapped[int] = mapped_column(ForeignKey("records.id"))
    plugin: Mapped[str]
    organisation_id: Mapped[UUID]
    version: Mapped[str]
    findings: Mapped[list[Any]]
    error: Mapped[dict[str, Any] | None]
