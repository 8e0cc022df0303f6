"""Verdicts: what people found leads to be

Revision: 0029, after 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
PERSON = "(SELECT NULLIF(current_setting('accord.person', true), '')::uuid)"
EMERGENCY = "(SELECT NULLIF(current_setting('accord.emergency', true), '')::uuid)"
# As of every case data: one's own, or what an emergency reading is about.
READS = (
    "(SELECT CASE WHEN NULLIF(current_setting('accord.emergency', true), '') IS NULL"
    " THEN NULLIF(current_setting('accord.organisation', true), '')::uuid"
    " ELSE (SELECT organisation_id FROM emergency_readings"
    f" WHERE id = {EMERGENCY} AND asked_by = {PERSON} AND approved_at IS NOT NULL"
    " AND ended_at IS NULL AND ends_at > now()) END)"
)


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("person_name", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by", sa.String(), server_default=sa.text("''"), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_verdicts_{column}_{table}"))
            for column, table in (
                ("organisation_id", "organisations"),
                ("lead_id", "leads"),
                ("person_id", "people"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
    )
    op.create_index(
        op.f("ix_verdicts_organisation_id_made_at_id"), "verdicts", ["organisation_id", "made_at", "id"]
    )
    op.create_index(op.f("ix_verdicts_lead_id"), "verdicts", ["lead_id"])
    op.create_index(
        "ix_verdicts_standing",
        "verdicts",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    # What was joined into a lead is asked for with it, on every page of the queue.
    op.create_index(
        "ix_leads_merged_into",
        "leads",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    own = f"organisation_id = {ORGANISATION}"
    op.execute("ALTER TABLE verdicts ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own ON verdicts TO accord_worker USING ({own}) WITH CHECK ({own})")
    op.execute(
        f"CREATE POLICY own_read ON verdicts FOR SELECT TO accord_web USING (organisation_id = {READS})"
    )
    op.execute(f"CREATE POLICY own_add ON verdicts FOR INSERT TO accord_web WITH CHECK ({own})")
    op.execute(
        f"CREATE POLICY own_change ON verdicts FOR UPDATE TO accord_web USING ({own}) WITH CHECK ({own})"
    )
    # Nobody deletes one, nor changes what was said: that it no longer stands is added.
    for role in ("accord_web", "accord_worker"):
        op.execute(f"GRANT SELECT, INSERT ON verdicts TO {role}")
        op.execute(f"GRANT UPDATE (withdrawn_at, withdrawn_by) ON verdicts TO {role}")


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_leads_merged_into", "leads")
    op.drop_table("verdicts")
