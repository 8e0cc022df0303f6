"""A signed-in session of one person in one organisation; only the hash of its token is kept."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class SignedInSession(Base):
    """What a session cookie or bearer token stands for."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user_agent: Mapped[str] = mapped_column(default="")
    address: Mapped[str | None]
    """The network address that it was started from."""
    last_used_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """To within a few minutes."""
    proved_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """When the person last proved who it is: by signing in, or by the password asked again."""
