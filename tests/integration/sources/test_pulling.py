"""What a pull stores, refuses and keeps when the plugin or the worker fails."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.sources.conftest import Pulling, Strange, line, write

from accord.sources import rejects
from accord_config.database import Role
from accord_config.home import Home


def test_pulling_twice_stores_once(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1), line(2), line(3))
    first, second = from_files.pull(), from_files.pull()
    assert (first.read, first.stored, first.error) == (3, 3, None)
    assert (second.read, second.stored, second.rejected, second.error) == (0, 0, 0, None)
    assert second.finished_at is not None
    assert from_files.records() == ["1", "2", "3"]


def test_what_a_source_gives_again_is_known(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1), line(2))
    from_files.pull()
    write(folder / "b.jsonl", line(2), line(1, title="another text"))
    again = from_files.pull()
    assert (again.stored, again.unchanged, again.rejected) == (0, 1, 1)
    (reject,) = from_files.rejects()
    assert (reject.external_id, reject.position) == ("1", "page 1, record 2")
    assert "already stored with different content" in reject.reason


def test_appended_lines_are_picked_up(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1))
    from_files.pull()
    write(folder / "a.jsonl", line(2), line(3))
    appended = from_files.pull()
    assert (appended.read, appended.stored) == (2, 2)
    assert from_files.records() == ["1", "2", "3"]


def test_rejects_are_listed_with_file_and_line(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1), "{not json", line(2), line("late", observed_at="yesterday"))
    pull = from_files.pull()
    assert (pull.read, pull.stored, pull.rejected) == (4, 2, 2)
    unreadable, refused = from_files.rejects()
    assert (unreadable.position, unreadable.external_id) == ("a.jsonl:2", None)
    assert "JSON" in unreadable.reason
    assert (refused.position, refused.external_id) == ("page 1, record 3", "late")
    assert "observed_at" in refused.reason


def test_a_reject_that_is_seen_again_is_kept_once(from_files: Pulling, folder: Path) -> None:
    for text_after in ("", "# a first change\n", "# a second change of the file\n"):
        (folder / "a.jsonl").write_text("{not json\n" + json.dumps(line(1)) + "\n" + text_after)
        from_files.pull()
    assert [reject.position for reject in from_files.rejects()] == ["a.jsonl:1", "a.jsonl:3"]


def test_the_newest_rejects_of_a_source_are_kept(
    from_files: Pulling, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejects, "KEPT", 3)
    write(folder / "a.jsonl", "{", "{", "{")
    from_files.pull()
    write(folder / "a.jsonl", "{", "{")
    assert from_files.pull().rejected == 2
    kept = {reject.position for reject in from_files.rejects()}
    assert len(kept) == 3
    assert {"a.jsonl:4", "a.jsonl:5"} < kept


def test_a_failing_plugin_keeps_what_it_gave_and_the_cursor_behind_it(strange: Strange) -> None:
    adverts = strange(
        """
yield Page((record(start), record(start + 1)), str(start + 2).encode(), True)
raise OSError("the other side hung up\\x1b[2J")
"""
    )
    failed = adverts.pull()
    assert failed.finished_at is not None
    assert failed.error == "strange: OSError: the other side hung up\N{REPLACEMENT CHARACTER}[2J"
    assert (failed.stored, adverts.source().cursor) == (2, b"2")
    assert [(one.last_error, one.pulling) for one in adverts.listed()] == [(failed.error, False)]
    strange("yield Page((record(start),), str(start + 1).encode(), False)")
    mended = adverts.pull()
    assert (mended.stored, mended.error, adverts.source().cursor) == (1, None, b"3")
    assert adverts.records() == ["0", "1", "2"]
    assert [one.last_error for one in adverts.listed()] == [None]


def test_what_the_plugin_says_of_its_progress_is_seen_while_it_pulls(strange: Strange) -> None:
    adverts = strange(
        """
call.progress(1, 2_000)
yield Page((record(start),), b"1", True)
call.progress(2, -5)
yield Page((record(start + 1),), b"2", False)
"""
    )
    asked, seen = adverts.request(), []
    adverts.work(lambda _: seen.append(adverts.one(asked).progress))
    assert seen == ["1 of 2,000", "1 of 2,000"], "not more than once a second"
    done = adverts.one(asked)
    assert (done.progress, done.stored, done.error) == ("", 2, None)


def test_a_plugin_that_fails_at_once_keeps_the_cursor(from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", line(1))
    from_files.pull()
    cursor = from_files.source().cursor
    folder.rename(folder.with_name("away"))
    failed = from_files.pull()
    assert failed.error is not None
    assert "no file and no folder" in failed.error
    assert from_files.source().cursor == cursor
    folder.with_name("away").rename(folder)
    assert (from_files.pull().error, from_files.records()) == (None, ["1"])


def test_a_plugin_killed_between_pages_loses_nothing(strange: Strange) -> None:
    adverts = strange(
        """
for key in range(start, 4):
    yield Page((record(key),), str(key + 1).encode(), key < 3)
    if start == 0 and key == 1:
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    killed = adverts.pull()
    assert killed.error == "strange ended with exit code -9"
    assert (adverts.records(), adverts.source().cursor) == (["0", "1"], b"2")
    assert adverts.pull().error is None
    assert adverts.records() == ["0", "1", "2", "3"]


CHILD = """
import os, signal, sys
from uuid import UUID
from accord_sdk.host.launch import ProcessLauncher
from accord.host.pool import ProcessPool
from accord.sources.pulling import pull_source
from accord_config.database import Database

def die(pages):
    if pages == 2:
        os.kill(os.getpid(), signal.SIGKILL)

url, organisation, source = sys.argv[1:]
pull_source(Database(url), ProcessPool(ProcessLauncher()), UUID(organisation), UUID(source), on_page=die)
"""


def test_a_worker_killed_between_pages_loses_nothing(home: Home, from_files: Pulling, folder: Path) -> None:
    write(folder / "a.jsonl", *(line(key) for key in range(1_700)))
    asked = from_files.request()
    source = from_files.source()
    url = home.url(Role.WORKER).render_as_string(hide_password=False)
    killed = subprocess.run(
        [sys.executable, "-c", CHILD, url, str(source.organisation_id), str(source.id)],
        check=False,
        timeout=120,
    )
    assert killed.returncode == -signal.SIGKILL
    half = from_files.one(asked)
    assert (half.stored, half.finished_at, len(from_files.records())) == (1_000, None, 1_000)
    from_files.work()
    whole = from_files.one(asked)
    assert (whole.read, whole.stored, whole.unchanged, whole.error) == (1_700, 1_700, 0, None)
    assert sorted(map(int, from_files.records())) == list(range(1_700))


def test_values_that_are_not_json_are_refused_one_by_one(strange: Strange) -> None:
    adverts = strange(
        """
deep = []
for _ in range(400):
    deep = [deep]
values = [
    datetime.datetime(2026, 5, 1, tzinfo=datetime.timezone.utc), msgspec.msgpack.Ext(5, b"x"), b"bytes",
    float("nan"), {1: "one"}, {"in": [msgspec.msgpack.Ext(6, b"y")]}, deep, "\\x00", "x" * 3_000_000,
]
records = tuple(record(number, extra={"value": value}) for number, value in enumerate(values))
odd = ({"external_id": 7, "observed_at": values[0]}, {}, {"external_id": "o", "observed_at": ["2026"]})
yield Page((record("good"), *records, *odd), b"1", False)
"""
    )
    pull = adverts.pull()
    assert (pull.error, pull.stored, pull.rejected) == (None, 1, 12)
    assert adverts.records() == ["good"]
    reasons = {reject.external_id or reject.position: reject.reason for reject in adverts.rejects()}
    wanted = ["datetime", "Ext", "bytes", "NaN", "keys", "Ext", "levels", "NUL", "longer"]
    assert all(word in reasons[str(number)] for number, word in enumerate(wanted)), reasons
    assert "datetime" in reasons["page 1, record 11"]
    assert "external_id" in reasons["page 1, record 12"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("yield Page((), b'', True)\nyield Page((), b'', True)", "does not move on"),
        ("yield Page(tuple(record(key) for key in range(limit + 1)), b'1', False)", "a page of 501 records"),
        ("yield Page((), bytes(17 * 1024 * 1024), False)", "cursor of more than"),
        ("yield {'records': []}", "not a frame"),
        ("yield Page((7,), b'1', False)", "not a frame"),
        ("import time\ntime.sleep(30)\nyield Page((), b'', False)", "time limit"),
    ],
)
def test_a_page_that_breaks_the_contract_is_not_kept(strange: Strange, body: str, word: str) -> None:
    adverts = strange(body)
    pull = adverts.pull()
    assert pull.error is not None
    assert word in pull.error
    assert adverts.records() == []


def test_what_was_withdrawn_and_what_the_source_could_not_read_are_counted(strange: Strange) -> None:
    adverts = strange(
        """
rejected = tuple(RejectedRecord(f"page {n}\\x00", "row is broken" * 100) for n in range(3))
yield Page((record(1),), b"1", False, removed=("1", "2"), rejected=rejected)
"""
    )
    pull = adverts.pull()
    assert (pull.read, pull.stored, pull.rejected, pull.removed) == (4, 1, 3, 1)
    assert adverts.records() == ["1"]
    assert [len(reject.reason) for reject in adverts.rejects()] == [500] * 3
