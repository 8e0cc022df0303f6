"""The delivery job."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.services import services_of
from accord.sharing.deliveries import deliver as carry

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="deliver", pass_context=True, retry=RETRY)
def deliver(
    context: JobContext, *, organisation_id: str, delivery_id: str, on_behalf_of: str | None = None
) -> None:
    """Carry one delivery out."""
    services = services_of(context)
    carry(services.database, services.pool, UUID(organisation_id), UUID(delivery_id))
