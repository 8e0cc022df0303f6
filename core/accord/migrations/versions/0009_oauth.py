"""OAuth: clients, grants, and every credential that comes of them, for the gate alone

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORDS = sa.ARRAY(sa.String())
TABLES = (
    "oauth_proof_nonces",
    "oauth_seen_proofs",
    "oauth_clients",
    "oauth_client_secrets",
    "oauth_grants",
    "oauth_pushed_requests",
    "oauth_access_tokens",
    "oauth_codes",
    "oauth_device_codes",
    "oauth_refresh_tokens",
)


def upgrade() -> None:
    """Go to this revision."""
    _proof_nonces()
    _seen_proofs()
    _clients()
    _client_secrets()
    _grants()
    _pushed_requests()
    _access_tokens()
    _codes()
    _device_codes()
    _refresh_tokens()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY gate ON {table} TO accord_gate USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_gate")


def _proof_nonces() -> None:
    op.create_table(
        "oauth_proof_nonces",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_proof_nonces")),
        sa.UniqueConstraint("value", name=op.f("uq_oauth_proof_nonces_value")),
    )
    op.create_index(
        op.f("ix_oauth_proof_nonces_expires_at"), "oauth_proof_nonces", ["expires_at"], unique=False
    )


def _seen_proofs() -> None:
    op.create_table(
        "oauth_seen_proofs",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("identifier_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_seen_proofs")),
        sa.UniqueConstraint(
            "kind", "identifier_hash", name=op.f("uq_oauth_seen_proofs_kind_identifier_hash")
        ),
    )
    op.create_index(
        op.f("ix_oauth_seen_proofs_expires_at"), "oauth_seen_proofs", ["expires_at"], unique=False
    )


def _clients() -> None:
    op.create_table(
        "oauth_clients",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("auth_method", sa.String(), nullable=False),
        sa.Column("grant_types", WORDS, nullable=False),
        sa.Column("redirect_uris", WORDS, nullable=False),
        sa.Column("scopes", WORDS, nullable=False),
        sa.Column("jwks", postgresql.JSONB(), nullable=True),
        sa.Column("require_par", sa.Boolean(), nullable=False),
        sa.Column("require_dpop", sa.Boolean(), nullable=False),
        sa.Column("networks", WORDS, nullable=False),
        sa.Column("secret_until", MOMENT, nullable=True),
        sa.Column("secret_reason", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("last_used_from", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"], ["people.id"], name=op.f("fk_oauth_clients_created_by_people")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_oauth_clients_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_clients")),
        sa.UniqueConstraint("client_id", name=op.f("uq_oauth_clients_client_id")),
    )
    op.create_index(
        op.f("ix_oauth_clients_organisation_id"), "oauth_clients", ["organisation_id"], unique=False
    )


def _client_secrets() -> None:
    op.create_table(
        "oauth_client_secrets",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oauth_clients.id"],
            name=op.f("fk_oauth_client_secrets_client_id_oauth_clients"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_client_secrets")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_oauth_client_secrets_secret_hash")),
    )
    op.create_index(
        op.f("ix_oauth_client_secrets_client_id"), "oauth_client_secrets", ["client_id"], unique=False
    )


def _grants() -> None:
    op.create_table(
        "oauth_grants",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("scope", WORDS, nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("auth_time", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("revoked_why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["oauth_clients.id"], name=op.f("fk_oauth_grants_client_id_oauth_clients")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_oauth_grants_organisation_id_organisations"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_oauth_grants_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grants")),
    )
    op.create_index(op.f("ix_oauth_grants_client_id"), "oauth_grants", ["client_id"], unique=False)
    op.create_index(op.f("ix_oauth_grants_expires_at"), "oauth_grants", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_oauth_grants_organisation_id"), "oauth_grants", ["organisation_id"], unique=False
    )
    op.create_index(op.f("ix_oauth_grants_person_id"), "oauth_grants", ["person_id"], unique=False)


def _pushed_requests() -> None:
    op.create_table(
        "oauth_pushed_requests",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("uri_hash", sa.LargeBinary(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oauth_clients.id"],
            name=op.f("fk_oauth_pushed_requests_client_id_oauth_clients"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_pushed_requests")),
        sa.UniqueConstraint("uri_hash", name=op.f("uq_oauth_pushed_requests_uri_hash")),
    )
    op.create_index(
        op.f("ix_oauth_pushed_requests_client_id"), "oauth_pushed_requests", ["client_id"], unique=False
    )
    op.create_index(
        op.f("ix_oauth_pushed_requests_expires_at"), "oauth_pushed_requests", ["expires_at"], unique=False
    )


def _access_tokens() -> None:
    op.create_table(
        "oauth_access_tokens",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("scope", WORDS, nullable=False),
        sa.Column("key_thumbprint", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["oauth_grants.id"],
            name=op.f("fk_oauth_access_tokens_grant_id_oauth_grants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_access_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_oauth_access_tokens_token_hash")),
    )
    op.create_index(
        op.f("ix_oauth_access_tokens_expires_at"), "oauth_access_tokens", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_oauth_access_tokens_grant_id"), "oauth_access_tokens", ["grant_id"], unique=False
    )


def _codes() -> None:
    op.create_table(
        "oauth_codes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("code_challenge", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=True),
        sa.Column("key_thumbprint", sa.String(), nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["oauth_grants.id"],
            name=op.f("fk_oauth_codes_grant_id_oauth_grants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oauth_codes_code_hash")),
    )
    op.create_index(op.f("ix_oauth_codes_expires_at"), "oauth_codes", ["expires_at"], unique=False)
    op.create_index(op.f("ix_oauth_codes_grant_id"), "oauth_codes", ["grant_id"], unique=False)


def _device_codes() -> None:
    op.create_table(
        "oauth_device_codes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("device_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scope", WORDS, nullable=False),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column("polled_at", MOMENT, nullable=True),
        sa.Column("denied_at", MOMENT, nullable=True),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oauth_clients.id"],
            name=op.f("fk_oauth_device_codes_client_id_oauth_clients"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["oauth_grants.id"],
            name=op.f("fk_oauth_device_codes_grant_id_oauth_grants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_device_codes")),
        sa.UniqueConstraint("device_hash", name=op.f("uq_oauth_device_codes_device_hash")),
        sa.UniqueConstraint("user_code_hash", name=op.f("uq_oauth_device_codes_user_code_hash")),
    )
    op.create_index(
        op.f("ix_oauth_device_codes_client_id"), "oauth_device_codes", ["client_id"], unique=False
    )
    op.create_index(
        op.f("ix_oauth_device_codes_expires_at"), "oauth_device_codes", ["expires_at"], unique=False
    )
    op.create_index(op.f("ix_oauth_device_codes_grant_id"), "oauth_device_codes", ["grant_id"], unique=False)


def _refresh_tokens() -> None:
    op.create_table(
        "oauth_refresh_tokens",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("key_thumbprint", sa.String(), nullable=True),
        sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["oauth_grants.id"],
            name=op.f("fk_oauth_refresh_tokens_grant_id_oauth_grants"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["oauth_refresh_tokens.id"],
            name=op.f("fk_oauth_refresh_tokens_parent_id_oauth_refresh_tokens"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_oauth_refresh_tokens_token_hash")),
    )
    op.create_index(
        op.f("ix_oauth_refresh_tokens_expires_at"), "oauth_refresh_tokens", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_oauth_refresh_tokens_grant_id"), "oauth_refresh_tokens", ["grant_id"], unique=False
    )
    op.create_index(
        op.f("ix_oauth_refresh_tokens_parent_id"), "oauth_refresh_tokens", ["parent_id"], unique=False
    )
