"""The member organisation."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class OrganisationKind(StrEnum):
    """What a member is."""

    GOVERNMENT = "government"
    HOTLINE = "hotline"
    LAW_ENFORCEMENT = "law_enforcement"
    NGO = "ngo"
    OTHER = "other"
    TECHNOLOGY_COMPANY = "technology_company"


class OrganisationStatus(StrEnum):
    """Whether a member may act."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Organisation(Base):
    """A member organisation; `slug` is its stable short name."""

    __tablename__ = "organisations"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(default=OrganisationStatus.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
