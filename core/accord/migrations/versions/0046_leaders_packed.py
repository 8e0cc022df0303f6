"""Of each key the leaders stand in one row, with a hint of each one's value

Revision: 0046, after 0045
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

# As `accord.linking.leaders` packs them: the newest 32, eight bytes of number and four of hint each.
PACK = """
    WITH hint AS (
        SELECT node.id, bit.hint FROM selectors AS node
        CROSS JOIN LATERAL (SELECT decode(node.value, 'hex') AS raw OFFSET 0) AS value
        CROSS JOIN LATERAL (
            SELECT CAST(bit_or((get_byte(raw, at * (length(raw) / 32)) & 1) << (31 - at)) AS int) AS hint
            FROM generate_series(0, 31) AS at
        ) AS bit
        WHERE node.kind IN ('image', 'template') AND node.value ~ '^([0-9a-f]{64}|[0-9a-f]{128})$'
    ), newest AS (
        SELECT bucket, organisation_id, selector_id,
               row_number() OVER (PARTITION BY bucket, organisation_id ORDER BY selector_id DESC) AS age
        FROM loose_keys
    )
    INSERT INTO sketch_keys (bucket, organisation_id, leaders)
    SELECT bucket, organisation_id,
           string_agg(int8send(selector_id) || int4send(hint), '' ORDER BY selector_id)
    FROM newest JOIN hint ON hint.id = newest.selector_id
    WHERE age <= 32 GROUP BY bucket, organisation_id
"""
UNPACK = """
    INSERT INTO sketch_keys (bucket, organisation_id, selector_id)
    SELECT bucket, organisation_id,
           CAST(CAST('x' || encode(substring(leaders FROM at FOR 8), 'hex') AS bit(64)) AS bigint)
    FROM packed_keys CROSS JOIN LATERAL generate_series(1, length(leaders), 12) AS at
"""


def upgrade() -> None:
    """Go to this revision."""
    op.execute("CREATE TEMPORARY TABLE loose_keys ON COMMIT DROP AS SELECT * FROM sketch_keys")
    op.execute("TRUNCATE sketch_keys")
    op.drop_constraint("pk_sketch_keys", "sketch_keys")
    op.drop_column("sketch_keys", "selector_id")
    op.add_column("sketch_keys", sa.Column("leaders", sa.LargeBinary(), nullable=False))
    # Rows grow in their place: a row that has to move is written into the index again.
    op.execute("ALTER TABLE sketch_keys SET (fillfactor = 60)")
    op.execute(sa.text(PACK))
    op.create_primary_key(op.f("pk_sketch_keys"), "sketch_keys", ["bucket", "organisation_id"])


def downgrade() -> None:
    """Go back."""
    op.execute("CREATE TEMPORARY TABLE packed_keys ON COMMIT DROP AS SELECT * FROM sketch_keys")
    op.execute("TRUNCATE sketch_keys")
    op.drop_constraint("pk_sketch_keys", "sketch_keys")
    op.drop_column("sketch_keys", "leaders")
    op.add_column("sketch_keys", sa.Column("selector_id", sa.BigInteger(), nullable=False))
    op.execute("ALTER TABLE sketch_keys RESET (fillfactor)")
    op.execute(sa.text(UNPACK))
    op.create_primary_key(op.f("pk_sketch_keys"), "sketch_keys", ["bucket", "selector_id"])
