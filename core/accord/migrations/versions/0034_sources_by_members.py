"""Members remove sources of theirs that hold no records

Revision: 0034, after 0033
"""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    # A source with records is held by their foreign keys.
    op.execute("GRANT DELETE ON sources, source_pulls, source_rejects TO accord_web")
