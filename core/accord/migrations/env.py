"""Alembic's environment: the connection comes from `accord.migrations.migrate`."""

from __future__ import annotations

from alembic import context

from accord.models import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
