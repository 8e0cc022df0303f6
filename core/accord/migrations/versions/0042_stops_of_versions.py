"""Workers keep with which code the check of a version of a plugin stopped

Revision: 0042, after 0041
"""

from __future__ import annotations

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.execute("GRANT UPDATE (stop) ON plugin_versions TO accord_worker")
