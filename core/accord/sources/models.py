"""Pulls, and what a source gave that could not be stored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class SourcePull(Base):
    """One asking of a source for what is new, over as many jobs as that takes.

    It waits (`started_at` is empty), runs, or is over (`finished_at` is set). `error` says why it
    ended early, with the reason's `code` and what is responsible (`about`); what its pages brought until
    then is stored, and the source's cursor stands behind them. A back-fill begins at the source's start and
    has a `cursor` of its own.
    """

    __tablename__ = "source_pulls"
    __table_args__ = (Index(None, "source_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"))
    requested_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    pages: Mapped[int] = mapped_column(server_default=text("0"))
    read: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    stored: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    unchanged: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    rejected: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    removed: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """Records that the source withdrew, and that were taken out."""
    progress: Mapped[str] = mapped_column(server_default=text("''"))
    """How far the plugin says that it is while the pull runs, such as "3 of 10"."""
    error: Mapped[str | None]
    code: Mapped[str] = mapped_column(server_default=text("''"))
    about: Mapped[str] = mapped_column(server_default=text("''"))
    backfill: Mapped[bool] = mapped_column(server_default=text("false"))
    cursor: Mapped[bytes | None]


class SourceSchedule(Base):
    """When a source is pulled by itself: every so many seconds, or as a line of cron says (UTC).

    `failures` in a row put the next pull off. No row: it is pulled when somebody asks.
    """

    __tablename__ = "source_schedules"
    __table_args__ = (CheckConstraint("(cron IS NULL) <> (every_s IS NULL)", name="one"),)

    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    cron: Mapped[str | None]
    every_s: Mapped[int | None]
    next_at: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int] = mapped_column(server_default=text("0"))


class SourceReject(Base):
    """Something that a source gave and that is no record: where it stood, and why.

    `digest` tells whether the same thing was seen before; then only the newest sighting is kept.
    """

    __tablename__ = "source_rejects"
    __table_args__ = (UniqueConstraint("source_id", "digest"), Index(None, "source_id", "at"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"))
    digest: Mapped[bytes]
    position: Mapped[str]
    external_id: Mapped[str | None]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
