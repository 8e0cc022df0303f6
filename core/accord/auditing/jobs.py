"""The job that seals the audit log, each minute on one of the workers."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from procrastinate import Blueprint, JobContext

from accord.services import services_of
from accord_auth.audit.keys import KEY_FILE, SigningKeyError, SigningKeyFile
from accord_auth.audit.sealing import backlog, seal_waiting
from accord_config.queue import QUEUE

LOCK = "audit:seal"
EVERY_MINUTE = "* * * * *"
OVERDUE = timedelta(minutes=15)
"""Entries that wait longer show that no host can seal: then the job fails, and `accord doctor` says so."""

logger = logging.getLogger(__name__)


def sealing(home: Path) -> Blueprint:
    """The tasks of a worker whose home is this directory; it holds the signing key."""
    blueprint = Blueprint()
    keys = SigningKeyFile(home / KEY_FILE)

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(name="seal", pass_context=True, queue=QUEUE, queueing_lock=LOCK, lock=LOCK)
    def seal(context: JobContext, timestamp: int) -> None:
        """Seal what is committed."""
        database = services_of(context).database
        try:
            seal_waiting(database, keys)
        except SigningKeyError as error:
            # Another host may hold the key. Only when none seals is it a failure.
            if backlog(database).overdue(datetime.now(UTC), OVERDUE):
                raise
            logger.warning("this worker does not seal the audit log: %s", error)

    return blueprint
