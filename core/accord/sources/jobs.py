"""The pulling job, and the clock that asks for it."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.services import services_of
from accord.sources.pulling import pull_source
from accord.sources.scheduling import pull_due
from accord_config.queue import QUEUE

EVERY_MINUTE = "* * * * *"
LOCK = "sources:due"

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="pull", pass_context=True, retry=RETRY)
def pull(context: JobContext, *, organisation_id: str, source_id: str) -> None:
    """Go on with a source's open pull."""
    services = services_of(context)
    pull_source(services.database, services.pool, UUID(organisation_id), UUID(source_id))


@blueprint.periodic(cron=EVERY_MINUTE)
@blueprint.task(name="due", pass_context=True, queue=QUEUE, queueing_lock=LOCK, lock=LOCK)
def due(context: JobContext, timestamp: int) -> None:
    """Ask for a pull of every source whose time has come."""
    pull_due(services_of(context).database)
