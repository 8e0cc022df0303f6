"""Cases, their notes and their timeline."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class CaseStatus(StrEnum):
    """How far a case is."""

    OPEN = "open"
    WAITING = "waiting"
    CLOSED = "closed"


class Case(Base):
    """A lead that a person opened."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("organisation_id", "lead_id"),
        Index(None, "organisation_id", "updated_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"))
    title: Mapped[str]
    status: Mapped[str] = mapped_column(default=CaseStatus.OPEN)
    marking: Mapped[str]
    opened_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether its lead may be about a minor. Triggers carry it on to all that a lead gives rise to."""


class CaseNote(Base):
    """A person's note on a case."""

    __tablename__ = "case_notes"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    author_name: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))


class CaseEvent(Base):
    """A line of a case's timeline."""

    __tablename__ = "case_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    organisation_id: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    kind: Mapped[str]
    actor_name: Mapped[str]
    detail: Mapped[dict[str, Any]]
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))
