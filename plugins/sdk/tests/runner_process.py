"""A runner as the host starts it: a process of its own, spoken to over its standard streams."""

import os
import queue
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from accord_sdk import Record, wire

WAIT = 20.0

PLUGIN = """
import os, sys, time
from accord_sdk import Found, Page, Selector, Skipped, hookimpl

class Echo:
    name = "echo"
    def open(self):
        print("opened")
    def detect(self, batch, call):
        for ref, record in enumerate(batch):
            yield Found(ref, (Selector("text", record.body or ""),))
    def close(self):
        print("closed")

class Moody(Echo):
    name = "moody"
    def detect(self, batch, call):
        word = batch[0].body
        if word == "print":
            print("from print")
            os.write(1, b"from the file descriptor\\n")
            os.system("echo from a child process")
            yield Skipped(0, "printed")
        elif word == "read":
            yield Skipped(0, repr(sys.stdin.read()))
        elif word == "exit":
            sys.exit(3)
        elif word == "surrogate":
            raise ValueError("half \\ud800")
        elif word == "wordless":
            class Wordless(Exception):
                def __str__(self):
                    raise RuntimeError("no words")
            raise Wordless
        elif word == "number":
            yield Found(0, (Selector("text", object()),))
        elif word == "deep":
            nested = []
            for _ in range(100_000):
                nested = [nested]
            yield Page(({"a": nested},), b"", False)
        elif word == "half":
            yield Skipped(0, "first")
            raise KeyError("then no more")
        elif word == "wait":
            call.progress(1, 2)
            while not call.cancelled():
                time.sleep(0.01)
            yield Skipped(0, f"stopped {call.id} {call.dry_run}")
        else:
            raise ValueError("614-555-0134 is " + "long " * 500)

class Pages:
    name = "pages"
    def pull(self, cursor, call, *, limit):
        for number in range(3):
            yield Page(({"external_id": str(number)},), b"%d" % number, number < 2)
            if number == 0:
                while not call.cancelled():
                    time.sleep(0.01)

@hookimpl
def accord_detectors(context):
    if context.config.get("fail"):
        raise RuntimeError(context.config["fail"])
    if context.config.get("exit"):
        sys.exit(1)
    return [Echo(), Moody()]

@hookimpl
def accord_sources(context):
    return [Pages()]
"""


def install(folder: Path, name: str, code: str) -> Path:
    """A distribution in a folder, as an installer lays it out."""
    info = folder / f"{name}-1.2.3.dist-info"
    (info / "extra_metadata").mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.2.3\n")
    (info / "entry_points.txt").write_text(f"[accord]\n{name} = {name}_plugin\n")
    (info / "extra_metadata" / "accord.toml").write_text("protocol = 1\n")
    (folder / f"{name}_plugin.py").write_text(textwrap.dedent(code))
    return folder


class Guest:
    """The host's side of one runner process."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.errors = b""
        self._frames: queue.Queue[wire.ToHost | None] = queue.Queue()
        self._threads = [threading.Thread(target=self._read), threading.Thread(target=self._read_errors)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        while (body := wire.read_body(self.process.stdout)) is not None:
            self._frames.put(wire.decode_for_host(body))
        self._frames.put(None)

    def _read_errors(self) -> None:
        self.errors = self.process.stderr.read()

    def send(self, *frames: wire.ToGuest) -> None:
        self.raw(b"".join(map(wire.encode, frames)))

    def raw(self, data: bytes) -> None:
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def next(self) -> wire.ToHost | None:
        return self._frames.get(timeout=WAIT)

    def done(self) -> tuple[list[wire.ToHost], wire.Done]:
        """Frames up to the end of a call, and that end."""
        frames: list[wire.ToHost] = []
        while not isinstance(frame := self.next(), wire.Done):
            assert frame is not None, "the process ended"
            frames.append(frame)
        return frames, frame

    def ask(self, call: str, word: str, **changes: Any) -> tuple[list[wire.ToHost], wire.Done]:
        self.send(detect(call, "moody", word, **changes))
        return self.done()

    def end(self) -> int:
        """Close the pipe, as a host that dies does; the exit code."""
        self.process.stdin.close()
        code = self.process.wait(WAIT)
        for thread in self._threads:
            thread.join(WAIT)
        return code


def detect(call: str, name: str, *words: str, timeout: float = WAIT, dry_run: bool = False) -> wire.Batch:
    records = tuple(Record(body=word) for word in words)
    return wire.Batch(call, wire.Detect(name, records), timeout, dry_run)


@contextmanager
def started(folder: Path) -> Iterator[Guest]:
    process = subprocess.Popen(
        [sys.executable, "-m", "accord_sdk.runner"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(folder)},
    )
    guest = Guest(process)
    try:
        yield guest
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        for thread in guest._threads:
            thread.join(WAIT)
        process.stdout.close()
        process.stderr.close()
