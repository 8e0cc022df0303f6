"""An advisory can be withdrawn

Revision: 0048, after 0047
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

TABLE = "plugin_advisories"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column(TABLE, sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    for name in ("withdrawn_name", "withdrawn_reason"):
        op.add_column(TABLE, sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False))
    op.execute(f"GRANT UPDATE (withdrawn_at, withdrawn_name, withdrawn_reason) ON {TABLE} TO accord_gate")
