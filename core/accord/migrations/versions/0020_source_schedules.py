"""Sources that are pulled by themselves, back-fills, and why a pull ended early

Revision: 0020, after 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
MOMENT = sa.DateTime(timezone=True)
TABLE = "source_schedules"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column(
        "source_pulls",
        sa.Column("backfill", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("source_pulls", sa.Column("cursor", sa.LargeBinary(), nullable=True))
    for name in ("code", "about"):
        op.add_column(
            "source_pulls", sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False)
        )
    op.create_table(
        TABLE,
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("cron", sa.String(), nullable=True),
        sa.Column("every_s", sa.Integer(), nullable=True),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("(cron IS NULL) <> (every_s IS NULL)", name=op.f("ck_source_schedules_one")),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_source_schedules_source_id_sources"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_source_schedules_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_schedules")),
    )
    op.create_index(op.f("ix_source_schedules_next_at"), TABLE, ["next_at"])
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own ON {TABLE} TO accord_web"
        f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
    )
    # Which sources are due is looked up for all members at once, like the queue's jobs; no data is in it.
    op.execute(f"CREATE POLICY work ON {TABLE} TO accord_worker USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO accord_web, accord_worker")
    op.execute("GRANT INSERT ON source_pulls TO accord_web")
    op.execute("GRANT USAGE ON SEQUENCE source_pulls_id_seq TO accord_web")
