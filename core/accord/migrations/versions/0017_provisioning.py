"""Provisioning: what an organisation's directory says over SCIM, for the gate alone

Revision: 0017, after 0016
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NOW = sa.text("now()")
TABLES = (
    "directory_settings",
    "directory_mappings",
    "directory_tokens",
    "directory_users",
    "directory_groups",
    "directory_members",
)


def upgrade() -> None:
    """Go to this revision."""
    _settings()
    _mappings()
    _tokens()
    _users()
    _groups()
    _members()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY gate ON {table} TO accord_gate USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_gate")


def _id(default: str = "uuidv7()") -> sa.Column[UUID]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text(default), nullable=False)


def _organisation() -> sa.Column[UUID]:
    return sa.Column("organisation_id", sa.Uuid(), nullable=False)


def _key(table: str, column: str, other: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"), ondelete=ondelete
    )


def _settings() -> None:
    op.create_table(
        "directory_settings",
        _organisation(),
        sa.Column("default_domain", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("default_role", sa.String(), nullable=True),
        _key("directory_settings", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_directory_settings")),
        sa.CheckConstraint("default_role NOT LIKE 'platform%'", name="no_platform_role"),
    )


def _mappings() -> None:
    op.create_table(
        "directory_mappings",
        _id(),
        _organisation(),
        sa.Column("group_name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", MOMENT, server_default=NOW, nullable=False),
        _key("directory_mappings", "organisation_id", "organisations"),
        _key("directory_mappings", "made_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_mappings")),
        sa.CheckConstraint("role NOT LIKE 'platform%'", name="no_platform_role"),
    )
    op.create_index(
        "uq_directory_mappings_group",
        "directory_mappings",
        ["organisation_id", sa.text("lower(group_name)"), "role"],
        unique=True,
    )


def _tokens() -> None:
    op.create_table(
        "directory_tokens",
        _id(),
        _organisation(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("last_used_from", sa.String(), nullable=True),
        _key("directory_tokens", "organisation_id", "organisations"),
        _key("directory_tokens", "created_by", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_directory_tokens_token_hash")),
    )
    op.create_index(
        op.f("ix_directory_tokens_organisation_id"), "directory_tokens", ["organisation_id"], unique=False
    )


def _users() -> None:
    op.create_table(
        "directory_users",
        _id("gen_random_uuid()"),
        _organisation(),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("user_name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("display_name", sa.String(), nullable=True),
        sa.Column("formatted_name", sa.String(), nullable=True),
        sa.Column("given_name", sa.String(), nullable=True),
        sa.Column("family_name", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("says_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("given_roles", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("placed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("changed_at", MOMENT, server_default=NOW, nullable=False),
        _key("directory_users", "organisation_id", "organisations"),
        _key("directory_users", "person_id", "people"),
        _key("directory_users", "invitation_id", "invitations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_users")),
        sa.UniqueConstraint(
            "organisation_id", "address", name=op.f("uq_directory_users_organisation_id_address")
        ),
    )
    op.create_index(op.f("ix_directory_users_person_id"), "directory_users", ["person_id"], unique=False)
    op.create_index(
        "uq_directory_users_person",
        "directory_users",
        ["organisation_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "uq_directory_users_user_name",
        "directory_users",
        ["organisation_id", sa.text("lower(user_name)")],
        unique=True,
    )


def _groups() -> None:
    op.create_table(
        "directory_groups",
        _id("gen_random_uuid()"),
        _organisation(),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("changed_at", MOMENT, server_default=NOW, nullable=False),
        _key("directory_groups", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_groups")),
    )
    op.create_index(
        "uq_directory_groups_name",
        "directory_groups",
        ["organisation_id", sa.text("lower(display_name)")],
        unique=True,
    )


def _members() -> None:
    op.create_table(
        "directory_members",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _organisation(),
        _key("directory_members", "group_id", "directory_groups", ondelete="CASCADE"),
        _key("directory_members", "user_id", "directory_users", ondelete="CASCADE"),
        _key("directory_members", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("group_id", "user_id", name=op.f("pk_directory_members")),
    )
    op.create_index(op.f("ix_directory_members_user_id"), "directory_members", ["user_id"], unique=False)
