"""The guest's side: loads one plugin with pluggy and answers the host's calls.

Run as `python -m accord_sdk.runner`. Frames come on standard input; answers go to a private copy of
standard output, so that a plugin's `print` lands on standard error and never in the protocol.
"""

from __future__ import annotations

import gc
import os
import queue
import select
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from importlib import metadata
from itertools import count
from typing import Any, BinaryIO, cast

import pluggy

from accord_sdk import hooks, wire
from accord_sdk.hooks import Assessor, Context, Deliverer, Detector, Reviewer, Source
from accord_sdk.manifest import ENTRY_POINT_GROUP
from accord_sdk.outside import Ask, Http, NotGiven, Store, nobody
from accord_sdk.sources import Page

RESULTS_PER_FRAME = 250
YOUNG_OBJECTS = 20_000
"""So many new objects before garbage is looked for: a batch of records is none until it is answered."""


class LoadError(Exception):
    """The plugin cannot be loaded; the message says what is wrong with it."""


class Plugin:
    """One loaded plugin: what it registered, by name."""

    def __init__(self, name: str, config: dict[str, Any], ask: Ask = nobody) -> None:
        self.manager = pluggy.PluginManager("accord")
        self.manager.add_hookspecs(hooks)
        self.version = self._load(name)
        context = Context(name, self.version, config, Http(ask), Store(ask))
        hook = self.manager.hook
        self.detectors: dict[str, Detector] = _named(hook.accord_detectors(context=context))
        self.assessors: dict[str, Assessor] = _named(hook.accord_assessors(context=context))
        self.sources: dict[str, Source] = _named(hook.accord_sources(context=context))
        self.sharing: dict[str, Reviewer | Deliverer] = _named(hook.accord_sharing(context=context))
        for detector in self.detectors.values():
            detector.open()

    def _load(self, name: str) -> str:
        try:
            self._register(name)
        except pluggy.PluginValidationError as error:
            raise LoadError(str(error)) from error
        ((_, distribution),) = self.manager.list_plugin_distinfo()
        return str(distribution.version)

    def _register(self, name: str) -> None:
        if not self.manager.load_setuptools_entrypoints(ENTRY_POINT_GROUP, name=name):
            raise LoadError(f"no entry point {name!r} in group {ENTRY_POINT_GROUP!r}")
        self.manager.check_pending()

    def close(self) -> None:
        """Let the detectors end in good order."""
        for detector in self.detectors.values():
            detector.close()

    def answer(self, task: wire.Task, call: GuestCall) -> Iterable[wire.Item]:
        """The plugin's answers to one task, as it makes them."""
        match task:
            case wire.Detect(name, records):
                return self.detectors[name].detect(records, call)
            case wire.Assess(name, leads):
                return self.assessors[name].assess(leads, call)
            case wire.Pull(name, cursor, limit):
                return self.sources[name].pull(cursor, call, limit=limit)
            case wire.Review(name, draft):
                return [self._reviewer(name).review(draft, call)]
            case wire.Deliver(name, share):
                return [self._deliverer(name).deliver(share, call)]
            case wire.Retract(name, receipt):
                return [self._deliverer(name).retract(receipt, call)]

    def _reviewer(self, name: str) -> Reviewer:
        hook = self.sharing[name]
        if not hasattr(hook, "review"):
            raise LoadError(f"{name} reviews nothing: it has no method review")
        return cast("Reviewer", hook)

    def _deliverer(self, name: str) -> Deliverer:
        hook = self.sharing[name]
        if not hasattr(hook, "deliver"):
            raise LoadError(f"{name} delivers nothing: it has no method deliver")
        return cast("Deliverer", hook)


def _named(groups: list[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for group in groups:
        for item in group:
            if item.name in named:
                raise LoadError(f"two registrations are named {item.name!r}")
            named[item.name] = item
    return named


class GuestCall:
    """The guest's view of one call (see `accord_sdk.hooks.Call`)."""

    def __init__(self, batch: wire.Batch, runner: Runner) -> None:
        self.id = batch.call
        self.deadline = time.monotonic() + batch.timeout_s
        self.dry_run = batch.dry_run
        self._runner = runner

    def cancelled(self) -> bool:
        return self.id in self._runner.cancelled or time.monotonic() > self.deadline

    def progress(self, done: int, total: int) -> None:
        self._runner.send(wire.Progress(self.id, done, total))


class Runner:
    """Reads frames in a thread, answers calls one after another in the main thread."""

    def __init__(self, stdin: BinaryIO, stdout: BinaryIO) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._frames: queue.Queue[wire.ToGuest | wire.WireError | OSError | None] = queue.Queue(maxsize=4)
        self._sending = threading.Lock()
        self._needs = count(1)
        self._waiting: dict[str, queue.Queue[wire.Given | None]] = {}
        self._ended = False
        self.cancelled: set[str] = set()

    def send(self, frame: wire.ToHost) -> None:
        """Send one frame to the host; any thread of the plugin may."""
        data = wire.encode(frame)
        with self._sending:
            self._stdout.write(data)
            self._stdout.flush()

    def ask(self, want: wire.Want) -> wire.Gift:
        """Ask the host for something and wait for it.

        :raises NotGiven: when the host gives nothing.
        """
        name = f"n{next(self._needs)}"
        answer: queue.Queue[wire.Given | None] = queue.Queue()
        self._waiting[name] = answer
        try:
            self.send(wire.Need(name, want))
        except wire.FrameTooLarge as error:
            del self._waiting[name]
            raise NotGiven("too_large", str(error)) from error
        if self._ended:
            answer.put(None)
        given = answer.get()
        if given is None:
            raise NotGiven("no_host", "the host ended the conversation")
        if given.error is not None:
            raise NotGiven(given.error.code, given.error.message)
        if given.gift is None:
            raise NotGiven("failed", "the host gave nothing")
        return given.gift

    def _receive(self) -> None:
        """Queue the host's frames, and at last None or what was wrong: run() must not wait for ever."""
        try:
            self._read_frames()
        except (wire.WireError, OSError) as error:
            end: wire.WireError | OSError | None = error
        else:
            end = None
        self._ended = True
        for answer in list(self._waiting.values()):
            answer.put(None)
        self._frames.put(end)

    def _read_frames(self) -> None:
        while (body := wire.read_body(self._stdin)) is not None:
            frame = wire.decode_for_guest(body)
            if isinstance(frame, wire.Cancel):
                self.cancelled.add(frame.call)
            elif isinstance(frame, wire.Given):
                if (answer := self._waiting.pop(frame.id, None)) is not None:
                    answer.put(frame)
            else:
                self._frames.put(frame)
                if isinstance(frame, wire.Close):
                    # Nothing follows, and what would be read from is about to be closed.
                    return

    def _next(self) -> wire.ToGuest | None:
        frame = self._frames.get()
        if isinstance(frame, Exception):
            raise frame
        return frame

    def run(self) -> None:
        """Serve until the host closes.

        :raises WireError: when the host sent something that is no frame.
        """
        threading.Thread(target=self._receive, daemon=True).start()
        first = self._next()
        if first is None:
            return
        if not isinstance(first, wire.Open):
            raise wire.WireError("the first frame must be open")
        try:
            plugin = Plugin(first.plugin, first.config, self.ask)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises is the host's to report
            traceback.print_exc()
            code = "load" if isinstance(error, LoadError) else "exception"
            self.send(wire.Done("open", error=wire.Error(code, _describe(error))))
            return
        # What is loaded now stays: looking through it again and again was a sixth of a detector's time.
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)
        self.send(
            wire.Hello(
                protocol=wire.PROTOCOL,
                sdk=metadata.version("accord-sdk"),
                plugin=first.plugin,
                version=plugin.version,
                detectors=tuple(plugin.detectors),
                assessors=tuple(plugin.assessors),
                sources=tuple(plugin.sources),
                sharing=tuple(plugin.sharing),
            )
        )
        while isinstance(frame := self._next(), wire.Batch):
            self._call(plugin, frame)
        plugin.close()

    def _call(self, plugin: Plugin, batch: wire.Batch) -> None:
        started = time.monotonic()
        if batch.call in self.cancelled:
            self.cancelled.discard(batch.call)
            self.send(wire.Done(batch.call, error=wire.Error("cancelled", "the host no longer wants it")))
            return
        error = None
        try:
            for items in _frames_of(plugin.answer(batch.task, GuestCall(batch, self))):
                self.send(wire.Results(batch.call, items))
        except (Exception, SystemExit) as failure:  # noqa: BLE001 - a plugin's failure harms this call only
            traceback.print_exc()
            error = wire.Error("exception", _describe(failure))
        self.cancelled.discard(batch.call)
        self.send(wire.Done(batch.call, time.monotonic() - started, error))


def _frames_of(items: Iterable[wire.Item]) -> Iterator[tuple[wire.Item, ...]]:
    """Small answers many to a frame; a page, which holds many records, on its own and at once."""
    chunk: list[wire.Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == RESULTS_PER_FRAME or isinstance(item, Page):
            yield tuple(chunk)
            chunk.clear()
    if chunk:
        yield tuple(chunk)


def _describe(error: BaseException) -> str:
    """The exception in words that always fit a frame, even where its own `str` fails or is no UTF-8."""
    text = "".join(traceback.format_exception_only(error)).strip()
    return text.encode("utf-8", "backslashreplace").decode()[:500]


def _end_with_the_host(protocol: int) -> None:
    """End this process as soon as nobody can read its answers any more: its host was killed.

    A plugin in the middle of a long call would go on without one. Polling for no event still reports
    that the other end of a pipe is gone.
    """
    watch = select.poll()
    watch.register(protocol, 0)
    watch.poll()
    os._exit(1)


def main() -> None:
    """Run one plugin over private copies of this process's standard streams.

    What the plugin prints goes to standard error; what it reads from standard input is at its end.
    """
    frames, protocol = os.dup(0), os.dup(1)
    nothing, writer = os.pipe()  # no /dev/null in the sandbox
    os.close(writer)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    threading.Thread(target=_end_with_the_host, args=(protocol,), daemon=True).start()
    # Unbuffered, because a buffer's lock is held by the thread that waits for the next frame: ending
    # after `close` or a failed load would wait for a frame that never comes.
    with os.fdopen(frames, "rb", buffering=0) as stdin, os.fdopen(protocol, "wb") as stdout:
        Runner(stdin, stdout).run()


if __name__ == "__main__":
    main()
