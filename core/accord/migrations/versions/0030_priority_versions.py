"""Versions of priorities that are fitted to verdicts

Revision: 0030, after 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "priority_versions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("weights", JSONB(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        sa.Column("published_figures", JSONB(), nullable=False),
        sa.Column("steps", JSONB(), nullable=False),
        sa.Column("fitted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fitted_by", sa.String(), nullable=False),
        sa.Column("in_use", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_priority_versions_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_priority_versions")),
        sa.UniqueConstraint(
            "organisation_id", "number", name=op.f("uq_priority_versions_organisation_id_number")
        ),
    )
    op.create_index(
        "ix_priority_versions_in_use",
        "priority_versions",
        ["organisation_id"],
        unique=True,
        postgresql_where=sa.text("in_use"),
    )
    own = f"organisation_id = {ORGANISATION}"
    op.execute("ALTER TABLE priority_versions ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY own ON priority_versions TO accord_web, accord_worker"
        f" USING ({own}) WITH CHECK ({own})"
    )
    # What was fitted is kept as it was: only what is in use changes. Fitting is a worker's.
    op.execute("GRANT SELECT, UPDATE (in_use) ON priority_versions TO accord_web, accord_worker")
    op.execute("GRANT INSERT ON priority_versions TO accord_worker")


def downgrade() -> None:
    """Go back."""
    op.drop_table("priority_versions")
