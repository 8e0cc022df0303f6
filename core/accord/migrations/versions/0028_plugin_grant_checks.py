"""What came of checking a version with fewer grants than it asks for

Revision: 0028, after 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSONB = postgresql.JSONB(astext_type=sa.Text())
RIGHTS = {
    "accord_gate": "SELECT, INSERT, UPDATE (asked_at)",
    "accord_worker": "SELECT, UPDATE (done_at, result)",
}


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "plugin_grant_checks",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("granted", JSONB, nullable=False),
        sa.Column("asked_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("result", JSONB, server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["plugin_versions.id"],
            name=op.f("fk_plugin_grant_checks_version_id_plugin_versions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_grant_checks")),
        sa.UniqueConstraint("version_id", "key", name=op.f("uq_plugin_grant_checks_version_id_key")),
    )
    op.execute("ALTER TABLE plugin_grant_checks ENABLE ROW LEVEL SECURITY")
    for role, words in RIGHTS.items():
        policy = role.removeprefix("accord_")
        op.execute(f"CREATE POLICY {policy} ON plugin_grant_checks TO {role} USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {words} ON plugin_grant_checks TO {role}")
