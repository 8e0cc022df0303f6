"""The runner as the host starts it: a process of its own, spoken to over its standard streams."""

import io
import os
import queue
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from accord_sdk import Failed, Found, Page, Record, Selector, Skipped, wire
from accord_sdk.runner import Runner

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


@pytest.fixture
def guest(tmp_path: Path) -> Iterator[Guest]:
    with started(install(tmp_path, "example", PLUGIN)) as guest:
        guest.send(wire.Open(wire.PROTOCOL, "example"))
        guest.hello = guest.next()
        yield guest


def load_error(folder: Path, name: str, **config: object) -> wire.Error:
    with started(folder) as guest:
        guest.send(wire.Open(wire.PROTOCOL, name, config))
        done = guest.next()
        assert isinstance(done, wire.Done)
        assert (done.call, guest.next()) == ("open", None)
        assert guest.process.wait(WAIT) == 0  # though the pipe to it is still open
        return done.error


def test_hello_says_what_was_loaded(guest):
    hello = guest.hello
    assert (hello.protocol, hello.plugin, hello.version) == (wire.PROTOCOL, "example", "1.2.3")
    assert (hello.detectors, hello.sources) == (("echo", "moody"), ("pages",))
    assert (hello.assessors, hello.sharing) == ((), ())


def test_a_detector_answers_for_every_record(guest):
    guest.send(detect("c1", "echo", *(f"w{number}" for number in range(600))))
    frames, done = guest.done()
    items = [item for frame in frames for item in frame.items]
    assert items == [Found(ref, (Selector("text", f"w{ref}"),)) for ref in range(600)]
    assert max(len(frame.items) for frame in frames) <= 250
    assert (done.call, done.error) == ("c1", None)
    assert done.seconds >= 0


def test_an_exception_ends_the_call_and_not_the_process(guest):
    frames, done = guest.ask("c1", "anything")
    assert frames == []
    assert done.error.code == "exception"
    assert done.error.message.startswith("ValueError: 614")
    assert len(done.error.message) <= 500
    frames, done = guest.ask("c2", "half")
    assert frames == []
    assert "KeyError: 'then no more'" in done.error.message
    guest.send(detect("c3", "echo", "still here"))
    assert guest.done()[1] == wire.Done("c3", pytest.approx(0, abs=WAIT))
    assert guest.end() == 0
    assert b"Traceback" in guest.errors


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("exit", "SystemExit: 3"),
        ("surrogate", "half \\ud800"),
        ("wordless", "str() failed"),
        ("number", "unsupported"),
        ("deep", "RecursionError"),
    ],
)
def test_nothing_that_a_plugin_raises_or_answers_ends_the_process(guest, word, message):
    frames, done = guest.ask("c1", word)
    assert frames == []
    assert message in done.error.message
    assert guest.ask("c2", "print")[1].error is None


def test_an_unknown_name_is_an_error_of_that_call(guest):
    guest.send(detect("c1", "missing", "x"))
    assert "missing" in guest.done()[1].error.message
    guest.send(wire.Batch("c2", wire.Pull("echo", None, 1), WAIT))
    assert "echo" in guest.done()[1].error.message


def test_what_is_printed_never_reaches_the_protocol(guest):
    frames, done = guest.ask("c1", "print")
    assert frames == [wire.Results("c1", (Skipped(0, "printed"),))]
    assert done.error is None
    assert guest.end() == 0
    for words in (b"opened", b"from print", b"from the file descriptor", b"from a child process", b"closed"):
        assert words in guest.errors


def test_a_plugin_that_reads_standard_input_takes_nothing_from_the_protocol(guest):
    guest.send(detect("c1", "moody", "read"), detect("c2", "echo", "x"))
    assert guest.done()[0] == [wire.Results("c1", (Skipped(0, "''"),))]
    assert guest.done()[0] == [wire.Results("c2", (Found(0, (Selector("text", "x"),)),))]


def test_two_calls_in_flight_are_answered_in_order(guest):
    guest.send(detect("c1", "echo", "a"), detect("c2", "moody", "b"), detect("c3", "echo", "c"))
    ends = [guest.done()[1] for _ in range(3)]
    assert [done.call for done in ends] == ["c1", "c2", "c3"]
    assert [done.error is None for done in ends] == [True, False, True]


def test_cancel_reaches_a_running_call(guest):
    guest.send(detect("c1", "moody", "wait", dry_run=True))
    assert guest.next() == wire.Progress("c1", 1, 2)
    guest.send(wire.Cancel("c1"))
    assert guest.done()[0] == [wire.Results("c1", (Skipped(0, "stopped c1 True"),))]


def test_cancel_of_a_waiting_call_leaves_the_running_one_alone(guest):
    guest.send(detect("c1", "moody", "wait", timeout=0.5), detect("c2", "moody", "wait"), wire.Cancel("c2"))
    started_at = time.monotonic()
    assert guest.done()[1].call == "c1"
    assert time.monotonic() - started_at > 0.3
    assert guest.done()[1].call == "c2"


def test_a_call_past_its_deadline_sees_itself_cancelled(guest):
    frames, done = guest.ask("c1", "wait", timeout=0.1)
    assert frames[-1] == wire.Results("c1", (Skipped(0, "stopped c1 False"),))
    assert done.seconds >= 0.1


def test_a_page_is_sent_as_soon_as_it_is_made(guest):
    guest.send(wire.Batch("c1", wire.Pull("pages", None, 10), WAIT))
    first = guest.next()
    assert first == wire.Results("c1", (Page(({"external_id": "0"},), b"0", more=True),))
    guest.send(wire.Cancel("c1"))
    frames, done = guest.done()
    assert [len(frame.items) for frame in frames] == [1, 1]
    assert done.error is None


def test_the_end_of_the_pipe_ends_the_process_in_good_order(guest):
    assert guest.end() == 0
    assert b"closed" in guest.errors
    assert guest.next() is None


def test_close_ends_the_process_in_good_order(guest):
    guest.send(detect("c1", "echo", "a"), wire.Close())
    assert guest.done()[1].call == "c1"
    assert guest.next() is None
    assert guest.process.wait(WAIT) == 0
    assert b"Traceback" not in guest.errors


def test_nothing_is_read_after_close():
    stream = io.BytesIO(wire.encode(wire.Close()) + b"no frame")
    with pytest.raises(wire.WireError, match="must be open"):
        Runner(stream, io.BytesIO()).run()
    assert stream.read() == b"no frame"


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00\x00\x02hi",
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x09half",
        b"\x00\x00",
        wire.encode(wire.Progress("c", 1, 2)),
    ],
)
def test_bytes_that_are_no_frame_end_the_process_with_an_error(guest, data):
    guest.raw(data)
    assert guest.end() != 0
    assert b"WireError" in guest.errors or b"FrameTooLarge" in guest.errors


def test_a_host_that_says_nothing_is_left_quietly(tmp_path):
    with started(tmp_path) as guest:
        assert guest.end() == 0
        assert guest.errors == b""


def test_the_first_frame_must_be_open(tmp_path):
    with started(tmp_path) as guest:
        guest.send(wire.Cancel("x"), wire.Close())
        assert guest.end() != 0
        assert b"the first frame must be open" in guest.errors


def test_a_plugin_that_is_not_installed_is_a_load_error(tmp_path):
    error = load_error(tmp_path, "nowhere")
    assert error.code == "load"
    assert "'nowhere'" in error.message


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda code: code.replace("def accord_detectors", "def accord_detector"), "accord_detector"),
        (lambda code: code.replace("accord_sources(context)", "accord_sources(settings)"), "settings"),
        (lambda code: code.replace('name = "moody"', 'name = "echo"'), "'echo'"),
    ],
    ids=["misspelt hook", "wrong argument", "one name twice"],
)
def test_what_is_wrong_with_the_hooks_is_a_load_error_that_names_it(
    tmp_path: Path, change: Callable[[str], str], named: str
) -> None:
    error = load_error(install(tmp_path, "example", change(PLUGIN)), "example")
    assert error.code == "load"
    assert named in error.message


@pytest.mark.parametrize(
    ("code", "config", "message"),
    [
        ("import not_there", {}, "not_there"),
        ("def broken(:", {}, "SyntaxError"),
        (PLUGIN, {"fail": "no such model"}, "no such model"),
        (PLUGIN, {"exit": True}, "SystemExit"),
        (PLUGIN.replace('print("opened")', 'raise OSError("model file")'), {}, "model file"),
    ],
    ids=["import", "syntax", "configuration", "exit", "open"],
)
def test_what_a_plugin_raises_while_it_loads_is_reported(tmp_path, code, config, message):
    error = load_error(install(tmp_path, "example", code), "example", **config)
    assert error.code == "exception"
    assert message in error.message


def test_only_the_named_plugin_is_loaded(tmp_path):
    install(tmp_path, "other", "raise RuntimeError('loaded')")
    with started(install(tmp_path, "example", PLUGIN)) as guest:
        guest.send(wire.Open(wire.PROTOCOL, "example"))
        assert isinstance(guest.next(), wire.Hello)
        assert guest.end() == 0


def test_failed_is_an_answer_and_no_error(tmp_path):
    code = PLUGIN.replace(
        'yield Skipped(0, "printed")', 'from accord_sdk import Failed; yield Failed(0, "busy", "later", True)'
    )
    with started(install(tmp_path, "example", code)) as guest:
        guest.send(wire.Open(wire.PROTOCOL, "example"))
        guest.next()
        frames, done = guest.ask("c1", "print")
        assert frames == [wire.Results("c1", (Failed(0, "busy", "later", True),))]
        assert done.error is None
