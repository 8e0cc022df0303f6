"""Sources, records and batches."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class Source(Base):
    """Where an organisation's records come from. A plugin source has a plugin and a cursor."""

    __tablename__ = "sources"
    __table_args__ = (UniqueConstraint("organisation_id", "slug"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    slug: Mapped[str]
    marking: Mapped[str]
    plugin: Mapped[str | None]
    plugin_source: Mapped[str | None]
    """Which of the plugin's sources; a plugin may provide several."""
    config: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    secrets: Mapped[bytes | None]
    """Settings that the plugin's manifest calls secret, sealed."""
    cursor: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Stage(StrEnum):
    """How far a batch is."""

    STORED = "stored"
    DETECTED = "detected"
    LINKED = "linked"


class Batch(Base):
    """Records that were stored in one transaction and go through the pipeline together."""

    __tablename__ = "batches"
    __table_args__ = (Index(None, "organisation_id", "id", postgresql_where=text("stage <> 'linked'")),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"))
    records: Mapped[int]
    stage: Mapped[str] = mapped_column(default=Stage.STORED)
    resolved: Mapped[bytes | None] = mapped_column(deferred=True)
    """The linker's own: the nodes of each record's selectors, from when they are known until it is linked."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class StoredRecord(Base):
    """One advertisement or post of an organisation. `digest` tells whether the content is the same."""

    __tablename__ = "records"
    __table_args__ = (UniqueConstraint("source_id", "external_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID]
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    external_id: Mapped[str]
    digest: Mapped[bytes]
    observed_at: Mapped[datetime]
    posted_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    marking: Mapped[str]
    url: Mapped[str | None]
    title: Mapped[str | None]
    body: Mapped[str | None]
    language: Mapped[str | None]
    content: Mapped[dict[str, Any]]
    """prices, place, contacts, images and extra, in the form of the record line."""


class ChangedRecord(Base):
    """A record that was linked and has to be linked again: its findings changed, or it is `withdrawn`."""

    __tablename__ = "changed_records"

    record_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    withdrawn: Mapped[bool] = mapped_column(server_default=text("false"))
    since: Mapped[datetime] = mapped_column(server_default=text("now()"))
