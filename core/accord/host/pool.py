"""Warm plugin processes of one worker. A process serves one activation, and records up to one marking, only.

What a plugin has seen, its process may remember. So a process is never lent for records of a higher or a
lower marking than those before, and it ends after `MOST_LOANS` loans.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accord.host.launch import Launcher
from accord.host.process import PluginProcess
from accord.markings import Marking
from accord_sdk import Manifest

MOST_LOANS = 500
"""How often a process is lent before a fresh one takes its place."""


@dataclass(frozen=True)
class ActivePlugin:
    """A plugin as one organisation uses it."""

    activation_id: UUID
    manifest: Manifest
    version: str
    config: dict[str, Any]

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.manifest.name


@dataclass
class _Idle:
    version: str
    config: dict[str, Any]
    process: PluginProcess
    marking: Marking | None
    loans: int


@dataclass
class ProcessPool:
    """Lends processes. At most `capacity` idle ones are kept warm; the least recently used goes first.

    Of one activation at most `most_of_one` are lent at once (more than there are processors would
    only cost their start and their memory); whoever wants another waits for one to come back.
    """

    launcher: Launcher
    capacity: int = 12
    most_of_one: int = field(default_factory=lambda: max(1, os.cpu_count() or 1))
    _idle: dict[UUID, list[_Idle]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turns: defaultdict[UUID, threading.BoundedSemaphore] = field(init=False)

    def __post_init__(self) -> None:
        self._turns = defaultdict(lambda: threading.BoundedSemaphore(self.most_of_one))

    @contextmanager
    def lend(self, plugin: ActivePlugin, marking: Marking | None = None) -> Iterator[PluginProcess]:
        """A process of this activation for the length of the block; a failed one is not kept.

        `marking` is the highest one among the records that it will see; none where it sees no records.

        :raises PluginFailed: when it does not start.
        """
        with self._lock:
            turn = self._turns[plugin.activation_id]
        with turn:
            idle = self._take(plugin, marking) or self._start(plugin, marking)
            try:
                yield idle.process
            except BaseException:
                # Whatever went wrong, answers may still be under way in it.
                idle.process.kill()
                raise
            idle.loans += 1
            self._give_back(plugin, idle)

    def _start(self, plugin: ActivePlugin, marking: Marking | None) -> _Idle:
        process = PluginProcess(plugin.manifest, plugin.config, self.launcher)
        return _Idle(plugin.version, plugin.config, process, marking, 0)

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
            if idle.version == plugin.version and idle.config == plugin.config and idle.process.alive:
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
        for shelf in shelves.values():
            for idle in shelf:
                idle.process.close()
