"""Which records a share shows, so that those withdrawn later are taken out of it

Revision: 0031, after 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column(
        "shares", sa.Column("withdrawn_records", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("shares", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("GRANT UPDATE (document, withdrawn_records, changed_at) ON shares TO accord_worker")
    op.create_table(
        "shared_records",
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["share_id"], ["shares.id"], name=op.f("fk_shared_records_share_id_shares")),
        sa.ForeignKeyConstraint(
            ["record_id"],
            ["records.id"],
            name=op.f("fk_shared_records_record_id_records"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("share_id", "key", name=op.f("pk_shared_records")),
    )
    op.create_index(op.f("ix_shared_records_record_id"), "shared_records", ["record_id"])
    op.execute("ALTER TABLE shared_records ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own ON shared_records TO accord_web, accord_worker"
        f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
    )
    op.execute("GRANT INSERT ON shared_records TO accord_web")
    op.execute("GRANT SELECT, DELETE ON shared_records TO accord_worker")
