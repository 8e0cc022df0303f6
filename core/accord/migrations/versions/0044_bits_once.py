"""A leader's bits stand once, in its node's value, not beside each of its keys

Revision: 0044, after 0043
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.drop_column("sketch_keys", "bits")


def downgrade() -> None:
    """Go back."""
    op.add_column("sketch_keys", sa.Column("bits", postgresql.BIT(512, varying=True)))
    op.execute(
        sa.text(
            "UPDATE sketch_keys SET bits = CAST('x' || selectors.value AS varbit) FROM selectors"
            " WHERE selectors.id = sketch_keys.selector_id"
        )
    )
    op.execute(sa.text("DELETE FROM sketch_keys WHERE bits IS NULL"))
    op.alter_column("sketch_keys", "bits", nullable=False)
