"""Judgements: what people say of links between records

Revision: 0025, after 0024
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "judgements",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("one_record", sa.BigInteger(), nullable=True),
        sa.Column("other_record", sa.BigInteger(), nullable=True),
        sa.Column("selector_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("person_name", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("applied", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_judgements_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_judgements_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgements")),
    )
    op.create_index(
        op.f("ix_judgements_organisation_id_made_at_id"), "judgements", ["organisation_id", "made_at", "id"]
    )
    op.create_index(
        "ix_judgements_waiting", "judgements", ["organisation_id"], postgresql_where=sa.text("NOT applied")
    )
    op.execute("ALTER TABLE judgements ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own ON judgements TO accord_web, accord_worker"
        f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
    )
    # Nobody deletes one: what was said, and that it was taken back, is kept.
    op.execute("GRANT SELECT, INSERT ON judgements TO accord_web")
    op.execute("GRANT UPDATE (withdrawn_at, withdrawn_by, applied) ON judgements TO accord_web")
    op.execute("GRANT SELECT, UPDATE (applied) ON judgements TO accord_worker")
