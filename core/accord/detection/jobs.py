"""The detection job."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.detection.service import detect_batch
from accord.services import services_of

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="detect", pass_context=True, retry=RETRY)
def detect(context: JobContext, *, organisation_id: str, batch_id: int) -> None:
    """Run the detectors over one batch."""
    services = services_of(context)
    detect_batch(services.database, services.pool, UUID(organisation_id), batch_id)
