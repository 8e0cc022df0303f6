"""Plugins and activations."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class PluginStatus(StrEnum):
    """Whether a plugin may run at all."""

    APPROVED = "approved"
    MISSING = "missing"
    SUSPENDED = "suspended"


class Plugin(Base):
    """An installed plugin: what its static manifest says."""

    __tablename__ = "plugins"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    name: Mapped[str] = mapped_column(unique=True)
    version: Mapped[str]
    manifest: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(default=PluginStatus.APPROVED)
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), onupdate=text("now()"))


class Activation(Base):
    """One organisation's use of a plugin, with its configuration."""

    __tablename__ = "activations"
    __table_args__ = (UniqueConstraint("organisation_id", "plugin_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    plugin_id: Mapped[UUID] = mapped_column(ForeignKey("plugins.id"), index=True)
    config: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
    closed_at: Mapped[datetime | None]
    """When the organisation lost its access; it opens again when the organisation comes back."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
