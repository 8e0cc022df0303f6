"""Pulls of data sources, and what they gave that could not be stored

Revision: 0004, after 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
MOMENT = sa.DateTime(timezone=True)
TABLES = ("source_pulls", "source_rejects")


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("sources", sa.Column("plugin_source", sa.String(), nullable=True))
    _pulls()
    _rejects()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own ON {table} TO accord_web, accord_worker"
            f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
        )
        op.execute(f"GRANT SELECT ON {table} TO accord_web")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_worker")


def _pulls() -> None:
    counts = ("read", "stored", "unchanged", "rejected", "removed")
    op.create_table(
        "source_pulls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("pages", sa.Integer(), server_default=sa.text("0"), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False) for name in counts),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_source_pulls_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_pulls_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_pulls")),
    )
    op.create_index(op.f("ix_source_pulls_source_id_id"), "source_pulls", ["source_id", "id"])


def _rejects() -> None:
    op.create_table(
        "source_rejects",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_source_rejects_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_rejects_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_rejects")),
        sa.UniqueConstraint("source_id", "digest", name=op.f("uq_source_rejects_source_id_digest")),
    )
    op.create_index(op.f("ix_source_rejects_source_id_at"), "source_rejects", ["source_id", "at"])
