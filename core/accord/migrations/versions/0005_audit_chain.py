"""The audit log's seals: what an entry holds, how entries are chained, and who may only add

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"
PERSON = "(SELECT NULLIF(current_setting('accord.person', true), '')::uuid)"
SEALING = "(SELECT coalesce(current_setting('accord.audit', true), '') = 'seal')"
# Somebody who acts for the platform sees the platform's entries; who acts for nobody sees none.
OWN = (
    f"organisation_id = {ORGANISATION}"
    f" OR ({PERSON} IS NOT NULL AND {ORGANISATION} IS NULL AND organisation_id IS NULL)"
)
SOMEBODY = f"{ORGANISATION} IS NOT NULL OR {PERSON} IS NOT NULL OR {SEALING}"

# Everything but the number and the time, which are the database's to give.
WRITTEN = "organisation_id, person_id, actor, tag, subject, why, detail, before, after, address, user_agent"
KEPT = ("audit_entries", "audit_seals", "audit_leaves", "audit_nodes", "audit_heads")
SHOWN = ("audit_leaves", "audit_nodes", "audit_heads")


def upgrade() -> None:
    """Go to this revision."""
    _entries()
    _pending()
    _tree()
    _seals()
    _grants()
    for table in KEPT:
        _append_only(table)


def _entries() -> None:
    op.add_column(
        "audit_entries", sa.Column("actor", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("audit_entries", sa.Column("why", sa.Text(), nullable=True))
    op.add_column("audit_entries", sa.Column("before", postgresql.JSONB(), nullable=True))
    op.add_column("audit_entries", sa.Column("after", postgresql.JSONB(), nullable=True))
    op.add_column("audit_entries", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("audit_entries", sa.Column("user_agent", sa.Text(), nullable=True))
    op.execute("UPDATE audit_entries SET actor = people.name FROM people WHERE people.id = person_id")
    op.drop_index(op.f("ix_audit_entries_organisation_id_at"), "audit_entries")
    for columns in (("organisation_id", "at", "id"), ("organisation_id", "person_id", "at")):
        op.create_index(op.f(f"ix_audit_entries_{'_'.join(columns)}"), "audit_entries", list(columns))


def _pending() -> None:
    op.create_table(
        "audit_pending",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_pending")),
    )
    op.execute("INSERT INTO audit_pending (entry_id) SELECT id FROM audit_entries ORDER BY id")
    # With the rights of whoever adds the entry: a function with its owner's would be a way around them.
    op.execute(
        "CREATE FUNCTION audit_wait() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN INSERT INTO public.audit_pending (entry_id) VALUES (NEW.id); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER waits AFTER INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_wait()"
    )


def _tree() -> None:
    op.create_table(
        "audit_leaves",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_leaves")),
    )
    op.create_table(
        "audit_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_audit_nodes")),
    )
    op.create_table(
        "audit_heads",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_heads")),
    )


def _seals() -> None:
    op.create_table(
        "audit_seals",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sequence"], ["audit_leaves.sequence"], name=op.f("fk_audit_seals_sequence_audit_leaves")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["audit_entries.id"], name=op.f("fk_audit_seals_entry_id_audit_entries")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_audit_seals_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seals_entry_id")),
        sa.UniqueConstraint(
            "organisation_id",
            "number",
            name=op.f("uq_audit_seals_organisation_id_number"),
            postgresql_nulls_not_distinct=True,
        ),
    )


def _grants() -> None:
    everybody = "accord_web, accord_worker, accord_gate"
    op.execute(f"REVOKE INSERT ON audit_entries FROM {everybody}")
    op.execute(f"GRANT INSERT ({WRITTEN}) ON audit_entries TO {everybody}")
    op.execute(f"GRANT INSERT (entry_id) ON audit_pending TO {everybody}")
    op.execute("GRANT SELECT, DELETE ON audit_pending TO accord_worker")
    for table in ("audit_entries", "audit_seals"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT ON {table} TO accord_web, accord_worker")
        op.execute(f"CREATE POLICY own_read ON {table} FOR SELECT TO accord_web, accord_worker USING ({OWN})")
        op.execute(f"CREATE POLICY sealing ON {table} FOR SELECT TO accord_worker USING ({SEALING})")
    op.execute(f"CREATE POLICY seal ON audit_seals FOR INSERT TO accord_worker WITH CHECK ({SEALING})")
    op.execute("GRANT INSERT ON audit_seals TO accord_worker")
    # Hashes, which tell a member nothing of what the others did but how much of it there was.
    for table in SHOWN:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY shown ON {table} FOR SELECT TO accord_web, accord_worker USING ({SOMEBODY})"
        )
        op.execute(f"CREATE POLICY seal ON {table} FOR INSERT TO accord_worker WITH CHECK ({SEALING})")
        op.execute(f"GRANT SELECT ON {table} TO accord_web, accord_worker")
        op.execute(f"GRANT INSERT ON {table} TO accord_worker")


def _append_only(table: str) -> None:
    if table == KEPT[0]:
        op.execute(
            "CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = '42501'; END $$"
        )
    # Against accidents: the owner of the tables could take the triggers away. Seals tell of it then.
    op.execute(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()"
    )
