"""Recipients of a share are told by mail that records of it were withdrawn

Revision: 0049, after 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("shares", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    # Whom to tell, and that they were told; never what is in a share.
    op.execute("GRANT SELECT (changed_at, restricted, told_at), UPDATE (told_at) ON shares TO accord_gate")
