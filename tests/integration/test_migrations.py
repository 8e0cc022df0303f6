"""The schema that the migrations make, and the models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.schema import SchemaItem

from accord import migrations
from accord.migrations import upgrade
from accord.models import metadata
from accord_config.database import Role


def _ours(item: SchemaItem, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    # The queue's tables come from its library's own schema.
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def test_the_migrations_make_exactly_what_the_models_say(database: Any) -> None:
    options = {"include_object": _ours, "compare_type": True, "compare_server_default": True}
    with database(Role.OWNER).engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_migrating_a_database_that_is_up_to_date_changes_nothing(database: Any) -> None:
    engine = database(Role.OWNER).engine
    before = migrations.current(engine)
    migrations.migrate(engine)
    assert migrations.current(engine) == before == migrations.head()


def test_the_newest_revision_by_the_files_names_is_alembic_s_only_head() -> None:
    scripts = ScriptDirectory.from_config(upgrade.configuration(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [migrations.head()]
