"""Emergency readings: who reads a member's case data for a while, and the policies that hold it

Revision: 0015, after 0014

What the web role may see of case data is decided in one place: the scope's organisation, or the one that an
approved, unfinished emergency reading of the scope's person names. What it may change stays the scope's
organisation's alone, so a policy for everything becomes one for each kind of statement.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
PERSON = "(SELECT NULLIF(current_setting('accord.person', true), '')::uuid)"
EMERGENCY = "(SELECT NULLIF(current_setting('accord.emergency', true), '')::uuid)"
READ_IN_IT = (
    "(SELECT organisation_id FROM emergency_readings"
    f" WHERE id = {EMERGENCY} AND asked_by = {PERSON} AND approved_at IS NOT NULL"
    " AND ended_at IS NULL AND ends_at > now())"
)
# One value, looked up once a query, so that plans stay those of an equality.
READS = (
    "(SELECT CASE WHEN NULLIF(current_setting('accord.emergency', true), '') IS NULL"
    f" THEN NULLIF(current_setting('accord.organisation', true), '')::uuid ELSE {READ_IN_IT} END)"
)
# Somebody who acts for the platform sees the platform's entries; who reads in an emergency does not.
OWN_ENTRIES = (
    f"organisation_id = {ORGANISATION}"
    f" OR ({PERSON} IS NOT NULL AND {ORGANISATION} IS NULL AND {EMERGENCY} IS NULL"
    " AND organisation_id IS NULL)"
)
CASE_DATA = (
    "case_events",
    "case_notes",
    "cases",
    "lead_records",
    "leads",
    "mentions",
    "record_findings",
    "records",
    "selectors",
    "share_origins",
    "shares",
    "sources",
    "strand_selectors",
    "strands",
)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this revision."""
    _table()
    op.add_column("sessions", sa.Column("emergency_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_sessions_emergency_id_emergency_readings"),
        "sessions",
        "emergency_readings",
        ["emergency_id"],
        ["id"],
    )
    op.create_index(op.f("ix_sessions_emergency_id"), "sessions", ["emergency_id"])
    _rights()
    for table in CASE_DATA:
        _split(table)
    _context()
    _audit()


def _table() -> None:
    op.create_table(
        "emergency_readings",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_name", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("ended_because", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.CheckConstraint("approved_by <> asked_by", name=op.f("ck_emergency_readings_second_admin")),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)", name=op.f("ck_emergency_readings_approval")
        ),
        sa.CheckConstraint(
            "ends_at > asked_at AND ends_at <= asked_at + interval '24 hours'",
            name=op.f("ck_emergency_readings_bounded"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_emergency_readings_{column}_{table}")
            )
            for column, table in (
                ("organisation_id", "organisations"),
                ("asked_by", "people"),
                ("approved_by", "people"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_readings")),
    )
    for column in ("organisation_id", "asked_by", "ended_at"):
        op.create_index(op.f(f"ix_emergency_readings_{column}"), "emergency_readings", [column])


def _rights() -> None:
    op.execute("ALTER TABLE emergency_readings ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY gate ON emergency_readings TO accord_gate USING (true) WITH CHECK (true)")
    # Evidence: nothing of it can be deleted, nor can who asked for what until when be changed.
    op.execute("GRANT SELECT, INSERT ON emergency_readings TO accord_gate")
    op.execute(
        "GRANT UPDATE (approved_by, approved_name, approved_at, ended_at, ended_name, ended_because, told_at)"
        " ON emergency_readings TO accord_gate"
    )
    op.execute(
        f"CREATE POLICY own ON emergency_readings FOR SELECT TO accord_web"
        f" USING (organisation_id = {ORGANISATION} OR (id = {EMERGENCY} AND asked_by = {PERSON}))"
    )
    op.execute("GRANT SELECT ON emergency_readings TO accord_web")


def _split(table: str) -> None:
    """Of a member's case data the web role sees what may be read, and changes what is the member's own."""
    own = f"organisation_id = {ORGANISATION}"
    op.execute(f"ALTER POLICY own ON {table} TO accord_worker")
    op.execute(
        f"CREATE POLICY own_read ON {table} FOR SELECT TO accord_web USING (organisation_id = {READS})"
    )
    op.execute(f"CREATE POLICY own_add ON {table} FOR INSERT TO accord_web WITH CHECK ({own})")
    op.execute(
        f"CREATE POLICY own_change ON {table} FOR UPDATE TO accord_web USING ({own}) WITH CHECK ({own})"
    )
    op.execute(f"CREATE POLICY own_remove ON {table} FOR DELETE TO accord_web USING ({own})")


def _context() -> None:
    """Who works on a case, and the names of members: as whoever acts for the organisation sees them."""
    op.execute("DROP POLICY own ON role_assignments")
    op.execute(
        f"CREATE POLICY own ON role_assignments FOR SELECT TO accord_web USING (organisation_id = {READS})"
    )
    op.execute("ALTER POLICY directory ON organisations TO accord_worker")
    op.execute(
        f"CREATE POLICY directory_read ON organisations FOR SELECT TO accord_web USING ({READS} IS NOT NULL)"
    )


def _audit() -> None:
    # What is read is written into the log of the member whose data it is.
    op.execute(
        f"CREATE POLICY emergency ON audit_entries FOR INSERT TO accord_web"
        f" WITH CHECK (organisation_id = {READ_IN_IT} AND person_id = {PERSON})"
    )
    for table in ("audit_entries", "audit_seals"):
        op.execute(f"ALTER POLICY own_read ON {table} TO accord_worker")
        op.execute(f"CREATE POLICY own_read_web ON {table} FOR SELECT TO accord_web USING ({OWN_ENTRIES})")
