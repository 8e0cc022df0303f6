"""Workers that may not run plugins leave word of why

Revision: 0047, after 0046
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "plugin_hosts",
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("about", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "limits",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_plugin_hosts")),
    )
    op.execute("ALTER TABLE plugin_hosts ENABLE ROW LEVEL SECURITY")
    for role, words in (
        ("web", "SELECT"),
        ("gate", "SELECT"),
        ("worker", "SELECT, INSERT, UPDATE"),
    ):
        op.execute(f"CREATE POLICY {role} ON plugin_hosts TO accord_{role} USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {words} ON plugin_hosts TO accord_{role}")
