"""The runner's standard streams: nothing but frames on them, and an end in good order."""

import io

import pytest
from plugins.sdk.tests.runner_process import WAIT, detect, started

from accord_sdk import Found, Selector, Skipped, wire
from accord_sdk.runner import Runner


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
