"""Workers remember leaders: no row for each of their keys; what was dropped is written down for a day

Revision: 0052, after 0051
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
MOMENT = sa.DateTime(timezone=True)
# What told a key of one kind in one organisation from all others in one number; it takes itself back.
BASE = """
    (('x' || substr(encode(sha256(
        uuid_send(organisation_id) || convert_to(CAST(kind AS text), 'UTF8')
    ), 'hex'), 1, 16))::bit(64) >> 1)::bigint
"""
OTHER_FORM = f"""
    UPDATE selectors SET keys = ARRAY(SELECT key # {BASE} FROM unnest(keys) AS key) WHERE keys IS NOT NULL
"""
PACK = f"""
    WITH key AS (
        SELECT organisation_id, id, value, unnest(keys) # {BASE} AS bucket
        FROM selectors WHERE kind = 'template' AND length(value) = 128
        UNION ALL
        SELECT organisation_id, id, value,
               CAST((at << 16) | (get_byte(raw, 2 * at) << 8) | get_byte(raw, 2 * at + 1) AS bigint) # {BASE}
        FROM selectors CROSS JOIN LATERAL (SELECT decode(value, 'hex') AS raw OFFSET 0) AS value_of
        CROSS JOIN generate_series(0, 15) AS at
        WHERE kind = 'image' AND length(value) = 64
    ), newest AS (
        SELECT *, row_number() OVER (PARTITION BY bucket, organisation_id ORDER BY id DESC) AS age FROM key
    )
    INSERT INTO sketch_keys (bucket, organisation_id, leaders)
    SELECT bucket, organisation_id, string_agg(int8send(id) || int4send(hint), '' ORDER BY id)
    FROM newest CROSS JOIN LATERAL (SELECT decode(value, 'hex') AS raw OFFSET 0) AS value_of
    CROSS JOIN LATERAL (
        SELECT CAST(bit_or((get_byte(raw, at * (length(raw) / 32)) & 1) << (31 - at)) AS int) AS hint
        FROM generate_series(0, 31) AS at
    ) AS bit
    WHERE age <= 32 GROUP BY bucket, organisation_id
"""


def upgrade() -> None:
    """Go to this revision."""
    op.alter_column("selectors", "buckets", new_column_name="keys")
    op.execute(sa.text(OTHER_FORM.replace("::", "\\:\\:")))
    op.create_index(
        "ix_selectors_leaders",
        "selectors",
        ["organisation_id", "id"],
        postgresql_where=sa.text("kind IN ('image', 'template')"),
    )
    op.drop_table("sketch_keys")
    op.create_table(
        "dropped_leaders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("selector_id", sa.BigInteger(), nullable=False),
        sa.Column("dropped_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dropped_leaders")),
    )
    op.create_index(
        op.f("ix_dropped_leaders_organisation_id_id"), "dropped_leaders", ["organisation_id", "id"]
    )
    _protect("dropped_leaders", "accord_worker", "SELECT, INSERT, DELETE")


def downgrade() -> None:
    """Go back."""
    op.drop_table("dropped_leaders")
    op.create_table(
        "sketch_keys",
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("leaders", sa.LargeBinary(), nullable=False),
    )
    op.execute("ALTER TABLE sketch_keys SET (fillfactor = 60)")
    op.execute(sa.text(PACK.replace("::", "\\:\\:")))
    op.create_primary_key(op.f("pk_sketch_keys"), "sketch_keys", ["bucket", "organisation_id"])
    _protect("sketch_keys", "accord_web, accord_worker", "SELECT, INSERT, UPDATE, DELETE")
    op.drop_index("ix_selectors_leaders", "selectors")
    op.execute(sa.text(OTHER_FORM.replace("::", "\\:\\:")))
    op.alter_column("selectors", "keys", new_column_name="buckets")


def _protect(table: str, roles: str, may: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own ON {table} TO {roles}"
        f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
    )
    op.execute(f"GRANT {may} ON {table} TO accord_worker")
