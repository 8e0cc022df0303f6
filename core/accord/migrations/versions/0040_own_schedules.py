"""Workers change the schedules of the member that they work for alone; which are due they see of all

Revision: 0040, after 0039
"""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

ORGANISATION = "(SELECT NULLIF(current_setting('accord.organisation', true), '')::uuid)"


def upgrade() -> None:
    """Go to this revision."""
    op.execute("DROP POLICY work ON source_schedules")
    op.execute("ALTER POLICY own ON source_schedules TO accord_web, accord_worker")
    op.execute("CREATE POLICY due ON source_schedules FOR SELECT TO accord_worker USING (true)")
