"""What a plugin's detector said of a record, what it still has to look at, and how it is doing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class RecordFindings(Base):
    """All findings of one plugin on one record; a later run of the plugin replaces the row.

    `error` holds {code, message} where the detector failed, `skipped` the reason where it chose not to look;
    `version` and `digest` are those of the plugin that said so. Both documents are kept as text, not taken
    apart: nobody asks PostgreSQL what is in them.
    """

    __tablename__ = "record_findings"
    __table_args__ = (PrimaryKeyConstraint("record_id", "plugin"),)

    record_id: Mapped[int] = mapped_column(ForeignKey("records.id"))
    plugin: Mapped[str]
    organisation_id: Mapped[UUID]
    version: Mapped[str]
    digest: Mapped[str] = mapped_column(server_default=text("''"))
    findings: Mapped[list[Any]] = mapped_column(JSON)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    skipped: Mapped[str | None]


class PendingDetection(Base):
    """Records of a batch that a plugin still has to look at; nobody waits for it.

    `records` is empty for all that the plugin may see of the batch. `code` says why they wait, `tries` how
    often they were tried, `not_before` when they are tried next.
    """

    __tablename__ = "pending_detections"
    __table_args__ = (Index(None, "organisation_id", "plugin", "not_before"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    plugin: Mapped[str]
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    records: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    code: Mapped[str]
    since: Mapped[datetime] = mapped_column(server_default=text("now()"))
    not_before: Mapped[datetime] = mapped_column(server_default=text("now()"))


class DetectionTally(Base):
    """How far a plugin is with a batch: records that it looked at, chose not to look at, and failed on.

    Those that wait for another go are not counted.
    """

    __tablename__ = "detection_tallies"
    __table_args__ = (PrimaryKeyConstraint("batch_id", "plugin"),)

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"))
    plugin: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    looked: Mapped[int]
    skipped: Mapped[int]
    failed: Mapped[int]


class ParkedRecord(Base):
    """A record that a plugin could not look at, put aside so that everything else goes on.

    It is looked at again when a person says so. `code`, `about` and `message` say why.
    """

    __tablename__ = "parked_records"
    __table_args__ = (
        PrimaryKeyConstraint("record_id", "plugin"),
        Index(None, "organisation_id", "plugin", "parked_at"),
    )

    record_id: Mapped[int] = mapped_column(ForeignKey("records.id"))
    plugin: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    version: Mapped[str]
    digest: Mapped[str] = mapped_column(server_default=text("''"))
    code: Mapped[str]
    about: Mapped[str] = mapped_column(server_default=text("''"))
    message: Mapped[str]
    tries: Mapped[int]
    parked_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class CircuitState(StrEnum):
    """Whether a plugin is called: yes, not now, or once to see."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class PluginCircuit(Base):
    """How an activation is doing; a row exists once something went wrong with it.

    `failures` in a row, `restarts` (moments in seconds since 1970) lately, `openings` without a success
    between, open `until`; `code`, `about` and `message` say why it opened. `slow`: others do not wait for it.
    """

    __tablename__ = "plugin_circuits"

    activation_id: Mapped[UUID] = mapped_column(
        ForeignKey("activations.id", ondelete="CASCADE"), primary_key=True
    )
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    plugin: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'closed'"))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    restarts: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    openings: Mapped[int] = mapped_column(server_default=text("0"))
    until: Mapped[datetime | None]
    slow: Mapped[bool] = mapped_column(server_default=text("false"))
    code: Mapped[str] = mapped_column(server_default=text("''"))
    about: Mapped[str] = mapped_column(server_default=text("''"))
    message: Mapped[str] = mapped_column(server_default=text("''"))
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class PluginRun(Base):
    """One turn of a plugin: what it was given, how long it took (wall time), what came of it.

    `code` is empty where it went well, else the reason code of what ended it. `memory_kb` is the most
    that its process has held so far.
    """

    __tablename__ = "plugin_runs"
    __table_args__ = (Index(None, "organisation_id", "plugin", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    plugin: Mapped[str]
    version: Mapped[str]
    digest: Mapped[str] = mapped_column(server_default=text("''"))
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    records: Mapped[int]
    seconds: Mapped[float]
    findings: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    skipped: Mapped[int] = mapped_column(server_default=text("0"))
    memory_kb: Mapped[int | None]
    code: Mapped[str] = mapped_column(server_default=text("''"))
    about: Mapped[str] = mapped_column(server_default=text("''"))
    message: Mapped[str] = mapped_column(server_default=text("''"))
