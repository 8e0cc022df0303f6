"""Plugins that are stopped at once, advisories, and runs on trial

Revision: 0023, after 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
MOMENT = sa.DateTime(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())
NOW = sa.text("now()")


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "plugin_stops",
        sa.Column("stop_id", sa.Uuid(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("processes", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Double(), nullable=False),
        sa.Column("at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("stop_id", "worker", name=op.f("pk_plugin_stops")),
    )
    op.create_table(
        "plugin_advisories",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("distribution", sa.String(), nullable=True),
        sa.Column("versions", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_name", sa.String(), nullable=False),
        sa.Column("at", MOMENT, server_default=NOW, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_advisories")),
    )
    for table, rights in {
        "plugin_stops": {"accord_gate": "SELECT", "accord_worker": "SELECT, INSERT"},
        "plugin_advisories": {"accord_gate": "SELECT, INSERT", "accord_worker": "SELECT"},
    }.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        for role, words in rights.items():
            policy = role.removeprefix("accord_")
            op.execute(f"CREATE POLICY {policy} ON {table} TO {role} USING (true) WITH CHECK (true)")
            op.execute(f"GRANT {words} ON {table} TO {role}")
    _trials()


def _trials() -> None:
    op.create_table(
        "plugin_trials",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("plugin", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("asked_at", MOMENT, server_default=NOW, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("result", JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_plugin_trials_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["plugin_versions.id"], name=op.f("fk_plugin_trials_version_id_plugin_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_trials")),
    )
    op.create_index(
        op.f("ix_plugin_trials_organisation_id_plugin_kind"),
        "plugin_trials",
        ["organisation_id", "plugin", "kind"],
    )
    op.execute("ALTER TABLE plugin_trials ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own ON plugin_trials TO accord_web, accord_worker"
        f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON plugin_trials TO accord_web")
    op.execute("GRANT SELECT, UPDATE, DELETE ON plugin_trials TO accord_worker")
