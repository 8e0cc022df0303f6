"""The schema's history, and bringing a database up to date with it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import Engine, inspect, text

_DIRECTORY = Path(__file__).parent


def head() -> str:
    """The newest revision that this code knows: revisions form one line and name their files (NNNN_words.py).

    Every command asks; what alembic would answer takes it half a second to be imported.
    """
    revisions = [path.name.partition("_")[0] for path in (_DIRECTORY / "versions").glob("[0-9]*_*.py")]
    if not revisions:
        raise LookupError("there are no migrations")
    return max(revisions)


def current(engine: Engine) -> str | None:
    """The revision of a database; None when it is empty."""
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def migrate(engine: Engine) -> None:
    """Bring a database up to the newest revision, in one transaction; connect as its owner."""
    upgrade = import_module("accord.migrations.upgrade")  # alembic, which only a new version needs
    upgrade.to_head(engine, _DIRECTORY)
