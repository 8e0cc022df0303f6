"""The job that checks what was received."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.publishing.checking import check_version
from accord.services import services_of

blueprint = Blueprint()


@blueprint.task(name="check", pass_context=True, retry=RetryStrategy(max_attempts=3, exponential_wait=4))
def check(context: JobContext, *, organisation_id: str, version_id: str) -> None:
    """Lock, build and check a version."""
    services = services_of(context)
    check_version(services.database, services.environments, services.pool.launcher, UUID(version_id))
