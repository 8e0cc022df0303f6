"""The job queue: Procrastinate on the same PostgreSQL, so that a job is enqueued in the transaction
that made it necessary. Every job's arguments name its organisation; a job carries a batch, never one record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import procrastinate
import psycopg
from procrastinate.exceptions import UniqueViolation
from psycopg import Connection
from psycopg.types.json import Jsonb
from sqlalchemy import BigInteger, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from accord_config.database import Base
from accord_config.refusals import ON_BEHALF_OF

QUEUE = "pipeline"
LATE = "late"
"""The queue of plugins that others do not wait for; a worker has a few places of their own for them."""
FIRST = 10
"""Priority of jobs that end what others began: they run before jobs of priority 0, which wait in line."""


class JobFailure(Base):
    """Why a job failed the last time. The queue itself forgets; operators and `accord doctor` must not."""

    __tablename__ = "job_failures"

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    error: Mapped[str]


@dataclass(frozen=True)
class FailedJob:
    """A job that failed for good, and why. `organisation_id` is whose records it is about."""

    id: int
    task: str
    organisation_id: str
    attempts: int
    error: str


_FAILED = text(
    """
    SELECT job.id, job.task_name, coalesce(job.args->>'organisation_id', ''), job.attempts,
           coalesce(failure.error, 'the worker that had it did not say why')
    FROM procrastinate_jobs AS job LEFT JOIN job_failures AS failure ON failure.job_id = job.id
    WHERE job.status IN ('failed', 'aborted') ORDER BY job.id
    """
)
_AGAIN = text(
    "UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL WHERE id = :id"
)
_DROP = text("DELETE FROM procrastinate_jobs WHERE id = :id")


def failed_jobs(session: Session) -> list[FailedJob]:
    """The jobs that failed for good or were refused, oldest first."""
    return [FailedJob(*row) for row in session.execute(_FAILED)]


def run_again(session: Session, job: FailedJob) -> None:
    """Have a failed job run again, with all its attempts. One like it that waits already does its work."""
    try:
        with session.begin_nested():
            session.execute(_AGAIN, {"id": job.id})
    except IntegrityError:
        session.execute(_DROP, {"id": job.id})


class _Connector(procrastinate.PsycopgConnector):
    """The queue's connections, as a role that row security holds.

    A periodic job that falls due while an equal one waits is left out. The library learns which lock the two
    share from the error's detail, which PostgreSQL leaves out for tables with row security; it then gives up
    with an AssertionError, and with it its worker. Here the lock is the one that was asked for.
    """

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        try:
            row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        except AssertionError as failure:
            refused = failure.__context__
            if not isinstance(refused, psycopg.errors.UniqueViolation):
                raise
            raise UniqueViolation(
                constraint_name=refused.diag.constraint_name, queueing_lock=arguments.get("queueing_lock")
            ) from refused
        return row


def open_queue(conninfo: str) -> procrastinate.App:
    """A queue for a process; its tasks come from the features' blueprints."""
    return procrastinate.App(connector=_Connector(conninfo=conninfo, min_size=1, max_size=6))


_enqueuer = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def enqueue(
    session: Session,
    task: str,
    *,
    organisation_id: UUID,
    lock: str | None = None,
    queueing_lock: str | None = None,
    on_behalf_of: UUID | None = None,
    queue: str = QUEUE,
    priority: int = 0,
    at: datetime | None = None,
    **arguments: Any,
) -> bool:
    """Enqueue a job in the session's transaction; call it last.

    `lock`: jobs with the same lock run one after another. `queueing_lock`: at most one job with it
    waits; where one waits already, returns False, and that job starts after this transaction ends.
    `at`: not before this moment; give such a job no `lock`, or those behind it wait too.
    `priority`: jobs with a higher one run first, also among those of one lock: give these the same. One that
    waits for the same `queueing_lock` gets the higher of both.
    `on_behalf_of`: the person who asked for it; without that person's access it is refused. The task
    gets it as an argument of that name.
    """
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, Connection):
        raise TypeError(f"the queue needs a psycopg connection, not {type(connection)}")
    arguments["organisation_id"] = str(organisation_id)
    if on_behalf_of is not None:
        arguments[ON_BEHALF_OF] = str(on_behalf_of)
    if queueing_lock is None:
        deferrer = _enqueuer.configure_task(
            task,
            queue=queue,
            lock=lock,
            connection=connection,
            allow_unknown=True,
            schedule_at=at,
            priority=priority,
        )
        deferrer.defer(**arguments)
        return True
    row: dict[str, Any] = {"task": task, "queue": queue, "lock": lock, "once": queueing_lock, "at": at}
    row |= {"args": Jsonb(arguments), "priority": priority}
    while not _hold_waiting(connection, queueing_lock, priority):
        if connection.execute(_ENQUEUE_ONCE, row).rowcount:
            return True
    return False


# The queue's own function raises where such a job waits, and reads the lock's name from the error's
# detail, which PostgreSQL leaves out for tables with row security.
_ENQUEUE_ONCE = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, scheduled_at, priority)
    VALUES (%(queue)s, %(task)s, %(lock)s, %(once)s, %(args)s, %(at)s, %(priority)s)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
"""


def _hold_waiting(connection: Connection[Any], queueing_lock: str, priority: int) -> bool:
    """Whether a job with this queueing lock waits; if so no worker takes it before we commit.

    Without the row lock a worker could start the waiting job before our rows are visible to it.
    """
    found = connection.execute(
        "SELECT id, priority FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo' FOR SHARE",
        [queueing_lock],
    ).fetchone()
    if found is not None and found[1] < priority:
        connection.execute("UPDATE procrastinate_jobs SET priority = %s WHERE id = %s", [priority, found[0]])
    return found is not None
