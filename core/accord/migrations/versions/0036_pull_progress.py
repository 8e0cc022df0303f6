"""How far a pull says that it is

Revision: 0036, after 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column(
        "source_pulls", sa.Column("progress", sa.String(), server_default=sa.text("''"), nullable=False)
    )
