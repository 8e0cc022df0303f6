"""The pulling job."""

from __future__ import annotations

import logging
from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.services import services_of
from accord.sources.pulling import pull_source
from accord.sources.service import pull_job_waits
from accord_config.database import NOBODY

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)

logger = logging.getLogger(__name__)


@blueprint.task(name="pull", pass_context=True, retry=RETRY)
def pull(context: JobContext, *, organisation_id: str, source_id: str) -> None:
    """Go on with a source's open pull."""
    services = services_of(context)
    try:
        pull_source(services.database, services.pool.launcher, UUID(organisation_id), UUID(source_id))
    except Exception:
        with services.database.transaction(NOBODY) as session:
            waits = pull_job_waits(session, UUID(source_id))
        if not waits:
            raise
        # Its own retry would collide with the equal job that waits and hold that job's lock for ever;
        # the one that waits goes on with the same pull, and is retried in its turn.
        logger.exception("pulling from source %s failed; the job that waits goes on", source_id)
