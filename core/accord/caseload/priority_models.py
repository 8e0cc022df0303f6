"""Versions of an organisation's priorities, fitted to its verdicts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class PriorityVersion(Base):
    """Weights that were fitted to an organisation's verdicts. Without one in use, the published ones are.

    `weights` are `accord.caseload.priorities.Weights`, held near the published ones of version `published`.
    `figures`, `published_figures` and `steps` are what `accord.caseload.fitting` says of them.
    """

    __tablename__ = "priority_versions"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        Index("ix_priority_versions_in_use", "organisation_id", unique=True, postgresql_where=text("in_use")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    number: Mapped[int]
    published: Mapped[int]
    weights: Mapped[dict[str, Any]]
    figures: Mapped[dict[str, Any]]
    published_figures: Mapped[dict[str, Any]]
    steps: Mapped[list[Any]]
    fitted_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    fitted_by: Mapped[str]
    in_use: Mapped[bool] = mapped_column(server_default=text("false"))
