"""The detection jobs."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.detection.late import work_late
from accord.detection.measuring import forget_old_turns
from accord.detection.pending import request_late
from accord.detection.service import detect_batch
from accord.services import services_of
from accord_config.database import NOBODY, Scope
from accord_config.queue import QUEUE

DAILY = "41 3 * * *"
LOCK = "detection:tidy"

blueprint = Blueprint()
RETRY = RetryStrategy(max_attempts=8, exponential_wait=2)


@blueprint.task(name="detect", pass_context=True, retry=RETRY)
def detect(context: JobContext, *, organisation_id: str, batch_id: int) -> None:
    """Run the detectors over one batch."""
    services = services_of(context)
    detect_batch(services.database, services.pool, UUID(organisation_id), batch_id)


@blueprint.task(name="late", pass_context=True, retry=RETRY)
def late(context: JobContext, *, organisation_id: str, plugin: str) -> None:
    """Have one plugin do what was put off for it."""
    services = services_of(context)
    work_late(services.database, services.pool, UUID(organisation_id), plugin)


@blueprint.task(name="wake", pass_context=True, retry=RETRY)
def wake(context: JobContext, *, organisation_id: str, plugin: str) -> None:
    """The time has come for what was put off: enqueue the job that does it."""
    organisation = UUID(organisation_id)
    with services_of(context).database.transaction(Scope(organisation_id=organisation)) as session:
        request_late(session, organisation, plugin)


@blueprint.periodic(cron=DAILY)
@blueprint.task(name="tidy", pass_context=True, queue=QUEUE, queueing_lock=LOCK, lock=LOCK)
def tidy(context: JobContext, timestamp: int) -> None:
    """Forget how plugins were doing long ago."""
    with services_of(context).database.transaction(NOBODY) as session:
        forget_old_turns(session)
