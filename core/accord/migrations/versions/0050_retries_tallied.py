"""Whoever has parked records looked at again counts them as failed no more

Revision: 0050, after 0049
"""

from __future__ import annotations

from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.execute("GRANT UPDATE (failed) ON detection_tallies TO accord_web")
