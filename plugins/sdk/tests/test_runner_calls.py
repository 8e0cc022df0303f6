"""What the runner answers to calls: results, failures, progress, and the end of those that are cancelled."""

import time

import pytest
from plugins.sdk.tests.runner_process import PLUGIN, WAIT, detect, install, started

from accord_sdk import Failed, Found, Page, Selector, Skipped, wire


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
    started_at = time.monotonic()
    guest.send(detect("c1", "moody", "wait", timeout=0.5), detect("c2", "moody", "wait"), wire.Cancel("c2"))
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
