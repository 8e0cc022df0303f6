"""When a member and the platform were warned that an agreement ends

Revision: 0016, after 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("agreements", sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("GRANT UPDATE (warned_at) ON agreements TO accord_gate")
