"""The worker: runs jobs of all organisations, and takes over the jobs of dead workers."""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from contextlib import suppress
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import procrastinate
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.middleware import AsyncCallNext, WorkerMiddleware
from procrastinate.worker import Worker
from sqlalchemy.exc import OperationalError

from accord.auditing import jobs as auditing
from accord.caseload import jobs as caseload
from accord.detection import jobs as detection
from accord.emergencies import jobs as emergencies
from accord.grants.service import Granting
from accord.host.pool import ProcessPool
from accord.ingestion.changes import request_linking
from accord.ingestion.service import DETECT
from accord.joining import jobs as joining
from accord.linking import jobs as linking
from accord.publishing import jobs as publishing
from accord.publishing.stopping import StopListener
from accord.refusing import JobRefused, only_with_access
from accord.registry import settings
from accord.registry.environments import Environments
from accord.registry.hosts import still_holds, tried_launcher
from accord.reviews import jobs as reviews
from accord.services import MadeUp, Services, sdk_samples, services_of
from accord.sharing import jobs as sharing
from accord.sharing.telling import telling
from accord.signals import jobs as signals
from accord.sources import jobs as sources
from accord.sso import jobs as sso
from accord_config.database import NOBODY, Database, Role, Scope
from accord_config.home import Home
from accord_config.queue import LATE, QUEUE, open_queue
from accord_config.settings import Settings
from accord_sdk.host.launch import Launcher
from accord_sdk.host.sandbox import SandboxUnavailableError

CONCURRENCY = 4
"""Jobs that one worker runs at once, each in a thread; detectors use processes of their own."""
LATE_CONCURRENCY = 2
"""Likewise, of plugins that nobody waits for: they take no place from anything else."""

logger = logging.getLogger(__name__)


def make_queue(home: Home) -> procrastinate.App:
    """The queue with every feature's tasks."""
    queue = open_queue(home.database(Role.WORKER).conninfo)
    features = {
        "detection": detection,
        "linking": linking,
        "caseload": caseload,
        "sharing": sharing,
        "sources": sources,
        "publishing": publishing,
    }
    for name, jobs in features.items():
        # A copy, because adding tasks renames those of the blueprint itself: a second queue in one
        # process would know no task by its name.
        queue.add_tasks_from(deepcopy(jobs.blueprint), namespace=name)
    queue.add_tasks_from(auditing.sealing(home.path), namespace="audit")
    queue.add_tasks_from(joining.looking_after(home), namespace="joining")
    queue.add_tasks_from(emergencies.looking_after(home), namespace="emergencies")
    queue.add_tasks_from(reviews.reviewing(home), namespace="reviews")
    queue.add_tasks_from(signals.signalling(home), namespace="signals")
    queue.add_tasks_from(telling(home), namespace="sharing")
    queue.add_tasks_from(sso.alerting(home), namespace="sso")
    return queue


def run_worker(
    home: Home,
    *,
    until_orphaned: bool = False,
    until_empty: bool = False,
    launcher: Launcher | None = None,
    made_up: MadeUp = sdk_samples,
) -> None:
    """Run jobs until told to stop by a signal.

    `until_orphaned`: or until the parent process is gone. `until_empty`: or until no job is due. `made_up`
    gives the records on which plugins are tried before admins decide about them.
    """
    database = home.database(Role.WORKER, pool_size=CONCURRENCY + LATE_CONCURRENCY + 1)
    try:
        launcher = launcher or tried_launcher(database, home.settings)
    except SandboxUnavailableError:
        database.close()
        raise
    environments = Environments.of(database, home.settings)
    config_of = partial(settings.config_of, home.seals())
    pool = ProcessPool(launcher, Granting(database), environments.site_of, config_of)
    services = Services(database, pool, environments, made_up)
    try:
        with StopListener(database, pool), suppress(asyncio.CancelledError):
            asyncio.run(_run(home, services, os.getppid() if until_orphaned else None, wait=not until_empty))
    finally:
        services.pool.close()
        services.database.close()


async def _run(home: Home, services: Services, parent: int | None, *, wait: bool) -> None:
    queue = make_queue(home)
    settings = home.settings

    async def run(name: str, concurrency: int) -> None:
        await queue.run_worker_async(
            queues=[name],
            concurrency=concurrency,
            wait=wait,
            listen_notify=wait,
            worker_middleware=[_stay_alive(settings.job_heartbeat), _keep_failure, only_with_access],
            delete_jobs="successful",
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=settings.job_heartbeat,
            stalled_worker_timeout=settings.job_stalled,
            shutdown_graceful_timeout=20,
            additional_context={"services": services},
            # Two cannot both have them: the late one ends with the other.
            install_signal_handlers=name == QUEUE,
        )

    async def work() -> None:
        while True:
            late = asyncio.create_task(run(LATE, LATE_CONCURRENCY))
            try:
                await run(QUEUE, CONCURRENCY)
                if not wait:
                    await late
            finally:
                late.cancel()
                with suppress(asyncio.CancelledError):
                    await late
            # A worker that does not wait ends although its last jobs may have made new ones.
            if wait or not await _due(queue):
                return

    async with queue.open_async():
        worker = asyncio.create_task(work())
        rescue = asyncio.create_task(_rescue(queue, settings.job_stalled, settings.job_heartbeat))
        watch = asyncio.create_task(_watch(parent, worker))
        signs = asyncio.create_task(_sandboxes(services.database, settings))
        try:
            await worker
        finally:
            rescue.cancel()
            watch.cancel()
            signs.cancel()


def _stay_alive(every_s: float) -> WorkerMiddleware:
    """Signs of life for as long as a job runs: the queue's own end as soon as a worker is told to stop."""

    async def beat(worker: Worker) -> None:
        while worker.worker_id is not None:
            await asyncio.sleep(every_s)
            try:
                await worker.app.job_manager.update_heartbeat(worker.worker_id)
            except ConnectorException:
                logger.warning("a sign of life failed; trying again", exc_info=True)

    async def run(call_next: AsyncCallNext, context: procrastinate.JobContext, worker: Worker) -> Any:
        beating = asyncio.create_task(beat(worker))
        try:
            return await call_next()
        finally:
            beating.cancel()

    return run


_DUE = """
    SELECT count(*) AS jobs FROM procrastinate_jobs AS job
    WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())
      AND NOT EXISTS (
          SELECT FROM procrastinate_jobs AS earlier
          WHERE earlier.lock = job.lock AND earlier.id < job.id
            AND (earlier.status = 'doing'
                 OR earlier.status = 'todo' AND earlier.scheduled_at > now() + interval '1 minute')
      )
"""
# A job waits for an earlier one of its lock. One that failed and is tried again soon is worth waiting for.


async def _due(queue: procrastinate.App) -> bool:
    found = await queue.connector.execute_query_one_async(_DUE)
    return bool(found["jobs"])


_STARTED = "UPDATE procrastinate_jobs SET queueing_lock = NULL WHERE id = %(job_id)s"
_FAILED = """
    INSERT INTO job_failures (job_id, error) VALUES (%(job_id)s, %(error)s)
    ON CONFLICT (job_id) DO UPDATE SET error = excluded.error, at = now()
"""
_MENDED = "DELETE FROM job_failures WHERE job_id = %(job_id)s"
LONGEST_ERROR = 300


async def _keep_failure(call_next: AsyncCallNext, context: procrastinate.JobContext, worker: Worker) -> Any:
    """Keep why a job failed for as long as it has not succeeded."""
    connector = context.app.connector
    if context.job.queueing_lock is not None:
        # An equal job may come to wait while this one runs; a retry with the same lock would collide with it.
        await connector.execute_query_async(_STARTED, job_id=context.job.id)
    try:
        result = await call_next()
    except Exception as error:
        try:
            await connector.execute_query_async(_FAILED, job_id=context.job.id, error=describe(error))
        except ConnectorException:
            logger.warning("could not keep why job %s failed", context.job.id, exc_info=True)
        else:
            if not isinstance(error, JobRefused):
                await asyncio.to_thread(_let_others_go_on, context)
        raise
    if context.job.attempts:
        await connector.execute_query_async(_MENDED, job_id=context.job.id)
    return result


def _let_others_go_on(context: procrastinate.JobContext) -> None:
    """The batches after one whose detection failed have waited for it to be linked first."""
    if context.job.task_name != DETECT:
        return
    organisation_id = UUID(str(context.job.task_kwargs["organisation_id"]))
    with services_of(context).database.transaction(Scope(organisation_id=organisation_id)) as session:
        request_linking(session, organisation_id)


def describe(error: BaseException) -> str:
    """An error as one line: its kind, the first line of its message, where. Details may quote records."""
    first = next(iter(str(error).splitlines()), "").replace("\x00", "")
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    words = f"{type(error).__name__}: {first[:LONGEST_ERROR]}{where}"
    return words.encode("utf-8", "backslashreplace").decode()


async def _watch(parent: int | None, worker: asyncio.Task[None]) -> None:
    while parent is not None:
        await asyncio.sleep(1)
        if os.getppid() != parent:
            worker.cancel()
            return


async def _sandboxes(database: Database, settings: Settings) -> None:
    """Signs of life of a worker that runs plugins, by which it is known that some host can."""

    def sign() -> None:
        with database.transaction(NOBODY) as session:
            still_holds(session, settings)

    while True:
        await asyncio.sleep(settings.job_heartbeat)
        try:
            await asyncio.to_thread(sign)
        except OperationalError:
            logger.warning("a sign that plugins run failed; trying again", exc_info=True)


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
    # An equal job may wait already: without its lock this one cannot collide with it. Both run.
    await queue.connector.execute_query_async(_STARTED, job_id=job.id)
    await queue.job_manager.retry_job(job)
