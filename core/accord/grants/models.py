"""What plugins sent out, and what they keep."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class PluginRequest(Base):
    """One HTTP request of a plugin, for one organisation: a disclosure, also where it failed.

    The query of the address and the bodies are not kept: they may hold contact values. `outcome` is
    `answered` or the code of the refusal; `reason` says what went wrong, for operators. Sizes are in bytes.
    """

    __tablename__ = "plugin_requests"
    __table_args__ = (Index(None, "organisation_id", "plugin", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    plugin: Mapped[str]
    version: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    method: Mapped[str]
    host: Mapped[str]
    path: Mapped[str]
    sent: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    milliseconds: Mapped[int]
    status: Mapped[int | None]
    outcome: Mapped[str]
    reason: Mapped[str | None]


class PluginValue(Base):
    """A value that a plugin keeps for one organisation's use of it."""

    __tablename__ = "plugin_values"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    plugin: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes]
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), onupdate=text("now()"))


class NetworkAllowance(Base):
    """That a plugin of an organisation may reach the network while it sees records of a closed marking.

    One admin asks with a reason, another one allows it; either ends it. Rows that ended stay, as evidence.
    """

    __tablename__ = "network_allowances"
    __table_args__ = (
        CheckConstraint("allowed_by <> asked_by", name="two"),
        Index(
            "uq_network_allowances_open",
            "organisation_id",
            "plugin",
            "marking",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    plugin: Mapped[str]
    marking: Mapped[str]
    reason: Mapped[str]
    asked_by: Mapped[UUID]
    asked_name: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    allowed_by: Mapped[UUID | None]
    allowed_name: Mapped[str | None]
    allowed_at: Mapped[datetime | None]
    ended_name: Mapped[str | None]
    ended_at: Mapped[datetime | None]
