"""Joining: applications and their vetting, memberships, agreements

Revision: 0008, after 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"

# What the gate may do, who decides about joining; nothing of an agreement or an approval is ever changed.
GATE = {
    "agreements": "SELECT, INSERT",
    "application_checks": "SELECT, INSERT, UPDATE, DELETE",
    "application_votes": "SELECT, INSERT",
    "applications": "SELECT, INSERT, UPDATE",
    "memberships": "SELECT, INSERT, UPDATE",
}
# A member sees its own agreements and terms; a worker asks whether an agreement is in force.
SHOWN = {"agreements": "accord_web, accord_worker", "memberships": "accord_web"}


def upgrade() -> None:
    """Go to this revision."""
    _tables()
    for table, rights in GATE.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY gate ON {table} TO accord_gate USING (true) WITH CHECK (true)")
        op.execute(f"GRANT {rights} ON {table} TO accord_gate")
    for table, roles in SHOWN.items():
        op.execute(
            f"CREATE POLICY own ON {table} FOR SELECT TO {roles} USING (organisation_id = {ORGANISATION})"
        )
        op.execute(f"GRANT SELECT ON {table} TO {roles}")
    _counts()


def _counts() -> None:
    # A platform admin sees how many shares there are: of a share itself the gate sees nothing.
    op.execute("CREATE POLICY gate ON shares FOR SELECT TO accord_gate USING (true)")
    op.execute(
        "GRANT SELECT (organisation_id, recipient_id, revoked_at, expires_at) ON shares TO accord_gate"
    )


def _tables() -> None:
    op.create_table(
        "agreements",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_agreements_starts_before_it_ends")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_agreements_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["people.id"], name=op.f("fk_agreements_recorded_by_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreements")),
    )
    op.create_index(op.f("ix_agreements_organisation_id"), "agreements", ["organisation_id"], unique=False)
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column(
            "waiting_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_name", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_email", sa.String(), nullable=False),
        sa.Column("purpose", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("legal_basis", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("jurisdiction", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("known_to", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("domain_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("domain_proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("domain_problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("slug", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("sponsor_id", sa.Uuid(), nullable=True),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("hash_lists", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("agreement_reference", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("agreement_signed_on", sa.Date(), nullable=True),
        sa.Column("agreement_starts_on", sa.Date(), nullable=True),
        sa.Column("agreement_ends_on", sa.Date(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["people.id"], name=op.f("fk_applications_invited_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_applications_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["sponsor_id"], ["organisations.id"], name=op.f("fk_applications_sponsor_id_organisations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_applications_token_hash")),
    )
    op.create_index(op.f("ix_applications_domain"), "applications", ["domain"], unique=False)
    op.create_index(op.f("ix_applications_status"), "applications", ["status"], unique=False)
    op.create_table(
        "memberships",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("domain_proved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purpose", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("legal_basis", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("jurisdiction", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_name", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("contact_email", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("sponsor_id", sa.Uuid(), nullable=True),
        sa.Column("hash_lists", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("equipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_memberships_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["sponsor_id"], ["organisations.id"], name=op.f("fk_memberships_sponsor_id_organisations")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_domain"), "memberships", ["domain"], unique=False)
    op.create_table(
        "application_checks",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_application_checks_application_id_applications"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_application_checks_person_id_people")
        ),
        sa.PrimaryKeyConstraint("application_id", "item", name=op.f("pk_application_checks")),
    )
    op.create_table(
        "application_votes",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.id"],
            name=op.f("fk_application_votes_application_id_applications"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_application_votes_person_id_people")
        ),
        sa.PrimaryKeyConstraint("application_id", "person_id", "revision", name=op.f("pk_application_votes")),
    )
