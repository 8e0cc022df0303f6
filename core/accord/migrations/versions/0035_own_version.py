"""The version of a plugin that a member went back to, for itself alone

Revision: 0035, after 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("activations", sa.Column("version_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_activations_version_id_plugin_versions"),
        "activations",
        "plugin_versions",
        ["version_id"],
        ["id"],
    )
