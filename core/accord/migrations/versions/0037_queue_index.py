"""The queue's index knows which leads are restricted, so that counting them reads no row

Revision: 0037, after 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

NAME = "ix_leads_queue"


def upgrade() -> None:
    """Go to this revision."""
    _make(("restricted",))


def downgrade() -> None:
    """Go back."""
    _make(())


def _make(included: tuple[str, ...]) -> None:
    op.drop_index(NAME, "leads")
    op.create_index(
        NAME,
        "leads",
        ["organisation_id", sa.text("score DESC"), "anchor"],
        postgresql_where=sa.text("merged_into IS NULL"),
        postgresql_include=list(included),
    )
