"""Closed records and the network: pairs that two admins allowed; a plugin's health as its author may see it

Revision: 0024, after 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
MOMENT = sa.DateTime(timezone=True)
TABLE = "network_allowances"

# As the owner, who is above row security: an author sees numbers of all members together, and never whose.
HEALTH = f"""
CREATE FUNCTION plugin_health_of_author(wanted text, days int)
RETURNS TABLE (version text, code text, about text, calls bigint, records bigint, findings bigint,
               failed bigint, p50 float8, p95 float8, memory_kb int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT run.version, run.code, CASE WHEN run.about LIKE 'limits.%' THEN run.about ELSE '' END,
           count(*), sum(run.records), sum(run.findings), sum(run.failed),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY run.seconds),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY run.seconds), max(run.memory_kb)
    FROM plugin_runs AS run JOIN plugins AS plugin ON plugin.name = run.plugin
    WHERE run.plugin = wanted AND plugin.publisher_id = {ORGANISATION}
      AND run.at > now() - make_interval(days => days)
    GROUP BY run.version, run.code, CASE WHEN run.about LIKE 'limits.%' THEN run.about ELSE '' END
    ORDER BY 1, 2, 3
$$
"""
FORGET = """
CREATE FUNCTION forget_plugin_runs(days int) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    WITH gone AS (
        DELETE FROM plugin_runs WHERE at < now() - make_interval(days => greatest(days, 1)) RETURNING 1
    )
    SELECT count(*) FROM gone
$$
"""


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("plugin", "marking", "reason")),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_name", sa.String(), nullable=False),
        sa.Column("asked_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("allowed_by", sa.Uuid(), nullable=True),
        sa.Column("allowed_name", sa.String(), nullable=True),
        sa.Column("allowed_at", MOMENT, nullable=True),
        sa.Column("ended_name", sa.String(), nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("allowed_by <> asked_by", name=op.f("ck_network_allowances_two")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_network_allowances_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_allowances")),
    )
    op.create_index(
        "uq_network_allowances_open",
        TABLE,
        ["organisation_id", "plugin", "marking"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own ON {TABLE} TO accord_web, accord_worker"
        f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
    )
    op.execute(f"GRANT SELECT ON {TABLE} TO accord_web, accord_worker")
    op.execute(f"GRANT INSERT ON {TABLE} TO accord_web")
    op.execute(
        f"GRANT UPDATE (allowed_by, allowed_name, allowed_at, ended_name, ended_at) ON {TABLE} TO accord_web"
    )
    for statement, function, roles in (
        (HEALTH, "plugin_health_of_author(text, int)", "accord_web, accord_worker"),
        (FORGET, "forget_plugin_runs(int)", "accord_worker"),
    ):
        op.execute(statement)
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {roles}")
