"""Leads that may be about a minor."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class MinorState(StrEnum):
    """What is known of a lead that may be about a minor."""

    CONFIRMED = "confirmed"
    """A person looked, and says that it may well be."""
    LIFTED = "lifted"
    """A person looked, and says that it is not; or nothing says so any more."""
    SUSPECTED = "suspected"
    """Its records say so, and nobody decided yet: the clock runs."""


class SuspectedMinor(Base):
    """A lead that may be about a minor, or was taken for one.

    `evidence` counts the records that say so, as of when it was suspected or lifted: a lifted one is
    suspected again when more of them come.
    """

    __tablename__ = "suspected_minors"
    __table_args__ = (Index(None, "organisation_id", "state", "since"),)

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    state: Mapped[str]
    why: Mapped[str]
    evidence: Mapped[int]
    since: Mapped[datetime] = mapped_column(server_default=text("now()"))
    taken_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    taken_name: Mapped[str] = mapped_column(server_default=text("''"))
    taken_at: Mapped[datetime | None]
    decided_name: Mapped[str] = mapped_column(server_default=text("''"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    restricted: Mapped[bool] = mapped_column(server_default=text("true"))
    """Always: who may not see suspected minors sees none of these."""
