"""A review of what has access to an organisation, and its items: evidence, never deleted."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class ItemKind(StrEnum):
    """What an item is about, in alphabetical order."""

    ACTIVATION = "activation"
    CLIENT = "client"
    DIRECTORY_TOKEN = "directory_token"  # noqa: S105 - a kind, not a token
    GRANT = "grant"
    PERSON = "person"
    SHARE = "share"


class Decision(StrEnum):
    """What became of an item."""

    CONFIRMED = "confirmed"
    ENDED = "ended"
    GONE = "gone"
    """It had ended in another way before anybody decided."""
    LAPSED = "lapsed"
    """Nobody decided in time, so it ended."""


class AccessReview(Base):
    """One review of an organisation's access; without an organisation, of the platform's own people."""

    __tablename__ = "access_reviews"
    __table_args__ = (
        Index(
            "uq_access_reviews_open",
            "organisation_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    started_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """None: a quarter had passed, or the installation's operator."""
    due_at: Mapped[datetime] = mapped_column(index=True)
    lapses_at: Mapped[datetime]
    """When what nobody decided about ends."""
    reminders: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None]
    """When the last item was decided."""


class ReviewItem(Base):
    """One access as it was when the review began, and what was decided about it, by whom, when and why."""

    __tablename__ = "review_items"
    __table_args__ = (UniqueConstraint("review_id", "kind", "subject_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    review_id: Mapped[UUID] = mapped_column(ForeignKey("access_reviews.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    """The person, client, grant, activation or share."""
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    """Whose access it is, and who therefore does not decide about it."""
    label: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    """The roles, the scope, the terms: in words."""
    given_by: Mapped[str] = mapped_column(Text)
    """Empty: not known."""
    given_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None] = mapped_column(index=True)
    """Since when the platform's admins decide, because nobody in the organisation can."""
    decision: Mapped[str | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_name: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    ended: Mapped[str] = mapped_column(Text, default="")
    """What ended with it, in words."""
