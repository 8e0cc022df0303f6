"""Plugins that members publish: wheels, versions, environments and approvals

Revision: 0013, after 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())

# What is published is the platform's to decide about (the gate) and the workers' to check and to run.
RIGHTS = {
    "plugin_approvals": {"accord_gate": "SELECT, INSERT, DELETE"},
    "plugin_environments": {"accord_gate": "SELECT", "accord_worker": "SELECT, INSERT, DELETE"},
    "plugin_versions": {
        "accord_gate": "SELECT, INSERT, UPDATE",
        "accord_worker": "SELECT, UPDATE (state, problem, lock, checks, is_current)",
    },
    # What was received stays as it was received.
    "plugin_wheels": {"accord_gate": "SELECT, INSERT", "accord_worker": "SELECT"},
}


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("plugins", sa.Column("reason", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("plugins", sa.Column("publisher_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_plugins_publisher_id_organisations"), "plugins", "organisations", ["publisher_id"], ["id"]
    )
    op.create_index(op.f("ix_plugins_publisher_id"), "plugins", ["publisher_id"], unique=False)
    op.add_column("activations", sa.Column("secrets", sa.LargeBinary(), nullable=True))
    _wheels_and_versions()
    _environments_and_approvals()
    for table, rights in RIGHTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        for role, words in rights.items():
            policy = role.removeprefix("accord_")
            op.execute(f"CREATE POLICY {policy} ON {table} TO {role} USING (true) WITH CHECK (true)")
            op.execute(f"GRANT {words} ON {table} TO {role}")
    op.execute("GRANT SELECT, INSERT, UPDATE ON plugins TO accord_gate")
    op.execute("GRANT INSERT ON procrastinate_jobs TO accord_gate")
    op.execute("GRANT USAGE ON SEQUENCE procrastinate_jobs_id_seq TO accord_gate")
    # A member activates for itself, and for nobody else: the policy of row security says whose row it is.
    op.execute("GRANT INSERT, UPDATE ON activations TO accord_web")


def _wheels_and_versions() -> None:
    op.create_table(
        "plugin_wheels",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_plugin_wheels")),
    )
    op.create_table(
        "plugin_versions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("name", "version", "digest")),
        sa.Column("manifest", JSONB, nullable=False),
        sa.Column("wheelhouse", JSONB, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("lock", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("checks", JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("granted", JSONB, nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("approved_until", MOMENT, nullable=True),
        sa.Column("is_current", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("published_name", sa.String(), nullable=False),
        sa.Column("published_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.{key}"], name=op.f(f"fk_plugin_versions_{column}_{table}")
            )
            for column, table, key in (
                ("organisation_id", "organisations", "id"),
                ("digest", "plugin_wheels", "digest"),
                ("published_by", "people", "id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_versions")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_plugin_versions_name_version")),
    )
    op.create_index(
        op.f("ix_plugin_versions_organisation_id"), "plugin_versions", ["organisation_id"], unique=False
    )
    op.create_index(
        "uq_plugin_versions_current",
        "plugin_versions",
        ["name"],
        unique=True,
        postgresql_where=sa.text("is_current"),
    )


def _environments_and_approvals() -> None:
    op.create_table(
        "plugin_environments",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("files", JSONB, nullable=False),
        sa.Column("built_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["plugin_versions.id"],
            name=op.f("fk_plugin_environments_version_id_plugin_versions"),
        ),
        sa.PrimaryKeyConstraint("version_id", "host", name=op.f("pk_plugin_environments")),
    )
    op.create_table(
        "plugin_approvals",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("person_name", sa.String(), nullable=False),
        sa.Column("granted", JSONB, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_plugin_approvals_person_id_people")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["plugin_versions.id"],
            name=op.f("fk_plugin_approvals_version_id_plugin_versions"),
        ),
        sa.PrimaryKeyConstraint("version_id", "person_id", name=op.f("pk_plugin_approvals")),
    )
