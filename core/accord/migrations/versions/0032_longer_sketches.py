"""Sketches of texts have 512 bits, hashes of images 256

Revision: 0032, after 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

SHORT, LONG = postgresql.BIT(256), postgresql.BIT(512, varying=True)


def upgrade() -> None:
    """Go to this revision. Shorter sketches of before stay, and are like none of the longer ones."""
    op.alter_column("sketch_keys", "bits", existing_type=SHORT, type_=LONG)


def downgrade() -> None:
    """Go back: longer sketches are found no more."""
    op.execute(sa.text("DELETE FROM sketch_keys WHERE length(bits) <> 256"))
    op.alter_column("sketch_keys", "bits", existing_type=LONG, type_=SHORT, postgresql_using="bits::bit(256)")
