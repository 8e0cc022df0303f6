"""A text's leader knows under which keys it stands, so that it can be forgotten without reading all of them

Revision: 0051, after 0050
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

REMEMBER = """
    UPDATE selectors SET buckets = held.buckets
    FROM (
        SELECT CAST(CAST('x' || encode(substring(leaders FROM at FOR 8), 'hex') AS bit(64)) AS bigint) AS id,
               array_agg(bucket) AS buckets
        FROM sketch_keys CROSS JOIN LATERAL generate_series(1, length(leaders), 12) AS at
        GROUP BY 1
    ) AS held
    WHERE selectors.id = held.id AND kind = 'template'
"""


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("selectors", sa.Column("buckets", postgresql.ARRAY(sa.BigInteger()), nullable=True))
    op.execute(sa.text(REMEMBER))


def downgrade() -> None:
    """Go back."""
    op.drop_column("selectors", "buckets")
