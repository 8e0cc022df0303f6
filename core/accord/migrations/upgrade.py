"""Running the migrations with alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def configuration(directory: Path) -> Config:
    """alembic's configuration for the migrations of a directory."""
    config = Config()
    config.set_main_option("script_location", str(directory))
    return config


def to_head(engine: Engine, directory: Path) -> None:
    """Run what is missing, in one transaction."""
    config = configuration(directory)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
