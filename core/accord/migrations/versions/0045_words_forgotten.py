"""The words of a lead are forgotten when records of it are withdrawn

Revision: 0045, after 0044
"""

from __future__ import annotations

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    op.execute("GRANT DELETE ON lead_words TO accord_worker")
    op.execute(
        "DELETE FROM lead_words USING leads"
        " WHERE leads.id = lead_words.lead_id AND leads.records = 0 AND leads.merged_into IS NULL"
    )


def downgrade() -> None:
    """Go back."""
    op.execute("REVOKE DELETE ON lead_words FROM accord_worker")
