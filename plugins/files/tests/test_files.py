"""The source `files`, called as the runner calls it."""

import gzip
import json
import os
from pathlib import Path

import pytest

from accord_files.cursor import CursorError
from accord_files.source import PAGE_BYTES
from accord_sdk import Page
from accord_sdk.manifest import Manifest
from accord_sdk.testing import LocalCall, load


def line(name: str, **fields: object) -> str:
    return json.dumps({"external_id": name, "observed_at": "2026-05-01T12:00:00Z"} | fields) + "\n"


def pull(path: Path, cursor: bytes | None = None, *, limit: int = 100, **config: str) -> list[Page]:
    plugin = load("files", {"path": str(path)} | config)
    return list(plugin.sources["files"].pull(cursor, LocalCall(), limit=limit))


def ids(pages: list[Page]) -> list[str]:
    return [record["external_id"] for page in pages for record in page.records]


def rejected(pages: list[Page]) -> list[str]:
    return [item.position for page in pages for item in page.rejected]


def test_the_manifest_names_what_is_registered():
    text = (Path(__file__).parents[1] / "accord.toml").read_text()
    assert list(load("files", {"path": "/x"}).sources) == list(Manifest.parse(text).provides.sources)


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    (tmp_path / "b.jsonl").write_text(line("b1"))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.csv.gz").write_bytes(gzip.compress(b"external_id,title\nc1,x\n"))
    (tmp_path / "a.jsonl").write_text(line("a1") + line("a2"))
    for name in (".hidden.jsonl", "README.txt", "old.jsonl.bak"):
        (tmp_path / name).write_text(line("no"))
    (page,) = pull(tmp_path)
    assert ids([page]) == ["a1", "a2", "b1", "c1"]
    assert page.records[3] == {"external_id": "c1", "title": "x"}
    assert not page.more


def test_a_pattern_chooses_files(tmp_path):
    (tmp_path / "a.jsonl").write_text(line("a"))
    (tmp_path / "b.csv").write_text("external_id\nb\n")
    assert ids(pull(tmp_path, pattern="*.csv")) == ["b"]


@pytest.mark.parametrize("pattern", ["../*", "/etc/*"])
def test_a_pattern_cannot_leave_the_folder(tmp_path, pattern):
    with pytest.raises(ValueError, match="leaves the folder"):
        pull(tmp_path, pattern=pattern)


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    (tmp_path / "outside.jsonl").write_text(line("outside"))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.jsonl").symlink_to(tmp_path / "outside.jsonl")
    (folder / "a.jsonl").write_text(line("a"))
    assert ids(pull(folder)) == ["a"]


def test_one_file_is_read_whatever_its_name(tmp_path):
    (tmp_path / "export").write_text(line("a"))
    assert ids(pull(tmp_path / "export")) == ["a"]


def test_pages_hold_at_most_the_limit_and_any_cursor_goes_on(tmp_path):
    for file in range(3):
        (tmp_path / f"{file}.jsonl").write_text("".join(line(f"{file}-{number}") for number in range(5)))
    pages = pull(tmp_path, limit=4)
    assert [len(page.records) for page in pages] == [4, 4, 4, 3]
    assert [page.more for page in pages] == [True, True, True, False]
    for index, page in enumerate(pages, start=1):
        assert ids(pull(tmp_path, page.cursor)) == ids(pages[index:])


def test_pulling_again_gives_only_what_is_new(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(line("a"))
    (first,) = pull(tmp_path)
    assert ids(pull(tmp_path, first.cursor)) == []
    with path.open("a") as file:
        file.write(line("b"))
    (tmp_path / "new.jsonl").write_text(line("c"))
    (second,) = pull(tmp_path, first.cursor)
    assert ids([second]) == ["b", "c"]
    assert ids(pull(tmp_path, second.cursor)) == []


def test_an_appended_csv_keeps_its_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("external_id,title\na,x\n")
    (first,) = pull(tmp_path)
    with path.open("a") as file:
        file.write("b,y\n")
    (second,) = pull(tmp_path, first.cursor)
    assert second.records == ({"external_id": "b", "title": "y"},)


def test_an_appended_gzip_member_is_picked_up(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(line("a").encode()))
    (first,) = pull(tmp_path)
    with path.open("ab") as file:
        file.write(gzip.compress(line("b").encode()))
    assert ids(pull(tmp_path, first.cursor)) == ["b"]


@pytest.mark.parametrize("text", [line("x"), line("longer", title="more") + line("y"), ""])
def test_a_replaced_file_is_read_again(tmp_path, text):
    path = tmp_path / "a.jsonl"
    path.write_text(line("a"))
    (first,) = pull(tmp_path)
    path.write_text(text)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert len(ids(pull(tmp_path, first.cursor))) == text.count("\n")


def test_a_line_that_is_still_being_written_is_read_once_it_is_whole(tmp_path):
    path = tmp_path / "a.jsonl"
    whole = line("b")
    path.write_text(line("a") + whole[:20])
    (first,) = pull(tmp_path)
    assert ids([first]) == ["a"]
    assert rejected([first]) == ["a.jsonl:2"]
    assert rejected(pull(tmp_path, first.cursor)) == []
    with path.open("a") as file:
        file.write(whole[20:] + line("c"))
    (second,) = pull(tmp_path, first.cursor)
    assert ids([second]) == ["b", "c"]
    assert not second.rejected


def test_unreadable_lines_are_named_and_passed_over(tmp_path):
    (tmp_path / "a.jsonl").write_text(line("a") + "\n{broken\n" + line("b"))
    (tmp_path / "b.csv").write_text("title\nx\n")
    (page,) = pull(tmp_path)
    assert ids([page]) == ["a", "b"]
    assert rejected([page]) == ["a.jsonl:3", "b.csv:1"]
    assert "external_id" in page.rejected[1].reason
    assert not rejected(pull(tmp_path, page.cursor))


def test_a_file_of_rubbish_still_comes_in_pages(tmp_path):
    (tmp_path / "a.jsonl").write_text("rubbish\n" * 25)
    assert [len(page.rejected) for page in pull(tmp_path, limit=10)] == [10, 10, 5]


def test_pages_of_long_records_end_early(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        "".join(line(str(number), body="x" * 1_000_000) for number in range(20))
    )
    pages = pull(tmp_path, limit=500)
    assert ids(pages) == [str(number) for number in range(20)]
    assert all(
        sum(len(record["body"]) for record in page.records) <= PAGE_BYTES + 1_000_000 for page in pages
    )
    assert len(pages) == 3


def test_a_truncated_gzip_is_reported_once_and_read_on_when_it_is_whole(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    packed = gzip.compress(
        "".join(line(f"{number:x}" * 9, title=str(hash(number))) for number in range(3000)).encode()
    )
    path.write_bytes(packed[: len(packed) // 2])
    pages = pull(tmp_path, limit=100_000)
    before = len(ids(pages))
    assert before > 100
    assert "too early" in pages[-1].rejected[0].reason
    assert not rejected(pull(tmp_path, pages[-1].cursor))
    path.write_bytes(packed)
    again = pull(tmp_path, pages[-1].cursor, limit=100_000)
    assert before + len(ids(again)) == 3000
    assert not rejected(again)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_reported_and_tried_again(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(line("a"))
    path.chmod(0)
    (page,) = pull(tmp_path)
    assert rejected([page]) == ["a.jsonl"]
    path.chmod(0o600)
    assert ids(pull(tmp_path, page.cursor)) == ["a"]


def test_a_file_that_vanishes_is_forgotten(tmp_path):
    (tmp_path / "a.jsonl").write_text(line("a"))
    (first,) = pull(tmp_path)
    (tmp_path / "a.jsonl").unlink()
    (second,) = pull(tmp_path, first.cursor)
    assert second.cursor == b"{}"


def test_a_cancelled_pull_stops_at_a_page_that_can_be_gone_on_from(tmp_path):
    (tmp_path / "a.jsonl").write_text(line("a") + line("b") + line("c"))

    class Cancelled(LocalCall):
        def cancelled(self) -> bool:
            return True

    source = load("files", {"path": str(tmp_path)}).sources["files"]
    (page,) = source.pull(None, Cancelled(), limit=1)
    assert page.more
    assert ids([page, *pull(tmp_path, page.cursor)]) == ["a", "b", "c"]


def test_a_name_that_is_no_utf8_is_shown_and_does_not_break_the_cursor(tmp_path):
    (tmp_path / os.fsdecode(b"a\xff.jsonl")).write_text("rubbish\n" + line("a"))
    (page,) = pull(tmp_path)
    assert rejected([page]) == ["a\\xff.jsonl:1"]
    assert ids(pull(tmp_path, page.cursor)) == []


def test_wrong_configurations_and_cursors_say_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="path is empty"):
        load("files", {})
    with pytest.raises(ValueError, match="whole path"):
        load("files", {"path": "exports"})
    with pytest.raises(FileNotFoundError, match="no file and no folder"):
        pull(tmp_path / "missing")
    with pytest.raises(CursorError, match="from the start"):
        pull(tmp_path, b"someone else's")
