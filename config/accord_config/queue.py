"""The job queue: Procrastinate on the same PostgreSQL, so that a job is enqueued in the transaction
that made it necessary. Every job's arguments name its organisation; a job carries a batch, never one record.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from psycopg import Connection
from sqlalchemy.orm import Session

QUEUE = "pipeline"


def open_queue(conninfo: str) -> procrastinate.App:
    """A queue for a process; its tasks come from the features' blueprints."""
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=6))


_enqueuer = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def enqueue(
    session: Session,
    task: str,
    *,
    organisation_id: UUID,
    lock: str | None = None,
    queueing_lock: str | None = None,
    **arguments: Any,
) -> bool:
    """Enqueue a job in the session's transaction; call it last.

    `lock`: jobs with the same lock run one after another. `queueing_lock`: at most one job with it
    waits; where one waits already, returns False, and that job starts after this transaction ends.
    """
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, Connection):
        raise TypeError(f"the queue needs a psycopg connection, not {type(connection)}")
    deferrer = _enqueuer.configure_task(
        task, queue=QUEUE, lock=lock, queueing_lock=queueing_lock, connection=connection, allow_unknown=True
    )
    arguments["organisation_id"] = str(organisation_id)
    if queueing_lock is None:
        deferrer.defer(**arguments)
        return True
    while not _hold_waiting(connection, queueing_lock):
        try:
            with connection.transaction():
                deferrer.defer(**arguments)
        except AlreadyEnqueued:
            continue
        return True
    return False


def _hold_waiting(connection: Connection[Any], queueing_lock: str) -> bool:
    """Whether a job with this queueing lock waits; if so no worker takes it before we commit.

    Without the row lock a worker could start the waiting job before our rows are visible to it.
    """
    found = connection.execute(
        "SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo' FOR SHARE", [queueing_lock]
    )
    return found.fetchone() is not None
