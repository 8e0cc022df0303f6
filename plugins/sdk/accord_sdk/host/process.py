"""One plugin's process: frames over pipes, wall time measured here, ended by SIGKILL."""

from __future__ import annotations

import logging
import math
import os
import queue
import select
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO, Any

from accord_sdk import Manifest, wire
from accord_sdk.host.errors import (
    PluginDied,
    PluginFailed,
    PluginLate,
    PluginMisbehaved,
    PluginRaised,
    PluginStopped,
    PluginTimedOut,
)
from accord_sdk.host.grants import Grants, NoGrants, Refused
from accord_sdk.host.launch import Launcher, end, ended
from accord_sdk.host.probe import still_starts

IN_FLIGHT = 2
"""Calls that wait in the process at once: one is worked on, one is ready."""
CALL_CAP = 256 * 1024 * 1024
"""Most bytes that the answers to one call may have together."""
READ_SIZE = 1 << 18
CANCEL_GRACE_S = 2.0
"""A plugin that was told to leave its calls alone may take so long to say that it did."""
CLOSING_S = 1.0
"""Between the end of a process's output and its own end; one that takes longer is killed."""

logger = logging.getLogger(__name__)


class PluginProcess:
    """A started plugin. Not safe for use by several threads at once."""

    def __init__(
        self,
        manifest: Manifest,
        config: dict[str, Any],
        launcher: Launcher,
        folders: Sequence[Path] = (),
        grants: Grants | None = None,
        site: Path | None = None,
    ) -> None:
        self.manifest = manifest
        self._grants = grants or NoGrants()
        self._process = launcher.start(manifest, folders, site)
        self._stdin, self._stdout = _pipes(self._process)
        self._buffer = bytearray()
        self._stopped = False
        self._calls = count(1)
        self._time_limit = f"limits.open_seconds = {manifest.limits.open_seconds:g}"
        self._outbox: queue.Queue[bytes | None] = queue.Queue()
        threading.Thread(target=self._write, name=f"write to {manifest.name}", daemon=True).start()
        try:
            self._open(config)
        except PluginFailed as error:
            self.kill()
            if isinstance(error, PluginDied):
                still_starts(launcher)
            raise
        self._time_limit = f"limits.batch_seconds = {manifest.limits.batch_seconds:g}"

    @property
    def pid(self) -> int:
        """The process id, which is its process group's too."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def call(self, task: wire.Task, *, dry_run: bool = False) -> list[wire.Item]:
        """The answers to one task.

        :raises PluginFailed: when there are none; see its subclasses.
        """
        (items,) = self.stream([task], dry_run=dry_run)
        if isinstance(items, PluginFailed):
            raise items
        return items

    def stream(
        self, tasks: Iterable[wire.Task], *, dry_run: bool = False, until: float = math.inf
    ) -> Iterator[list[wire.Item] | PluginRaised]:
        """The answers to each task, in order, with the next one already under way.

        At `until` (on `time.monotonic`'s clock) what is not answered is cancelled.

        :raises PluginLate: when it was cancelled; the process goes on if it heeded that.
        :raises PluginFailed: when the process is lost; what was not answered by then stays undone.
        """
        waiting: deque[str] = deque()
        try:
            for task in tasks:
                waiting.append(self._send(task, dry_run))
                if len(waiting) >= IN_FLIGHT:
                    yield self._collect(waiting[0], until)
                    waiting.popleft()
            while waiting:
                yield self._collect(waiting[0], until)
                waiting.popleft()
        except PluginLate:
            self._cancel(waiting)
            raise
        except PluginFailed:
            self.kill()
            raise

    def _cancel(self, calls: Iterable[str]) -> None:
        """Have the process leave these calls alone, in order; kill it when it does not."""
        waiting = list(calls)
        for call in waiting:
            self._outbox.put(wire.encode(wire.Cancel(call)))
        until = time.monotonic() + CANCEL_GRACE_S
        try:
            for call in waiting:
                self._collect(call, until)
        except PluginFailed:
            self.kill()

    def _send(self, task: wire.Task, dry_run: bool) -> str:
        call = f"c{next(self._calls)}"
        self._outbox.put(wire.encode(wire.Batch(call, task, self.manifest.limits.batch_seconds, dry_run)))
        return call

    def _collect(self, call: str, until: float = math.inf) -> list[wire.Item] | PluginRaised:
        deadline = time.monotonic() + self.manifest.limits.batch_seconds
        try:
            return self._answer(call, min(deadline, until))
        except PluginTimedOut as error:
            if until < deadline:
                raise PluginLate(
                    f"{self.manifest.name} was not done in time; it gets more by itself"
                ) from error
            raise

    def _answer(self, call: str, deadline: float) -> list[wire.Item] | PluginRaised:
        items: list[wire.Item] = []
        size = 0
        while True:
            body = self._read_frame(deadline)
            size += len(body)
            if size > CALL_CAP:
                raise PluginMisbehaved(
                    f"{self.manifest.name} answered one call with more than {CALL_CAP} bytes"
                )
            match self._decode(body):
                case wire.Results(call=name, items=more) if name == call:
                    items.extend(more)
                case wire.Done(call=name, error=error) if name == call:
                    return items if error is None else PluginRaised(f"{self.manifest.name}: {error.message}")
                case wire.Log(level, message):
                    logger.info("%s says (%s): %s", self.manifest.name, level, message)
                case wire.Need() as need:
                    self._give(need)
                case wire.Progress():
                    pass
                case frame:
                    raise PluginMisbehaved(f"{self.manifest.name} sent {type(frame).__name__} out of turn")

    def _open(self, config: dict[str, Any]) -> None:
        self._outbox.put(wire.encode(wire.Open(wire.PROTOCOL, self.manifest.name, config)))
        deadline = time.monotonic() + self.manifest.limits.open_seconds
        while isinstance(frame := self._decode(self._read_frame(deadline)), wire.Need):
            self._give(frame)
        if isinstance(frame, wire.Done) and frame.error is not None:
            raise PluginRaised(f"{self.manifest.name} does not start: {frame.error.message}")
        if not isinstance(frame, wire.Hello):
            raise PluginMisbehaved(f"{self.manifest.name} does not say hello")
        provides = self.manifest.provides
        for kind in provides.__struct_fields__:
            said, registered = set(getattr(provides, kind)), set(getattr(frame, kind))
            if said != registered:
                raise PluginMisbehaved(
                    f"{self.manifest.name} registers {kind} {sorted(registered)};"
                    f" its manifest says {sorted(said)}"
                )

    def _give(self, need: wire.Need) -> None:
        """Answer what the plugin asked for. The time that it takes is the plugin's."""
        try:
            given = wire.Given(need.id, self._grants.give(need.want))
        except Refused as refusal:
            given = wire.Given(need.id, error=wire.Error(refusal.code, str(refusal)))
        self._outbox.put(wire.encode(given))

    def _decode(self, body: bytes) -> wire.ToHost:
        try:
            return wire.decode_for_host(body)
        except wire.WireError as error:
            raise PluginMisbehaved(f"{self.manifest.name}: {error}") from error

    def _read_frame(self, deadline: float) -> bytes:
        # Taken out of the buffer as a whole: who gives up within a frame can go on reading it later.
        self._read(4, deadline)
        try:
            end = 4 + wire.decode_length(bytes(self._buffer[:4]))
        except wire.WireError as error:
            raise PluginMisbehaved(f"{self.manifest.name}: {error}", "wire.FRAME_CAP") from error
        self._read(end, deadline)
        body = bytes(memoryview(self._buffer)[4:end])
        del self._buffer[:end]
        return body

    def _read(self, size: int, deadline: float) -> None:
        while len(self._buffer) < size:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._stdout], [], [], left)[0]:
                raise PluginTimedOut(
                    f"{self.manifest.name} did not answer within its time limit", self._time_limit
                )
            part = os.read(self._stdout.fileno(), READ_SIZE)
            if not part and self._stopped:
                raise PluginStopped(f"{self.manifest.name} was stopped while it was at work")
            if not part:
                raise PluginDied(f"{self.manifest.name} ended {self._ending()}")
            self._buffer += part

    def _ending(self) -> str:
        """How the process ended; one that only closed its output has no business to go on."""
        try:
            return f"with exit code {self._process.wait(CLOSING_S)}"
        except subprocess.TimeoutExpired:
            return "the conversation, and went on without it"

    def _write(self) -> None:
        # The stream is closed here and nowhere else: closed by another thread, its number could belong to
        # another plugin's pipe by the time that the next write comes to the kernel.
        # The reader notices a process that is gone; the writer just has nobody to write to.
        with suppress(BrokenPipeError), self._stdin as stream:
            while (data := self._outbox.get()) is not None:
                view = memoryview(data)
                while view:
                    view = view[stream.write(view) :]

    def end_now(self) -> None:
        """Send SIGKILL to the process and whatever it started, from any thread; its user finds it stopped."""
        self._stopped = True
        end(self._process)
        self._process.wait()

    def kill(self) -> None:
        """End the process and whatever it started, now."""
        end(self._process)
        self._release()

    def ask_to_end(self) -> None:
        """Ask the process to end and do not wait for it; `close` does."""
        self._outbox.put(wire.encode(wire.Close()))

    def close(self, *, grace_s: float = 2.0) -> None:
        """Ask the process to end; kill it when it does not within `grace_s` seconds."""
        self.ask_to_end()
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self.kill()
        else:
            self._release()

    def _release(self) -> None:
        self._outbox.put(None)
        ended(self._process)
        self._stdout.close()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("the launcher must connect standard input and output")
    return process.stdin, process.stdout
