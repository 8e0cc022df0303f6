"""The worker: runs jobs of all organisations, one organisation at a time, and takes over from dead workers."""

from __future__ import annotations

import asyncio
import logging
import os

import procrastinate
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from accord.caseload import jobs as caseload
from accord.detection import jobs as detection
from accord.host.launch import ProcessLauncher
from accord.host.pool import ProcessPool
from accord.linking import jobs as linking
from accord.services import Services
from accord.sharing import jobs as sharing
from accord_config.database import Role
from accord_config.home import Home
from accord_config.queue import QUEUE, open_queue

CONCURRENCY = 4
"""Jobs that one worker runs at once, each in a thread; detectors use processes of their own."""

logger = logging.getLogger(__name__)


def make_queue(home: Home) -> procrastinate.App:
    """The queue with every feature's tasks."""
    queue = open_queue(home.database(Role.WORKER).conninfo)
    queue.add_tasks_from(detection.blueprint, namespace="detection")
    queue.add_tasks_from(linking.blueprint, namespace="linking")
    queue.add_tasks_from(caseload.blueprint, namespace="caseload")
    queue.add_tasks_from(sharing.blueprint, namespace="sharing")
    return queue


def run_worker(home: Home, *, until_orphaned: bool = False) -> None:
    """Run jobs until told to stop by a signal (or, `until_orphaned`, until the parent process is gone)."""
    services = Services(home.database(Role.WORKER, pool_size=CONCURRENCY + 1), ProcessPool(ProcessLauncher()))
    try:
        asyncio.run(_run(home, services, os.getppid() if until_orphaned else None))
    finally:
        services.pool.close()
        services.database.close()


async def _run(home: Home, services: Services, parent: int | None) -> None:
    queue = make_queue(home)
    settings = home.settings
    async with queue.open_async():
        worker = asyncio.create_task(
            queue.run_worker_async(
                queues=[QUEUE],
                concurrency=CONCURRENCY,
                delete_jobs="successful",
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=settings.job_heartbeat,
                stalled_worker_timeout=settings.job_stalled,
                shutdown_graceful_timeout=20,
                additional_context={"services": services},
            )
        )
        rescue = asyncio.create_task(_rescue(queue, settings.job_stalled, settings.job_heartbeat))
        watch = asyncio.create_task(_watch(parent, worker))
        try:
            await worker
        finally:
            rescue.cancel()
            watch.cancel()


async def _watch(parent: int | None, worker: asyncio.Task[None]) -> None:
    while parent is not None:
        await asyncio.sleep(1)
        if os.getppid() != parent:
            worker.cancel()
            return


async def _rescue(queue: procrastinate.App, stalled_s: float, every_s: float) -> None:
    """Give the jobs of workers that show no sign of life to others."""
    while True:
        try:
            for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_s):
                await _again(queue, job)
        except ConnectorException:
            logger.warning("looking for stalled jobs failed; trying again", exc_info=True)
        await asyncio.sleep(every_s)


async def _again(queue: procrastinate.App, job: Job) -> None:
    logger.warning("job %s (%s) lost its worker and runs again", job.id, job.task_name)
    try:
        await queue.job_manager.retry_job(job)
    except UniqueViolation:
        # An equal job waits already and will do this one's work.
        await queue.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
