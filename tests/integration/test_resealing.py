"""Secrets that lie sealed come under the key that seals now, and those that lay open are sealed."""

from __future__ import annotations

from typing import Any

from click.testing import CliRunner
from sqlalchemy import LargeBinary, select, text

from accord import resealing
from accord.cli import cli
from accord.ingestion.models import Source
from accord.models import metadata
from accord.registry.models import Activation, Plugin
from accord.registry.settings import opened, sealed
from accord_config.database import NOBODY, Role
from accord_config.sealing import Seals

NOT_SEALED = {
    "audit_heads.root",
    "audit_leaves.chain",
    "audit_leaves.hash",
    "audit_nodes.hash",
    "audit_seals.salt",
    "deliveries.content",
    "passkey_challenges.challenge",
    "passkeys.credential_id",
    "passkeys.public_key",
    "plugin_values.value",
    "batches.resolved",
    "plugin_wheels.content",
    "records.digest",
    "source_pulls.cursor",
    "source_rejects.digest",
    "sources.cursor",
    "throttles.key",
}
"""Columns of bytes that hold nothing sealed, beside those of hashes."""


def test_every_column_that_holds_something_sealed_is_sealed_again() -> None:
    found = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not column.name.endswith("_hash")
    }
    known = {f"{kind.model.__tablename__}.{kind.column}" for kind in resealing.KINDS}
    assert found - NOT_SEALED == known


def test_secret_settings_that_lay_open_are_sealed_and_all_come_under_the_first_key(
    home: Any, database: Any, organisations: Any, monkeypatch: Any
) -> None:
    old, new = "o" * 40, "n" * 40
    manifest = {"config": {"key": {"type": "string", "help": "Its key.", "secret": True}}}
    with database(Role.OWNER).transaction(NOBODY) as session:
        plugin = session.scalars(select(Plugin).where(Plugin.name == "files")).one()
        plugin.manifest = {**plugin.manifest, **manifest}
        mine = {"organisation_id": organisations.police.id}
        source = Source(
            **mine, slug="a", marking="TLP:AMBER", plugin="files", config={"key": "open", "pattern": "*"}
        )
        using = Activation(**mine, plugin_id=plugin.id, config={})
        session.add_all([source, using])
        session.flush()
        using.secrets = sealed(Seals([old]), using.id, {"key": "kept"})
        assert resealing.seal_open_settings(session, Seals([old])) == 1
        assert (source.config, opened(Seals([old]), source.id, source.secrets)) == (
            {"pattern": "*"},
            {"key": "open"},
        )
        assert resealing.seal_open_settings(session, Seals([old])) == 0
    monkeypatch.setenv("ACCORD_SEAL_KEY", f"{new},{old}")
    monkeypatch.setenv("ACCORD_HOME", str(home.path))
    monkeypatch.setenv("ACCORD_DATABASE_URL", home.settings.database_url)
    done = CliRunner().invoke(cli, ["keys", "reseal"])
    assert done.exit_code == 0, done.output
    assert "settings of sources: 1 sealed anew\n" in done.output
    with database(Role.OWNER).transaction(NOBODY) as session:
        for kind, secret in ((Source, "open"), (Activation, "kept")):
            (row,) = session.scalars(select(kind).where(kind.secrets.is_not(None)))
            assert opened(Seals([new]), row.id, row.secrets) == {"key": secret}
        session.execute(text("UPDATE sources SET secrets = secrets || 'x'"))
    broken = CliRunner().invoke(cli, ["keys", "reseal"])
    assert broken.exit_code == 1
    assert "settings of sources: 0 sealed anew, 1 open with no key" in broken.output
