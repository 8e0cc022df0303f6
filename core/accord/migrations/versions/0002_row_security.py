"""The job queue's tables, row-level security and what each database role may do

Revision: 0002, after 0001

Policies are written out here rather than taken from the models: a migration never changes its meaning.
"""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
PERSON = "(SELECT NULLIF(current_setting('accord.person', true), '')::uuid)"

# A row of these is its owner's alone.
OWNED = (
    "activations",
    "batches",
    "case_events",
    "case_notes",
    "cases",
    "deliveries",
    "lead_records",
    "lead_selectors",
    "leads",
    "mentions",
    "record_findings",
    "records",
    "selectors",
    "share_origins",
    "sketch_keys",
    "sources",
)
# What the gate needs to decide who somebody is.
IDENTITY = ("organisations", "people", "role_assignments", "sessions")

WEB = {
    "activations": "SELECT",
    "batches": "SELECT, INSERT",
    "case_events": "SELECT, INSERT",
    "case_notes": "SELECT, INSERT",
    "cases": "SELECT, INSERT, UPDATE",
    "deliveries": "SELECT, INSERT",
    "lead_records": "SELECT",
    "lead_selectors": "SELECT",
    "leads": "SELECT",
    "mentions": "SELECT",
    "organisations": "SELECT",
    "people": "SELECT (id, email, name, status, last_sign_in_at)",
    "plugins": "SELECT",
    "record_findings": "SELECT",
    "records": "SELECT, INSERT",
    "role_assignments": "SELECT",
    "selectors": "SELECT",
    "share_origins": "SELECT, INSERT",
    "shares": "SELECT, INSERT, UPDATE (revoked_at)",
    "sources": "SELECT, INSERT",
}
WORKER_READS = ("organisations", "cases", "case_notes", "shares", "share_origins")
WORKER_WRITES = (
    "activations",
    "batches",
    "deliveries",
    "lead_records",
    "lead_selectors",
    "leads",
    "mentions",
    "plugins",
    "record_findings",
    "records",
    "selectors",
    "sketch_keys",
    "sources",
)
QUEUE = (
    "procrastinate_jobs",
    "procrastinate_events",
    "procrastinate_workers",
    "procrastinate_periodic_defers",
)


def upgrade() -> None:
    """Go to this revision."""
    # As one script on the driver's connection: it holds many statements, and per cent signs.
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())
    op.execute("GRANT USAGE ON SCHEMA public TO accord_gate, accord_web, accord_worker")
    for table in OWNED:
        _protect(table)
        op.execute(
            f"CREATE POLICY own ON {table} TO accord_web, accord_worker"
            f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
        )
    _shares()
    _identity()
    _audit()
    _grants()
    _queue()


def _protect(table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def _shares() -> None:
    _protect("shares")
    op.execute(
        f"CREATE POLICY own ON shares TO accord_web, accord_worker"
        f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
    )
    op.execute(
        f"CREATE POLICY received ON shares FOR SELECT TO accord_web, accord_worker"
        f" USING (recipient_id = {ORGANISATION} AND revoked_at IS NULL"
        f" AND (expires_at IS NULL OR expires_at > now()))"
    )


def _identity() -> None:
    for table in IDENTITY:
        _protect(table)
        op.execute(f"CREATE POLICY gate ON {table} TO accord_gate USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_gate")
    # The directory of members is open to every member; what they hold is not.
    op.execute(
        f"CREATE POLICY directory ON organisations FOR SELECT TO accord_web, accord_worker"
        f" USING ({ORGANISATION} IS NOT NULL)"
    )
    op.execute(
        f"CREATE POLICY own ON role_assignments FOR SELECT TO accord_web"
        f" USING (organisation_id = {ORGANISATION})"
    )
    op.execute(
        f"CREATE POLICY own ON people FOR SELECT TO accord_web"
        f" USING (id IN (SELECT person_id FROM role_assignments) OR id = {PERSON})"
    )


def _audit() -> None:
    _protect("audit_entries")
    op.execute(
        f"CREATE POLICY own ON audit_entries FOR INSERT TO accord_web, accord_worker"
        f" WITH CHECK (organisation_id IS NOT DISTINCT FROM {ORGANISATION})"
    )
    op.execute("CREATE POLICY gate ON audit_entries TO accord_gate USING (true) WITH CHECK (true)")
    op.execute("GRANT INSERT ON audit_entries TO accord_web, accord_worker, accord_gate")


def _grants() -> None:
    for table, rights in WEB.items():
        op.execute(f"GRANT {rights} ON {table} TO accord_web")
    for table in WORKER_READS:
        op.execute(f"GRANT SELECT ON {table} TO accord_worker")
    for table in WORKER_WRITES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_worker")
    op.execute("GRANT SELECT ON alembic_version TO accord_gate, accord_web, accord_worker")


def _queue() -> None:
    for table in QUEUE:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_worker")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO accord_worker")
    op.execute("GRANT USAGE ON SEQUENCE procrastinate_jobs_id_seq, procrastinate_events_id_seq TO accord_web")
    op.execute("GRANT SELECT, INSERT ON procrastinate_jobs TO accord_web")
    op.execute("GRANT INSERT ON procrastinate_events TO accord_web")
    _protect("procrastinate_jobs")
    op.execute("CREATE POLICY work ON procrastinate_jobs TO accord_worker USING (true) WITH CHECK (true)")
    op.execute(
        f"CREATE POLICY own ON procrastinate_jobs TO accord_web"
        f" USING ((args->>'organisation_id')::uuid = {ORGANISATION})"
        f" WITH CHECK ((args->>'organisation_id')::uuid = {ORGANISATION})"
    )
