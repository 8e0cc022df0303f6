"""Warm plugin processes of one worker. A process serves one activation only."""

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
from accord_sdk import Manifest


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
    def lend(self, plugin: ActivePlugin) -> Iterator[PluginProcess]:
        """A process of this activation for the length of the block; a failed one is not kept.

        :raises PluginFailed: when it does not start.
        """
        with self._lock:
            turn = self._turns[plugin.activation_id]
        with turn:
            process = self._take(plugin) or PluginProcess(plugin.manifest, plugin.config, self.launcher)
            try:
                yield process
            except BaseException:
                # Whatever went wrong, answers may still be under way in it.
                process.kill()
                raise
            self._give_back(plugin, process)

    def _take(self, plugin: ActivePlugin) -> PluginProcess | None:
        while True:
            with self._lock:
                shelf = self._idle.get(plugin.activation_id)
                idle = shelf.pop() if shelf else None
            if idle is None:
                return None
            if idle.version == plugin.version and idle.config == plugin.config and idle.process.alive:
                return idle.process
            idle.process.kill()

    def _give_back(self, plugin: ActivePlugin, process: PluginProcess) -> None:
        if not process.alive:
            return
        with self._lock:
            shelf = self._idle.pop(plugin.activation_id, [])
            shelf.append(_Idle(plugin.version, plugin.config, process))
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
