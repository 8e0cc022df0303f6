"""Invitations, what is known of a session, limits on tries, and the gate's part in ending access

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"


def upgrade() -> None:
    """Go to this revision."""
    _invitations()
    _throttles()
    for table in ("invitations", "throttles"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY gate ON {table} TO accord_gate USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_gate")
    _sessions()
    _gate_ends()
    _worker_asks()


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("invited_from", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_because", sa.String(), nullable=True),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_invitations_{column}_{table}"))
            for column, table in (
                ("organisation_id", "organisations"),
                ("invited_from", "organisations"),
                ("invited_by", "people"),
                ("accepted_by", "people"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_index(op.f("ix_invitations_email"), "invitations", ["email"])
    op.create_index(op.f("ix_invitations_invited_by"), "invitations", ["invited_by"])
    op.create_index(
        "uq_invitations_open",
        "invitations",
        ["organisation_id", "email"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
    )


def _throttles() -> None:
    op.create_table(
        "throttles",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("clear_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttles")),
    )
    op.create_index(op.f("ix_throttles_clear_at"), "throttles", ["clear_at"])


def _sessions() -> None:
    op.add_column("sessions", sa.Column("address", sa.String(), nullable=True))
    for name in ("last_used_at", "proved_at"):
        column = sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
        op.add_column("sessions", column)
    # Of sessions from before this only the beginning is known.
    op.execute("UPDATE sessions SET last_used_at = created_at, proved_at = created_at")


def _gate_ends() -> None:
    op.add_column("activations", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("GRANT SELECT (id, organisation_id, active, closed_at) ON activations TO accord_gate")
    op.execute("GRANT UPDATE (closed_at) ON activations TO accord_gate")
    op.execute("CREATE POLICY gate ON activations TO accord_gate USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, UPDATE, DELETE ON procrastinate_jobs TO accord_gate")
    op.execute("CREATE POLICY gate ON procrastinate_jobs TO accord_gate USING (true) WITH CHECK (true)")
    # The queue's triggers write with the rights of whoever changes a job.
    op.execute("GRANT INSERT ON procrastinate_events TO accord_gate")
    op.execute("GRANT USAGE ON SEQUENCE procrastinate_events_id_seq TO accord_gate")
    op.execute("GRANT SELECT, UPDATE ON procrastinate_periodic_defers TO accord_gate")
    op.execute("GRANT SELECT (job_id), DELETE ON job_failures TO accord_gate")


def _worker_asks() -> None:
    op.execute("GRANT SELECT (id, status) ON people TO accord_worker")
    op.execute("GRANT SELECT ON role_assignments TO accord_worker")
    op.execute(
        f"CREATE POLICY worker ON role_assignments FOR SELECT TO accord_worker"
        f" USING (organisation_id = {ORGANISATION})"
    )
    op.execute(
        "CREATE POLICY worker ON people FOR SELECT TO accord_worker"
        " USING (id IN (SELECT person_id FROM role_assignments))"
    )
