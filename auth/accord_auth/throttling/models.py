"""The state of one limit for one key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class Throttle(Base):
    """Until `clear_at` there are tries that still count; afterwards the row says nothing."""

    __tablename__ = "throttles"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    """SHA-256 of the limit's name and of whom it holds for: no address is kept in clear."""
    clear_at: Mapped[datetime] = mapped_column(index=True)
