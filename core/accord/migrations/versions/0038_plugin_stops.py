"""What plugins beside Accord are made of, and with which code a plugin stopped

Revision: 0038, after 0037
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    for table in ("plugins", "plugin_versions"):
        _json(table, "stop", "{}")
    op.add_column("plugins", sa.Column("digest", sa.String(), server_default=sa.text("''"), nullable=False))
    _json("plugins", "pins", "{}")
    op.add_column("plugins", sa.Column("approved_until", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE plugins SET approved_until = version.approved_until FROM plugin_versions AS version"
        " WHERE version.name = plugins.name AND version.is_current"
    )
    _json("plugin_advisories", "installed", "[]")
    op.execute("GRANT UPDATE (installed) ON plugin_advisories TO accord_gate, accord_worker")


def _json(table: str, name: str, empty: str) -> None:
    default = sa.text(f"'{empty}'")
    op.add_column(table, sa.Column(name, JSONB(), server_default=default, nullable=False))
