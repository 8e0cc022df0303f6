"""When somebody last signed in for an organisation, seen by that organisation alone

Revision: 0011, after 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this revision."""
    column = sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("role_assignments", column)
    # Of people who belong to one organisation only it is known already.
    op.execute(
        "UPDATE role_assignments AS here SET last_sign_in_at = people.last_sign_in_at FROM people"
        " WHERE people.id = here.person_id AND NOT EXISTS (SELECT FROM role_assignments AS other"
        " WHERE other.person_id = here.person_id"
        " AND other.organisation_id IS DISTINCT FROM here.organisation_id)"
    )
