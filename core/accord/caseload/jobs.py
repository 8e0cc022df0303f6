"""The assessment job."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.caseload.assessment import assess_stale
from accord.services import services_of

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="assess", pass_context=True, retry=RETRY)
def assess(context: JobContext, *, organisation_id: str) -> None:
    """Assess and rank the leads of one organisation that changed."""
    services = services_of(context)
    assess_stale(services.database, services.pool, UUID(organisation_id))
