"""The words of leads, and the names in handles: a search looks them up instead of reading everything

Revision: 0043, after 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
# As PostgreSQL writes it, so that the model and the database can be compared.
NAME = (
    "CASE WHEN (((kind)::text = 'handle'::text) OR ((kind)::text = 'wallet'::text))"
    " THEN split_part((value)::text, ':'::text, 2) ELSE NULL::text END"
)
TABLES = ("lead_words", "lead_vocabulary")
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
        "lead_vocabulary",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "word", name=op.f("pk_lead_vocabulary")),
    )
    op.create_table(
        "lead_words",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "word", "lead_id", name=op.f("pk_lead_words")),
    )
    op.execute(
        "INSERT INTO lead_words SELECT DISTINCT organisation_id, lower(word), id FROM leads,"
        r" regexp_split_to_table(title || ' ' || array_to_string(places, ' '), '\s+') AS word"
        " WHERE merged_into IS NULL AND word <> ''"
    )
    op.execute("INSERT INTO lead_vocabulary SELECT DISTINCT organisation_id, word FROM lead_words")
    _policies()
    op.add_column("selectors", sa.Column("name", sa.String(), sa.Computed(NAME, persisted=True)))
    op.create_index(
        "ix_selectors_name",
        "selectors",
        ["organisation_id", "kind", "name"],
        postgresql_where=sa.text("name IS NOT NULL"),
    )


def _policies() -> None:
    own = f"organisation_id = {ORGANISATION}"
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own ON {table} TO accord_worker USING ({own}) WITH CHECK ({own})")
        op.execute(
            f"CREATE POLICY own_read ON {table} FOR SELECT TO accord_web USING (organisation_id = {READS})"
        )
        op.execute(f"GRANT SELECT ON {table} TO accord_web")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO accord_worker")


def downgrade() -> None:
    """Go back."""
    op.drop_column("selectors", "name")
    for table in TABLES:
        op.drop_table(table)
