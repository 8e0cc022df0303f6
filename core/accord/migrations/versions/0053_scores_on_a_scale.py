"""A score is a fixed scale of log-odds, so that leads at the front are told apart

What is stored is put on the scale; a worker then ranks every lead anew, by the weights of this version.

Revision: 0053, after 0052
"""

from __future__ import annotations

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

LEADS = """
    UPDATE leads SET score = least(100, greatest(0, round(CAST(50 + 3 * (
        coalesce((
            SELECT CAST(weights ->> 'bias' AS float8) FROM priority_versions AS used
            WHERE used.organisation_id = leads.organisation_id AND used.in_use
        ), -2)
        + coalesce((
            SELECT sum(CAST(reason ->> 'contribution' AS float8)) FROM jsonb_array_elements(reasons) AS reason
        ), 0)
    ) AS numeric), 4)))
    WHERE NOT (stale AND score = 0)
"""
VERDICTS = """
    UPDATE verdicts SET score = least(100, greatest(0, 50 + 3 * ln(
        least(greatest(score, 0.0001), 99.9999) / (100 - least(greatest(score, 0.0001), 99.9999))
    )))
"""
RANK_ANEW = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)
    SELECT 'pipeline', 'caseload:rank_anew', 'assess:' || organisation_id,
        jsonb_build_object('organisation_id', organisation_id)
    FROM (SELECT DISTINCT organisation_id FROM leads) AS having_leads
"""
BACK = "UPDATE {table} SET score = 100 / (1 + exp((50 - score) / 3)){where}"


def upgrade() -> None:
    """Go to this revision."""
    op.execute(LEADS)
    op.execute(VERDICTS)
    op.execute(RANK_ANEW)


def downgrade() -> None:
    """Go back."""
    op.execute(BACK.format(table="leads", where=" WHERE NOT (stale AND score = 0)"))
    op.execute(BACK.format(table="verdicts", where=""))
