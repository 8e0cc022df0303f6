"""How plugins are doing: what they still have to look at, what they could not, their circuits and their turns

Revision: 0014, after 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
MOMENT = sa.DateTime(timezone=True)
WEB = {
    "changed_records": "SELECT, INSERT, UPDATE (withdrawn)",
    "parked_records": "SELECT, DELETE",
    "pending_detections": "SELECT, INSERT, UPDATE (not_before)",
    "plugin_circuits": "SELECT, DELETE",
    "plugin_runs": "SELECT",
}


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("record_findings", _text("digest"))
    op.add_column("record_findings", sa.Column("skipped", sa.String(), nullable=True))
    _pending()
    _parked()
    _circuits()
    _runs()
    _changed()
    for table, rights in WEB.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own ON {table} TO accord_web, accord_worker"
            f" USING (organisation_id = {ORGANISATION}) WITH CHECK (organisation_id = {ORGANISATION})"
        )
        op.execute(f"GRANT {rights} ON {table} TO accord_web")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_worker")
    op.execute("GRANT USAGE ON SEQUENCE pending_detections_id_seq TO accord_web")


def _text(name: str, default: str | None = "") -> sa.Column[str]:
    given = None if default is None else sa.text(f"'{default}'")
    return sa.Column(name, sa.String(), server_default=given, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, MOMENT, server_default=sa.text("now()"), nullable=False)


def _belongs(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f(f"fk_{table}_organisation_id_organisations"),
        ),
    ]


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _pending() -> None:
    table = "pending_detections"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_belongs(table),
        _text("plugin", None),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("records", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        _number("tries"),
        _text("code", None),
        _now("since"),
        _now("not_before"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name=op.f("fk_pending_detections_batch_id_batches")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_detections")),
    )
    _index(table, "organisation_id", "plugin", "not_before")
    _index(table, "batch_id")


def _parked() -> None:
    table = "parked_records"
    op.create_table(
        table,
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        _text("plugin", None),
        *_belongs(table),
        _text("version", None),
        _text("digest"),
        _text("code", None),
        _text("about"),
        _text("message", None),
        sa.Column("tries", sa.Integer(), nullable=False),
        _now("parked_at"),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_parked_records_record_id_records")
        ),
        sa.PrimaryKeyConstraint("record_id", "plugin", name=op.f("pk_parked_records")),
    )
    _index(table, "organisation_id", "plugin", "parked_at")


def _circuits() -> None:
    table = "plugin_circuits"
    op.create_table(
        table,
        sa.Column("activation_id", sa.Uuid(), nullable=False),
        *_belongs(table),
        _text("plugin", None),
        _text("state", "closed"),
        _number("failures"),
        sa.Column("restarts", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        _number("openings"),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("slow", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        *(_text(name) for name in ("code", "about", "message")),
        _now("changed_at"),
        sa.ForeignKeyConstraint(
            ["activation_id"],
            ["activations.id"],
            name=op.f("fk_plugin_circuits_activation_id_activations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("activation_id", name=op.f("pk_plugin_circuits")),
    )
    _index(table, "organisation_id")


def _runs() -> None:
    table = "plugin_runs"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *_belongs(table),
        _text("plugin", None),
        _text("version", None),
        _text("digest"),
        _now("at"),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        *(_number(name) for name in ("findings", "failed", "skipped")),
        sa.Column("memory_kb", sa.Integer(), nullable=True),
        *(_text(name) for name in ("code", "about", "message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_runs")),
    )
    _index(table, "organisation_id", "plugin", "at")


def _changed() -> None:
    table = "changed_records"
    op.create_table(
        table,
        sa.Column("record_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *_belongs(table),
        sa.Column("withdrawn", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _now("since"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_changed_records")),
    )
    _index(table, "organisation_id")
