"""A person, and what role the person has where."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class PersonStatus(StrEnum):
    """Whether a person may sign in."""

    ACTIVE = "active"
    DISABLED = "disabled"


class Person(Base):
    """Somebody who belongs to one or several organisations. `email` is lower case."""

    __tablename__ = "people"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    status: Mapped[str] = mapped_column(default=PersonStatus.ACTIVE)
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    last_sign_in_at: Mapped[datetime | None]


class RoleAssignment(Base):
    """A role of a person in one organisation; without an organisation, on the platform."""

    __tablename__ = "role_assignments"
    __table_args__ = (
        UniqueConstraint("organisation_id", "person_id", "role", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    last_sign_in_at: Mapped[datetime | None]
    """When the person last began to act here. What the person does elsewhere is nobody's business here."""
