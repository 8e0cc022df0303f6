"""The gate's role alone sees these. An id here is one organisation's, and never names an account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from accord_config.database import Base


class DirectorySettings(Base):
    """How an organisation's directory is read. Without a row: as the defaults say."""

    __tablename__ = "directory_settings"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    default_domain: Mapped[str] = mapped_column(server_default=text("''"))
    """One of the organisation's proved domains, added to user names without one; empty: those are refused."""
    default_role: Mapped[str | None]
    """The role of every active user; None: only mapped groups give roles."""


class DirectoryMapping(Base):
    """Whoever is in a group of this name has this role. Case does not count."""

    __tablename__ = "directory_mappings"
    __table_args__ = (
        Index(
            "uq_directory_mappings_group",
            "organisation_id",
            func.lower(text("group_name")),
            "role",
            unique=True,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    group_name: Mapped[str]
    role: Mapped[str]
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class DirectoryToken(Base):
    """What a directory shows to Accord; it opens SCIM of one organisation and nothing else."""

    __tablename__ = "directory_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    last_used_from: Mapped[str | None]


class DirectoryUser(Base):
    """Somebody as the organisation's directory describes them: one membership, never an account.

    `person_id` is filled when the person has proved the address here: by the invitation's link, or by being
    a member already.
    """

    __tablename__ = "directory_users"
    __table_args__ = (
        Index("uq_directory_users_user_name", "organisation_id", func.lower(text("user_name")), unique=True),
        UniqueConstraint("organisation_id", "address"),
        Index(
            "uq_directory_users_person",
            "organisation_id",
            "person_id",
            unique=True,
            postgresql_where=text("person_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), index=True)
    user_name: Mapped[str]
    address: Mapped[str]
    """The e-mail address that the user name stands for: lower case."""
    external_id: Mapped[str | None]
    display_name: Mapped[str | None]
    formatted_name: Mapped[str | None]
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    says_active: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether the directory sees `active`: not after it took it away, which changes nothing else."""
    given_roles: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    """Roles that the directory gave, to be told from those that admins gave by hand."""
    placed: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the person had a role when last looked at: who lost all since was removed by hand."""
    invitation_id: Mapped[UUID | None] = mapped_column(ForeignKey("invitations.id"))
    """The invitation that was sent in the directory's name."""
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class DirectoryGroup(Base):
    """A group of the directory. What it gives is the mapping's to say."""

    __tablename__ = "directory_groups"
    __table_args__ = (
        Index("uq_directory_groups_name", "organisation_id", func.lower(text("display_name")), unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    display_name: Mapped[str]
    external_id: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    changed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class DirectoryMember(Base):
    """A user in a group, both of one organisation."""

    __tablename__ = "directory_members"

    group_id: Mapped[UUID] = mapped_column(
        ForeignKey("directory_groups.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("directory_users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
