"""Strands: records that one identity ties together, between records and leads

Revision: 0007, after 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"


def upgrade() -> None:
    """Go to this revision. What there is keeps its leads: each becomes a lead of one strand."""
    op.create_table(
        "strands",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("supports", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strands")),
    )
    op.create_table(
        "strand_selectors",
        sa.Column("selector_id", sa.BigInteger(), nullable=False),
        sa.Column("strand_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("selector_id", "strand_id", name=op.f("pk_strand_selectors")),
    )
    op.add_column("lead_records", sa.Column("strand_id", sa.Uuid(), nullable=True))
    # A lead's only strand may as well have its name.
    op.execute("UPDATE lead_records SET strand_id = lead_id")
    op.execute(
        "INSERT INTO strands SELECT id, organisation_id, id, '{}' FROM leads WHERE merged_into IS NULL"
    )
    op.execute(
        "INSERT INTO strand_selectors"
        " SELECT selector_id, lead_id, organisation_id, records, first_day, last_day FROM lead_selectors"
    )
    op.alter_column("lead_records", "strand_id", nullable=False)
    op.drop_table("lead_selectors")
    for table, column in (
        ("lead_records", "strand_id"),
        ("strand_selectors", "strand_id"),
        ("strands", "lead_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    for table in ("strands", "strand_selectors"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own ON {table} TO accord_web, accord_worker"
            f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
        )
        op.execute(f"GRANT SELECT ON {table} TO accord_web")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_worker")
