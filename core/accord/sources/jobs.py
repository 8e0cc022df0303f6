"""The pulling job."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.services import services_of
from accord.sources.pulling import pull_source

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="pull", pass_context=True, retry=RETRY)
def pull(context: JobContext, *, organisation_id: str, source_id: str) -> None:
    """Go on with a source's open pull."""
    services = services_of(context)
    pull_source(services.database, services.pool.launcher, UUID(organisation_id), UUID(source_id))
