"""Verdicts: what an investigator found a lead to be."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class VerdictWord(StrEnum):
    """What a lead was found to be, in alphabetical order."""

    CANNOT_TELL = "cannot_tell"
    """Looked at, and what there is does not say."""
    DUPLICATE = "duplicate"
    """It is worked on elsewhere: as another lead, or by another body."""
    EXPLOITATION = "exploitation"
    """Confirmed: somebody is exploited."""
    LAWFUL = "lawful"
    """People who work for themselves or lawfully for others."""
    SPAM = "spam"
    """Spam, a scam or a fake: nobody is behind the offer."""


VERDICT_WORDS: dict[VerdictWord, str] = {
    VerdictWord.EXPLOITATION: "Confirmed exploitation",
    VerdictWord.LAWFUL: "Lawful or independent",
    VerdictWord.SPAM: "Spam or scam",
    VerdictWord.DUPLICATE: "Duplicate",
    VerdictWord.CANNOT_TELL: "Cannot tell",
}
"""As people say them, in the order in which they are offered."""


class LeadVerdict(Base):
    """A person's verdict on a lead. It stands until it is taken back or changed; none is deleted.

    `records` and `score` are what the lead had when it was given.
    """

    __tablename__ = "verdicts"
    __table_args__ = (
        Index(None, "organisation_id", "made_at", "id"),
        Index("ix_verdicts_standing", "lead_id", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
        Index(None, "lead_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("leads.id"))
    word: Mapped[str]
    reason: Mapped[str]
    records: Mapped[int]
    score: Mapped[float]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    person_name: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(server_default=text("''"))
    restricted: Mapped[bool] = mapped_column(server_default=text("false"))
