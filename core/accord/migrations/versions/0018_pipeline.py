"""What plugins found is kept as it was said; sketches are found again by one number

Revision: 0018, after 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# As `accord.linking.sketches.bucket_of` says it.
BUCKET = """
    (('x' || substr(encode(sha256(uuid_send(organisation_id) || convert_to(kind, 'UTF8')), 'hex'), 1, 16))
    ::bit(64) >> 1)::bigint # key
"""


def upgrade() -> None:
    """Go to this revision."""
    for column in ("findings", "error"):
        op.alter_column(
            "record_findings", column, type_=postgresql.JSON(), postgresql_using=f"{column}::json"
        )
    op.add_column("sketch_keys", sa.Column("bucket", sa.BigInteger(), nullable=True))
    op.execute(f"UPDATE sketch_keys SET bucket = {BUCKET}")
    op.alter_column("sketch_keys", "bucket", nullable=False)
    op.drop_constraint("pk_sketch_keys", "sketch_keys")
    op.create_primary_key(op.f("pk_sketch_keys"), "sketch_keys", ["bucket", "selector_id"])
    for column in ("kind", "key"):
        op.drop_column("sketch_keys", column)
