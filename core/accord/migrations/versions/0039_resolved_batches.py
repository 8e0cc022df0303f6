"""Batches keep the nodes of their records until they are linked

Revision: 0039, after 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("batches", sa.Column("resolved", sa.LargeBinary()))
    # It is gone again within seconds: compressing it is not worth the time.
    op.execute(sa.text("ALTER TABLE batches ALTER COLUMN resolved SET STORAGE EXTERNAL"))


def downgrade() -> None:
    """Go back: what was resolved and not linked is resolved again."""
    op.drop_column("batches", "resolved")
