"""Warm plugin processes of one worker. A process serves one activation only."""

from __future__ import annotations

import threading
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
    """Lends processes. At most `capacity` idle ones are kept warm; the least recently used goes first."""

    launcher: Launcher
    capacity: int = 12
    _idle: dict[UUID, list[_Idle]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def lend(self, plugin: ActivePlugin) -> Iterator[PluginProcess]:
        """A process of this activation for the length of the block; a failed one is not kept.

        :raises PluginFailed: when it does not start.
        """
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
            surplus = self._idle[oldest].pop(0) if sum(map(len, self._idle.values())) > self.capacity else None
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
