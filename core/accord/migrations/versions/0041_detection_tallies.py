"""How far each plugin is with each batch

Revision: 0041, after 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
TABLE = "detection_tallies"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        TABLE,
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("plugin", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("looked", "skipped", "failed")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_detection_tallies_batch_id_batches")
        ),
        sa.PrimaryKeyConstraint("batch_id", "plugin", name=op.f("pk_detection_tallies")),
    )
    op.create_index(op.f("ix_detection_tallies_organisation_id"), TABLE, ["organisation_id"])
    op.execute(
        f"""
        INSERT INTO {TABLE} (batch_id, plugin, organisation_id, looked, skipped, failed)
        SELECT record.batch_id, said.plugin, said.organisation_id,
               count(*) FILTER (WHERE said.error IS NULL AND said.skipped IS NULL),
               count(*) FILTER (WHERE said.skipped IS NOT NULL), count(said.error)
        FROM record_findings AS said JOIN records AS record ON record.id = said.record_id
        GROUP BY record.batch_id, said.plugin, said.organisation_id
        """
    )
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own ON {TABLE} TO accord_web, accord_worker"
        f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
    )
    op.execute(f"GRANT SELECT ON {TABLE} TO accord_web")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLE} TO accord_worker")
