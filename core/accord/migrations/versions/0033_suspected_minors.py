"""Leads that may be about a minor: seen by few, with a clock

Revision: 0033, after 0032

What such a lead gives rise to (its case, notes, events, verdicts, shares and deliveries) carries the mark
with it, so that row security hides all of it with one look at the row. Triggers set the mark: no code can
forget it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
MAY_SEE = "(SELECT current_setting('accord.minors', true)) = 'on'"
MARKED = ("leads", "cases", "case_notes", "case_events", "verdicts", "shares", "deliveries")

# As the owner, who is above row security: the mark is taken over whoever adds a row.
TAKEN_OVER = {
    "cases": "SELECT restricted FROM leads WHERE id = NEW.lead_id",
    "verdicts": "SELECT restricted FROM leads WHERE id = NEW.lead_id",
    "case_notes": "SELECT restricted FROM cases WHERE id = NEW.case_id",
    "case_events": "SELECT restricted FROM cases WHERE id = NEW.case_id",
    "deliveries": (
        "SELECT coalesce((SELECT restricted FROM cases WHERE id = NEW.case_id), false)"
        " OR coalesce((SELECT restricted FROM shares WHERE id = NEW.share_id), false)"
    ),
}
SPREAD = """
CREATE FUNCTION spread_restriction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE verdicts SET restricted = NEW.restricted WHERE lead_id = NEW.id;
    UPDATE cases SET restricted = NEW.restricted
        WHERE lead_id = NEW.id OR lead_id IN (SELECT id FROM leads WHERE merged_into = NEW.id);
    RETURN NULL;
END
$$
"""
SPREAD_OF_CASE = """
CREATE FUNCTION spread_restriction_of_case() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE case_notes SET restricted = NEW.restricted WHERE case_id = NEW.id;
    UPDATE case_events SET restricted = NEW.restricted WHERE case_id = NEW.id;
    UPDATE shares SET restricted = NEW.restricted
        WHERE id IN (SELECT share_id FROM share_origins WHERE case_id = NEW.id);
    UPDATE deliveries SET restricted = NEW.restricted
        WHERE case_id = NEW.id OR share_id IN (SELECT share_id FROM share_origins WHERE case_id = NEW.id);
    RETURN NULL;
END
$$
"""
SPREAD_TO_SHARE = """
CREATE FUNCTION spread_restriction_to_share() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    UPDATE shares SET restricted = true
        WHERE id = NEW.share_id AND EXISTS (SELECT 1 FROM cases WHERE id = NEW.case_id AND restricted);
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    """Go to this revision."""
    for table in MARKED:
        op.add_column(
            table, sa.Column("restricted", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    _table()
    for table in (*MARKED, "suspected_minors"):
        op.execute(
            f"CREATE POLICY minors ON {table} AS RESTRICTIVE FOR SELECT TO accord_web"
            f" USING (NOT restricted OR {MAY_SEE})"
        )
    _functions()
    op.create_index(
        "ix_leads_restricted", "leads", ["organisation_id"], postgresql_where=sa.text("restricted")
    )


def _table() -> None:
    op.create_table(
        "suspected_minors",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("evidence", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("taken_name", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.Column("decided_name", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("reason", sa.String(), server_default=sa.text("''"), nullable=False),
        # Of rows like these there are none that everybody sees; the column keeps the rule one for all tables.
        sa.Column("restricted", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_suspected_minors_{column}_{table}")
            )
            for column, table in (
                ("lead_id", "leads"),
                ("organisation_id", "organisations"),
                ("taken_by", "people"),
            )
        ),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_suspected_minors")),
    )
    op.create_index(
        op.f("ix_suspected_minors_organisation_id_state_since"),
        "suspected_minors",
        ["organisation_id", "state", "since"],
    )
    own = f"organisation_id = {ORGANISATION}"
    op.execute("ALTER TABLE suspected_minors ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own ON suspected_minors TO accord_web, accord_worker USING ({own}) WITH CHECK ({own})"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON suspected_minors TO accord_web")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON suspected_minors TO accord_worker")
    # A person who lifts or confirms it moves the mark at once.
    op.execute("GRANT UPDATE (restricted) ON leads TO accord_web, accord_worker")


def _functions() -> None:
    for statement in (SPREAD, SPREAD_OF_CASE, SPREAD_TO_SHARE):
        op.execute(statement)
    for table, found in TAKEN_OVER.items():
        op.execute(
            f"CREATE FUNCTION restrict_{table}() RETURNS trigger"
            " LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$"
            f" BEGIN NEW.restricted := NEW.restricted OR coalesce(({found}), false); RETURN NEW; END $$"
        )
        op.execute(
            f"CREATE TRIGGER restricted BEFORE INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION restrict_{table}()"
        )
    changed = "WHEN (OLD.restricted IS DISTINCT FROM NEW.restricted)"
    for table, function in (("leads", "spread_restriction"), ("cases", "spread_restriction_of_case")):
        op.execute(
            f"CREATE TRIGGER restriction AFTER UPDATE OF restricted ON {table} FOR EACH ROW {changed}"
            f" EXECUTE FUNCTION {function}()"
        )
    op.execute(
        "CREATE TRIGGER restriction AFTER INSERT ON share_origins"
        " FOR EACH ROW EXECUTE FUNCTION spread_restriction_to_share()"
    )
    for name in (
        "spread_restriction",
        "spread_restriction_of_case",
        "spread_restriction_to_share",
        *(f"restrict_{table}" for table in TAKEN_OVER),
    ):
        op.execute(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_leads_restricted", "leads")
    op.execute("DROP TRIGGER restriction ON share_origins")
    for table in ("leads", "cases"):
        op.execute(f"DROP TRIGGER restriction ON {table}")
    for table in TAKEN_OVER:
        op.execute(f"DROP TRIGGER restricted ON {table}")
        op.execute(f"DROP FUNCTION restrict_{table}()")
    for name in ("spread_restriction", "spread_restriction_of_case", "spread_restriction_to_share"):
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("suspected_minors")
    for table in MARKED:
        op.execute(f"DROP POLICY minors ON {table}")
        op.drop_column(table, "restricted")
