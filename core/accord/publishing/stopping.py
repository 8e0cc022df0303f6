"""Stopping a plugin at once: the database tells every worker, which ends its processes and says how many."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from accord.host.pool import ProcessPool
from accord.registry.models import PluginStop
from accord_config.database import NOBODY, Database

CHANNEL = "accord_plugin_stops"
LISTENING = 4_207_851
"""Key of the shared lock that each listening worker holds, by which the gate counts them."""
PATIENCE_S = 3.0
"""For so long whoever stops a plugin waits for the workers' reports."""
LOOK_EVERY_S = 0.02
WAIT_S = 0.5
AGAIN_S = 1.0

logger = logging.getLogger(__name__)
_LISTENERS = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass(frozen=True)
class Stopped:
    """What the workers said: how many of them, how many processes died, in how many milliseconds at most."""

    workers: int
    processes: int
    milliseconds: float
    silent: int = 0
    """Workers that have not said anything yet."""

    @property
    def words(self) -> str:
        """In one sentence."""
        if not self.workers and not self.silent:
            return "No worker runs, so nothing of it was running."
        died = f"{self.processes} {'process' if self.processes == 1 else 'processes'} died"
        where = f"on {self.workers} {'worker' if self.workers == 1 else 'workers'}"
        late = f" {self.silent} more did not answer yet." if self.silent else ""
        return f"{died} {where}, in {self.milliseconds:.1f} ms.{late}"


def ask_to_stop(session: Session, plugin: str, organisation_id: UUID | None = None) -> UUID:
    """Have every worker end the plugin's processes, or one member's, as soon as this transaction commits."""
    stop_id = uuid4()
    whose = f" {organisation_id}" if organisation_id else ""
    session.execute(select(func.pg_notify(CHANNEL, f"{stop_id} {plugin}{whose}")))
    return stop_id


def wait_for_stop(gate: Database, stop_id: UUID, *, patience_s: float = PATIENCE_S) -> Stopped:
    """What the workers report, once all that listen have, or patience is over."""
    until = time.monotonic() + patience_s
    while True:
        with gate.transaction(NOBODY) as session:
            listening = session.scalar(_LISTENERS, {"key": LISTENING}) or 0
            rows = session.scalars(select(PluginStop).where(PluginStop.stop_id == stop_id)).all()
        if len(rows) >= listening or time.monotonic() >= until:
            slowest = max((row.milliseconds for row in rows), default=0.0)
            ended = sum(row.processes for row in rows)
            return Stopped(len(rows), ended, slowest, max(0, listening - len(rows)))
        time.sleep(LOOK_EVERY_S)


def wait_for_stops(gate: Database, stop_ids: Sequence[UUID]) -> Stopped:
    """What the workers report of several stops together."""
    found = [wait_for_stop(gate, stop_id) for stop_id in stop_ids]
    return Stopped(
        max((one.workers for one in found), default=0),
        sum(one.processes for one in found),
        max((one.milliseconds for one in found), default=0.0),
        max((one.silent for one in found), default=0),
    )


@dataclass
class StopListener:
    """A worker's ear: `with StopListener(database, pool):` for as long as the worker runs."""

    database: Database
    pool: ProcessPool
    _end: threading.Event = field(default_factory=threading.Event)
    ready: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> StopListener:
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="plugin stops", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End it, and wait until it let go of the database: whoever made that closes it next."""
        self._end.set()
        self._wake.close()
        self._thread.join(PATIENCE_S)
        if self._thread.is_alive():
            logger.warning("listening for plugins to stop did not end within %.0f s", PATIENCE_S)
        else:
            self._woken.close()

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                with psycopg.connect(self.database.conninfo, autocommit=True) as connection:
                    self._listen(connection)
            except psycopg.Error:
                if self._end.is_set():
                    return
                logger.warning("listening for plugins to stop failed; trying again", exc_info=True)
                self._end.wait(AGAIN_S)

    def _listen(self, connection: psycopg.Connection) -> None:
        connection.execute(f"LISTEN {CHANNEL}")
        connection.execute("SELECT pg_advisory_lock_shared(%s)", [LISTENING])
        self.ready.set()
        while not self._end.is_set():
            wait([connection.fileno(), self._woken], WAIT_S)
            for told in connection.notifies(timeout=0):
                stop_id, plugin, *whose = told.payload.split(" ")
                self._stop(UUID(stop_id), plugin, UUID(whose[0]) if whose else None)

    def _stop(self, stop_id: UUID, plugin: str, organisation_id: UUID | None) -> None:
        begun = time.perf_counter()
        ended = self.pool.kill(plugin, organisation_id)
        milliseconds = (time.perf_counter() - begun) * 1000
        logger.warning("plugin %s was stopped: %d processes died in %.1f ms", plugin, ended, milliseconds)
        worker = f"{socket.gethostname()}:{os.getpid()}"
        with self.database.transaction(NOBODY) as session:
            session.add(
                PluginStop(stop_id=stop_id, worker=worker, processes=ended, milliseconds=milliseconds)
            )
