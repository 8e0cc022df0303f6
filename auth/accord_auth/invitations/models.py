"""An invitation: one address, one role, one use; only the hash of its token is kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, func, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class Invitation(Base):
    """What an invited person holds the link to. It is open until it is accepted, withdrawn or expired."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index(
            "uq_invitations_open",
            "organisation_id",
            "email",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    """None: into the platform's own administration."""
    email: Mapped[str] = mapped_column(index=True)
    """Lower case."""
    role: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    """None: the installation's operator."""
    invited_from: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    """For which organisation the inviter acted; None: the platform."""
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    sent_at: Mapped[datetime | None]
    """When the newest link was mailed; None: it was given to the inviter to hand over."""
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str | None]


def is_open() -> ColumnElement[bool]:
    """Whether an invitation can be accepted now, as a condition."""
    return and_(
        Invitation.accepted_at.is_(None),
        Invitation.withdrawn_at.is_(None),
        Invitation.expires_at > func.now(),
    )
