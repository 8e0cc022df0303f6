"""Second factors, sign-ins under way, how a session was signed in, and who needs a second factor

Revision: 0021, after 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
WORDS = sa.ARRAY(sa.String())
NONE = sa.text("'{}'")
TABLES = (
    "authenticator_apps",
    "factor_rules",
    "passkey_challenges",
    "passkeys",
    "pending_sign_ins",
    "recovery_codes",
)


def upgrade() -> None:
    """Go to this revision."""
    _apps()
    _passkeys()
    _challenges()
    _recovery_codes()
    _pending()
    _rules()
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY gate ON {table} TO accord_gate USING (true) WITH CHECK (true)")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO accord_gate")
    _ways()


def _ways() -> None:
    op.add_column("oauth_clients", sa.Column("jwks_uri", sa.String(), nullable=True))
    op.add_column("oauth_clients", sa.Column("jwks_read_at", MOMENT, nullable=True))
    op.add_column("oauth_clients", sa.Column("jwks_tried_at", MOMENT, nullable=True))
    op.add_column("oauth_grants", sa.Column("amr", WORDS, server_default=NONE, nullable=False))
    # Until now there was no other way.
    op.execute("UPDATE oauth_grants SET amr = '{pwd}' WHERE person_id IS NOT NULL")


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False)


def _created() -> sa.Column[object]:
    return sa.Column("created_at", MOMENT, server_default=sa.text("now()"), nullable=False)


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f(f"fk_{table}_person_id_people"))


def _apps() -> None:
    op.create_table(
        "authenticator_apps",
        _id(),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _created(),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        _of_person("authenticator_apps"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authenticator_apps")),
    )
    op.create_index(op.f("ix_authenticator_apps_person_id"), "authenticator_apps", ["person_id"])


def _passkeys() -> None:
    op.create_table(
        "passkeys",
        _id(),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("aaguid", sa.String(), nullable=False),
        sa.Column("transports", WORDS, nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        _created(),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("suspect_at", MOMENT, nullable=True),
        _of_person("passkeys"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_person_id"), "passkeys", ["person_id"])


def _challenges() -> None:
    op.create_table(
        "passkey_challenges",
        _id(),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey_challenges")),
        sa.UniqueConstraint("holder_id", "purpose", name=op.f("uq_passkey_challenges_holder_id_purpose")),
    )
    op.create_index(op.f("ix_passkey_challenges_expires_at"), "passkey_challenges", ["expires_at"])


def _recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        _id(),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        _created(),
        sa.Column("used_at", MOMENT, nullable=True),
        _of_person("recovery_codes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("person_id", "code_hash", name=op.f("uq_recovery_codes_person_id_code_hash")),
    )


def _pending() -> None:
    op.create_table(
        "pending_sign_ins",
        _id(),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("amr", WORDS, nullable=False),
        _created(),
        sa.Column("expires_at", MOMENT, nullable=False),
        _of_person("pending_sign_ins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_pending_sign_ins_token_hash")),
    )
    for column in ("person_id", "expires_at"):
        op.create_index(op.f(f"ix_pending_sign_ins_{column}"), "pending_sign_ins", [column])


def _rules() -> None:
    op.create_table(
        "factor_rules",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("changed_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_factor_rules_organisation_id_organisations"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_factor_rules")),
    )
