"""Access reviews begin every quarter, remind, and end what nobody decided about: looked at every hour."""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext

from accord_auth.reviews.due import lapse_due, remind_due, start_due
from accord_config.database import NOBODY, Database, Role
from accord_config.home import Home
from accord_config.queue import QUEUE

LOCK = "reviews:look-after"
EVERY_HOUR = "17 * * * *"

logger = logging.getLogger(__name__)


def reviewing(home: Home) -> Blueprint:
    """The tasks of a worker of this home."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_HOUR)
    @blueprint.task(name="look-after", pass_context=True, queue=QUEUE, queueing_lock=LOCK, lock=LOCK)
    def look_after(context: JobContext, timestamp: int) -> None:
        """Do what is due."""
        gate = home.database(Role.GATE, pool_size=1)
        try:
            look_after_reviews(gate)
        finally:
            gate.close()

    return blueprint


def look_after_reviews(gate: Database) -> None:
    """Start, remind and end what is due; nothing where nothing is due."""
    with gate.transaction(NOBODY) as session:
        for review in start_due(session):
            logger.info("access review %s began", review.id)
    with gate.transaction(NOBODY) as session:
        for review in remind_due(session):
            logger.info("reminded of access review %s", review.id)
    with gate.transaction(NOBODY) as session:
        for item in lapse_due(session):
            logger.info("access ended, nobody answered in the review: item %s", item.id)
