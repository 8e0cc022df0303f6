"""Emergency readings: when those who can approve one were told of it

Revision: 0026, after 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("emergency_readings", sa.Column("waits_told_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("GRANT UPDATE (waits_told_at) ON emergency_readings TO accord_gate")


def downgrade() -> None:
    """Go back."""
    op.drop_column("emergency_readings", "waits_told_at")
