"""Single sign-on: directories of organisations, their accounts, sign-ins under way, emergency accounts

Revision: 0019, after 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORDS = sa.ARRAY(sa.String())
TABLES = (
    "organisation_domains",
    "sign_in_rules",
    "emergency_accounts",
    "sso_providers",
    "sso_accounts",
    "sso_pending",
    "sso_sessions",
)


def upgrade() -> None:
    """Go to this revision."""
    _sessions()
    _domains()
    _rules()
    _providers()
    _accounts()
    _pending()
    _directory_sessions()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY gate ON {table} TO accord_gate USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_gate")
    # Alerts are mailed by a worker, and asked for in the transaction of what they tell of.
    op.execute("GRANT INSERT ON procrastinate_jobs TO accord_gate")
    op.execute("GRANT USAGE ON SEQUENCE procrastinate_jobs_id_seq TO accord_gate")


def _sessions() -> None:
    op.add_column("sessions", sa.Column("amr", WORDS, server_default=sa.text("'{}'"), nullable=False))
    op.add_column(
        "sessions",
        sa.Column("authenticated_at", MOMENT, server_default=sa.text("now()"), nullable=False),
    )
    op.execute("UPDATE sessions SET authenticated_at = created_at, amr = '{pwd}'")
    op.add_column(
        "sessions", sa.Column("bound", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def _domains() -> None:
    op.create_table(
        "organisation_domains",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("proved_at", MOMENT, nullable=True),
        sa.Column("problem", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_domains_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "domain", name=op.f("pk_organisation_domains")),
    )
    op.create_index(
        "uq_organisation_domains_proved",
        "organisation_domains",
        ["domain"],
        unique=True,
        postgresql_where=sa.text("proved_at IS NOT NULL"),
    )


def _rules() -> None:
    op.create_table(
        "sign_in_rules",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("since", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_sign_in_rules_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["set_by"], ["people.id"], name=op.f("fk_sign_in_rules_set_by_people")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_sign_in_rules")),
    )
    op.create_table(
        "emergency_accounts",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("named_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("named_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["named_by"], ["people.id"], name=op.f("fk_emergency_accounts_named_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_emergency_accounts_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_emergency_accounts_person_id_people")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_emergency_accounts")),
    )


def _providers() -> None:
    op.create_table(
        "sso_providers",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("scopes", WORDS, nullable=False),
        sa.Column("role_claim", sa.String(), nullable=False),
        sa.Column("role_map", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.Column("discovered", postgresql.JSONB(), nullable=True),
        sa.Column("discovered_until", MOMENT, nullable=True),
        sa.Column("keys", postgresql.JSONB(), nullable=True),
        sa.Column("keys_until", MOMENT, nullable=True),
        sa.Column("keys_asked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["people.id"], name=op.f("fk_sso_providers_changed_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_sso_providers_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sso_providers")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_sso_providers_organisation_id")),
    )


def _accounts() -> None:
    op.create_table(
        "sso_accounts",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("belongs", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("last_sign_in_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_sso_accounts_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_sso_accounts_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sso_accounts")),
        sa.UniqueConstraint(
            "organisation_id",
            "issuer",
            "subject",
            name=op.f("uq_sso_accounts_organisation_id_issuer_subject"),
        ),
        sa.UniqueConstraint(
            "organisation_id",
            "issuer",
            "person_id",
            name=op.f("uq_sso_accounts_organisation_id_issuer_person_id"),
        ),
    )
    op.create_index(op.f("ix_sso_accounts_person_id"), "sso_accounts", ["person_id"], unique=False)


def _pending() -> None:
    op.create_table(
        "sso_pending",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("nonce_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_verifier", sa.LargeBinary(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_hash", sa.LargeBinary(), nullable=True),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("started_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["sso_providers.id"],
            name=op.f("fk_sso_pending_provider_id_sso_providers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_sso_pending_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sso_pending")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_sso_pending_state_hash")),
    )
    for column in ("provider_id", "session_id", "expires_at"):
        op.create_index(op.f(f"ix_sso_pending_{column}"), "sso_pending", [column], unique=False)


def _directory_sessions() -> None:
    op.create_table(
        "sso_sessions",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("sid", sa.String(), nullable=True),
        sa.Column("sealed_id_token", sa.LargeBinary(), nullable=False),
        sa.Column("signed_in_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sso_accounts.id"], name=op.f("fk_sso_sessions_account_id_sso_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["sso_providers.id"],
            name=op.f("fk_sso_sessions_provider_id_sso_providers"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_sso_sessions_session_id_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sso_sessions")),
    )
    for column in ("account_id", "provider_id"):
        op.create_index(op.f(f"ix_sso_sessions_{column}"), "sso_sessions", [column], unique=False)
