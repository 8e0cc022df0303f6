"""Secret settings of sources lie sealed; those that lay open are sealed once this has run

Revision: 0027, after 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    # No migration has the key: `accord.resealing` seals what lies open, right after.
    op.add_column("sources", sa.Column("secrets", sa.LargeBinary(), nullable=True))
