"""What plugins sent out, and what they keep

Revision: 0010, after 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this revision."""
    _requests()
    _values()
    for table, roles in (
        ("plugin_requests", "accord_web, accord_worker"),
        ("plugin_values", "accord_worker"),
    ):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own ON {table} TO {roles}"
            f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
        )
    # What left stays written down: neither role can change or remove it.
    op.execute("GRANT SELECT ON plugin_requests TO accord_web")
    op.execute("GRANT SELECT, INSERT ON plugin_requests TO accord_worker")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON plugin_values TO accord_worker")


def _requests() -> None:
    op.create_table(
        "plugin_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("plugin", "version")),
        sa.Column("at", MOMENT, server_default=sa.text("now()"), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("method", "host", "path")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("sent", "received")),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_plugin_requests_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_requests")),
    )
    op.create_index(
        op.f("ix_plugin_requests_organisation_id_plugin_at"),
        "plugin_requests",
        ["organisation_id", "plugin", "at"],
    )


def _values() -> None:
    op.create_table(
        "plugin_values",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("plugin", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_plugin_values_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "plugin", "key", name=op.f("pk_plugin_values")),
    )
