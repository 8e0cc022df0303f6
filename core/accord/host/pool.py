"""Warm plugin processes of one worker. A process serves one activation, and records up to one marking, only.

What a plugin has seen, its process may remember. So a process is never lent for records of a higher or a
lower marking than those before, and it ends after `MOST_LOANS` loans.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from accord.markings import Marking
from accord_sdk import Manifest
from accord_sdk.host.errors import PluginBusy
from accord_sdk.host.grants import Grants, NoGrants
from accord_sdk.host.launch import Launcher
from accord_sdk.host.process import PluginProcess

P = TypeVar("P", bound=PluginProcess)

MOST_LOANS = 500
"""How often a process is lent before a fresh one takes its place."""
PATIENCE_S = 5.0
"""A plugin that takes longer than this for what it was lent for is worth a further process."""


@dataclass(frozen=True)
class ActivePlugin:
    """A plugin as one organisation uses it."""

    activation_id: UUID
    """The activation's id; of a data source, which has settings of its own, the source's."""
    manifest: Manifest
    version: str
    config: dict[str, Any]
    organisation_id: UUID | None = None
    version_id: UUID | None = None
    """The uploaded version that it is; None: it is installed beside Accord."""
    digest: str = ""
    """SHA-256 of the wheel that it was installed from, where it is known."""
    sealed: bytes | None = field(default=None, repr=False)
    """Secret settings, sealed."""

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.manifest.name


@dataclass
class _Idle:
    version: str
    config: dict[str, Any]
    sealed: bytes | None
    process: PluginProcess
    marking: Marking | None
    loans: int


@dataclass
class ProcessPool:
    """Lends processes. At most `capacity` idle ones are kept warm; the least recently used goes first.

    Of one activation at most `most_of_one` are lent at once: more than there are processors would
    only cost their start and their memory. For the same reason whoever wants another waits
    `patience_s` for one to come back before a further one is started. Who asks first is served first:
    batches come back in the order in which they are linked. `grants_of` says what a process
    may ask of the host, given the highest marking that it will see, `site_of` where the plugin's packages
    lie (None: beside Accord), `config_of` what it is given; each may raise a `PluginFailed`.
    """

    launcher: Launcher
    grants_of: Callable[[ActivePlugin, Marking | None], Grants] = field(default=lambda *_: NoGrants())
    site_of: Callable[[ActivePlugin], Path | None] = field(default=lambda _: None)
    config_of: Callable[[ActivePlugin], dict[str, Any]] = field(default=lambda plugin: plugin.config)
    capacity: int = 12
    most_of_one: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    patience_s: float = PATIENCE_S
    pace: dict[UUID, float] = field(default_factory=dict)
    """Seconds that a record lately took, by activation: how much is handed over at once goes by it."""
    _idle: dict[UUID, list[_Idle]] = field(default_factory=dict)
    _lent: Counter[UUID] = field(default_factory=Counter)
    _lines: defaultdict[UUID, deque[object]] = field(default_factory=lambda: defaultdict(deque))
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _started: dict[int, tuple[ActivePlugin, PluginProcess]] = field(default_factory=dict)

    def kill(self, plugin: str, organisation_id: UUID | None = None) -> int:
        """End every process of a plugin, or those of one organisation, now, also those at work; how many."""
        with self._lock:
            found = [
                process
                for one, process in self._started.values()
                if one.name == plugin and organisation_id in (None, one.organisation_id)
            ]
            ended = [process for process in found if process.alive]
            for process in ended:
                process.end_now()
            self._started = {pid: one for pid, one in self._started.items() if one[1] not in found}
        return len(ended)

    @contextmanager
    def lend(
        self, plugin: ActivePlugin, marking: Marking | None = None, *, until: float = math.inf
    ) -> Iterator[PluginProcess]:
        """A process of this activation for the length of the block; a failed one is not kept.

        `marking` is the highest one among the records that it will see; none where it sees no records.
        `until`, on `time.monotonic`'s clock: how long to wait for one that is lent to others.

        :raises PluginBusy: when none came back until then.
        :raises PluginFailed: when it does not start.
        """
        with self._turn(plugin, marking, until):
            idle = self._take(plugin, marking) or self._start(plugin, marking)
            try:
                yield idle.process
            except BaseException:
                # Whatever went wrong, answers may still be under way in it.
                idle.process.kill()
                raise
            idle.loans += 1
            self._give_back(plugin, idle)

    @contextmanager
    def _turn(self, plugin: ActivePlugin, marking: Marking | None, until: float) -> Iterator[None]:
        activation = plugin.activation_id
        patient_until = time.monotonic() + self.patience_s
        place = object()
        with self._lock:
            line = self._lines[activation]
            line.append(place)
            try:
                while line[0] is not place or not self._may_take(activation, marking, patient_until):
                    now = time.monotonic()
                    if now >= until:
                        raise PluginBusy(f"all processes of {plugin.name} are at work for other records")
                    waits = [moment - now for moment in (patient_until, until) if now < moment < math.inf]
                    self._lock.wait(min(waits, default=None))
                self._lent[activation] += 1
            finally:
                line.remove(place)
                if not line:
                    del self._lines[activation]
                self._lock.notify_all()
        try:
            yield
        finally:
            with self._lock:
                self._lent[activation] -= 1
                if not self._lent[activation]:
                    del self._lent[activation]
                self._lock.notify_all()

    def _may_take(self, activation: UUID, marking: Marking | None, patient_until: float) -> bool:
        lent = self._lent[activation]
        if not lent:
            return True
        waits = any(idle.marking == marking for idle in self._idle.get(activation, ()))
        return lent < self.most_of_one and (waits or time.monotonic() >= patient_until)

    def start(
        self,
        plugin: ActivePlugin,
        marking: Marking | None = None,
        *,
        folders: Sequence[Path] = (),
        kind: type[P],
    ) -> P:
        """A process of its own, which is the caller's to end; `kill` ends it, too.

        `folders` are what it sees of this machine's files.

        :raises PluginFailed: when it does not start.
        """
        grants, site = self.grants_of(plugin, marking), self.site_of(plugin)
        config = self.config_of(plugin)
        process = kind(plugin.manifest, config, self.launcher, folders, grants, site)
        with self._lock:
            self._started = {pid: one for pid, one in self._started.items() if one[1].alive}
            self._started[process.pid] = (plugin, process)
        return process

    def _start(self, plugin: ActivePlugin, marking: Marking | None) -> _Idle:
        process = self.start(plugin, marking, kind=PluginProcess)
        return _Idle(plugin.version, plugin.config, plugin.sealed, process, marking, 0)

    def _take(self, plugin: ActivePlugin, marking: Marking | None) -> _Idle | None:
        while True:
            with self._lock:
                shelf = self._idle.get(plugin.activation_id, [])
                fitting = [idle for idle in shelf if idle.marking == marking]
                if not fitting:
                    return None
                idle = fitting[-1]
                shelf.remove(idle)
                if not shelf:
                    del self._idle[plugin.activation_id]
            same = idle.config == plugin.config and idle.sealed == plugin.sealed
            if same and idle.version == plugin.version and idle.process.alive:
                return idle
            idle.process.kill()

    def _give_back(self, plugin: ActivePlugin, idle: _Idle) -> None:
        if not idle.process.alive:
            return
        if idle.loans >= MOST_LOANS:
            idle.process.close()
            return
        with self._lock:
            shelf = self._idle.pop(plugin.activation_id, [])
            shelf.append(idle)
            self._idle[plugin.activation_id] = shelf
            oldest = next(iter(self._idle))
            surplus = (
                self._idle[oldest].pop(0) if sum(map(len, self._idle.values())) > self.capacity else None
            )
            if not self._idle[oldest]:
                del self._idle[oldest]
        if surplus is not None:
            surplus.process.close()

    def close(self) -> None:
        """End all idle processes."""
        with self._lock:
            shelves, self._idle = self._idle, {}
        processes = [idle.process for shelf in shelves.values() for idle in shelf]
        for process in processes:
            process.ask_to_end()
        for process in processes:
            process.close()
