"""The job that sends one signal."""

from __future__ import annotations

from uuid import UUID

from procrastinate import Blueprint, JobContext, RetryStrategy

from accord.signals.outside import transmitter_of
from accord_auth.streams.sending import MOST_TRIES
from accord_auth.streams.sending import push as send
from accord_config.database import Role
from accord_config.fetching import Fetcher
from accord_config.home import Home
from accord_config.queue import QUEUE

RETRY = RetryStrategy(max_attempts=MOST_TRIES, exponential_wait=2)


def signalling(home: Home, fetcher: Fetcher | None = None) -> Blueprint:
    """The tasks of a worker of this home."""
    blueprint = Blueprint()

    @blueprint.task(name="push", pass_context=True, queue=QUEUE, retry=RETRY)
    def push(context: JobContext, *, organisation_id: str, delivery_id: str) -> None:
        """Send it; when the receiver cannot be reached, later again."""
        gate = home.database(Role.GATE, pool_size=1)
        try:
            send(gate, transmitter_of(home, fetcher), UUID(delivery_id))
        finally:
            gate.close()

    return blueprint
