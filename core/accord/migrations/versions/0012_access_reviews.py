"""Access reviews: what has access, who decided about it, when and why

Revision: 0012, after 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this revision."""
    _reviews()
    _items()
    for table in ("access_reviews", "review_items"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY gate ON {table} TO accord_gate USING (true) WITH CHECK (true)")
        # Evidence: nothing of it can be deleted.
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO accord_gate")
    # What a review tells of a plugin and of a share, and what it takes to end one; never what is in a share.
    op.execute("GRANT SELECT (id, name, version) ON plugins TO accord_gate")
    op.execute("GRANT SELECT (plugin_id, created_at), UPDATE (active) ON activations TO accord_gate")
    op.execute(
        "GRANT SELECT (id, organisation_id, recipient_id, marking, created_at, expires_at, revoked_at),"
        " UPDATE (revoked_at) ON shares TO accord_gate"
    )
    op.execute("CREATE POLICY gate_ends ON shares FOR UPDATE TO accord_gate USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT (share_id, organisation_id, person_id) ON share_origins TO accord_gate")
    op.execute("CREATE POLICY gate ON share_origins FOR SELECT TO accord_gate USING (true)")


def _reviews() -> None:
    op.create_table(
        "access_reviews",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("lapses_at", MOMENT, nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_access_reviews_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["started_by"], ["people.id"], name=op.f("fk_access_reviews_started_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_reviews")),
    )
    op.create_index(
        op.f("ix_access_reviews_organisation_id"), "access_reviews", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_access_reviews_due_at"), "access_reviews", ["due_at"], unique=False)
    op.create_index(
        "uq_access_reviews_open",
        "access_reviews",
        ["organisation_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _items() -> None:
    op.create_table(
        "review_items",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("escalated_at", MOMENT, nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_name", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["people.id"], name=op.f("fk_review_items_decided_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_review_items_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_review_items_person_id_people")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["access_reviews.id"], name=op.f("fk_review_items_review_id_access_reviews")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_items")),
        sa.UniqueConstraint(
            "review_id", "kind", "subject_id", name=op.f("uq_review_items_review_id_kind_subject_id")
        ),
    )
    op.create_index(op.f("ix_review_items_escalated_at"), "review_items", ["escalated_at"], unique=False)
