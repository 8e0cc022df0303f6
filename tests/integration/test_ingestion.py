"""Files that nobody here wrote: every bad line is accounted for, everything good is kept, once."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from accord.ingestion.files import Counts, reject_path
from accord.ingestion.service import ensure_source, store, validate
from accord_config.database import Role

PDQ = "0123456789abcdef" * 4

BAD_LINES: dict[str, tuple[bytes, str]] = {
    "bad JSON": (b'{"external_id": "b1", ', "not JSON"),
    "no JSON at all": (b"hello", "not JSON"),
    "a list": (b'["external_id"]', "not a JSON object"),
    "no id": (b'{"observed_at": "2026-05-01T12:00:00Z"}', "external_id"),
    "no time": (b'{"external_id": "b2"}', "observed_at"),
    "a naive time": (b'{"external_id": "b3", "observed_at": "2026-05-01T12:00:00"}', "offset"),
    "an impossible time": (b'{"external_id": "b4", "observed_at": "2026-02-30T12:00:00Z"}', "no time"),
    "a short hash": (
        b'{"external_id": "b5", "observed_at": "2026-05-01T12:00:00Z", "images": [{"pdq": "abc"}]}',
        "images.0.pdq",
    ),
    "a NUL byte": (b'{"external_id": "b6", "observed_at": "2026-05-01T12:00:00Z", "body": "a\x00b"}', "NUL"),
    "an escaped NUL": (
        rb'{"external_id": "b7", "observed_at": "2026-05-01T12:00:00Z", "body": "a\u0000b"}',
        "NUL",
    ),
    "half a surrogate pair": (
        rb'{"external_id": "b8", "observed_at": "2026-05-01T12:00:00Z", "body": "\ud83d"}',
        "surrogate",
    ),
    "a text of a megabyte": (
        b'{"external_id": "b9", "observed_at": "2026-05-01T12:00:00Z", "body": "' + b"x" * 1_048_576 + b'"}',
        "body",
    ),
    "a line beyond all measure": (b'{"external_id": "' + b"x" * 3_000_000 + b'"}', "longer than"),
    "an unknown field": (
        b'{"external_id": "b10", "observed_at": "2026-05-01T12:00:00Z", "titel": "x"}',
        "titel",
    ),
    "invalid UTF-8": (
        b'{"external_id": "b11", "observed_at": "2026-05-01T12:00:00Z", "body": "\xff\xfe"}',
        "UTF-8",
    ),
    "a number without end": (
        b'{"external_id": "b12", "observed_at": "2026-05-01T12:00:00Z", "extra": {"n": '
        + b"9" * 5000
        + b"}}",
        "digits",
    ),
    "lists in lists in lists": (
        b'{"external_id": "b13", "observed_at": "2026-05-01T12:00:00Z", "extra": {"n": '
        + b"[" * 400
        + b"]" * 400
        + b"}}",
        "levels deep",
    ),
}


def rejected(path: Path) -> list[dict[str, Any]]:
    """The lines of a file's reject file."""
    return [json.loads(line) for line in reject_path(path).read_bytes().splitlines()]


def stored_ids(rows: Any, scope: Any) -> list[str]:
    """The ids that a member holds, in order."""
    return [row[0] for row in rows(scope, "SELECT external_id FROM records ORDER BY external_id")]


@pytest.mark.parametrize("kind", BAD_LINES)
def test_a_bad_line_is_named_with_its_reason_and_its_neighbours_are_kept(
    kind: str, organisations: Any, ingest: Any, write_lines: Any, line: Any, rows: Any
) -> None:
    bad, why = BAD_LINES[kind]
    path = write_lines([line(1), bad, line(2)])
    counts = ingest(organisations.company.operator, path)
    (reject,) = rejected(path)
    assert reject["line"] == 2
    assert why in reject["reason"]
    assert len(reject["reason"]) < 1_100
    assert stored_ids(rows, organisations.company.scope) == ["r00001", "r00002"]
    assert (counts.read, counts.stored, counts.rejected) == (3, 2, 1)


def test_an_id_that_comes_twice_with_other_content_is_rejected_the_first_one_kept(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, rows: Any
) -> None:
    path = write_lines([line(1), line(2), line(1, title="Other"), line(2)])
    counts = ingest(organisations.company.operator, path)
    (reject,) = rejected(path)
    assert (reject["line"], reject["external_id"]) == (3, "r00001")
    assert "different content" in reject["reason"]
    assert (counts.stored, counts.unchanged, counts.rejected) == (2, 1, 1)
    titles = rows(organisations.company.scope, "SELECT title FROM records ORDER BY external_id")
    assert titles == [("Notice 1",), ("Notice 2",)]


def test_an_id_that_is_stored_already_with_other_content_is_rejected_in_a_later_batch_too(
    organisations: Any, ingest: Any, write_lines: Any, line: Any
) -> None:
    ingest(organisations.company.operator, write_lines([line(1)], "first.jsonl"))
    second = write_lines([line(1, body="changed"), line(2)], "second.jsonl")
    assert ingest(organisations.company.operator, second).rejected == 1
    assert rejected(second)[0]["line"] == 1


def test_the_same_id_of_another_source_or_member_is_another_record(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, rows: Any
) -> None:
    path = write_lines([line(1)])
    for member, source in (("company", "board"), ("company", "forum"), ("police", "board")):
        counts = ingest(getattr(organisations, member).operator, path, source=source)
        assert counts.stored == 1
    assert len(stored_ids(rows, organisations.company.scope)) == 2
    assert len(stored_ids(rows, organisations.police.scope)) == 1


def test_gzip_is_read_and_a_truncated_file_gives_what_it_holds(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, tmp_path: Path
) -> None:
    plain = write_lines([line(number) for number in range(2_000)]).read_bytes()
    whole, cut = tmp_path / "whole.jsonl.gz", tmp_path / "cut.jsonl.gz"
    whole.write_bytes(gzip.compress(plain))
    cut.write_bytes(gzip.compress(plain)[:-5_000])
    partial = ingest(organisations.company.operator, cut, batch=500)
    assert 0 < partial.stored < 2_000
    (reject,) = rejected(cut)
    assert "ends too early" in reject["reason"]
    assert cut.with_name("cut.rejected.jsonl").exists()
    full = ingest(organisations.company.operator, whole, batch=500)
    assert (full.stored, full.unchanged) == (2_000 - partial.stored, partial.stored)
    assert not reject_path(whole).exists()


def test_csv_rows_that_are_wrong_are_named_and_the_others_kept(
    organisations: Any, ingest: Any, tmp_path: Path, rows: Any
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(
        "external_id,observed_at,title,phone,images,place.lat\n"
        "c1,2026-05-01T12:00:00Z,Good,614-555-0134,,39.9\n"
        "c2,2026-05-01T12:00:00Z,Too,many,,cells,here\n"
        "c3,2026-05-01T12:00:00Z,Bad hash,,abc,\n"
        'c4,2026-05-01T12:00:00Z,"Two\nlines",,,\n'
        "c5,2026-05-01T12:00:00Z,Bad place,,,north\n"
        "c6,2026-05-01T12:00:00,Naive time,,,\n"
        "c7,2026-05-01T12:00:00Z,Good,,,\n"
    )
    counts = ingest(organisations.company.operator, path)
    assert stored_ids(rows, organisations.company.scope) == ["c1", "c4", "c7"]
    assert {reject["line"]: reject["reason"].split()[0] for reject in rejected(path)} == {
        3: "the",
        4: "images:",
        7: "place.lat",
        8: "observed_at:",
    }
    assert counts.rejected == 4


def test_a_file_without_bad_lines_leaves_no_reject_file_not_even_an_old_one(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, tmp_path: Path
) -> None:
    ingest(organisations.company.operator, write_lines([line(1), b"hello"]))
    path = write_lines([line(1)])
    ingest(organisations.company.operator, path)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["records.jsonl"]


SNAPSHOTS = (
    "SELECT * FROM records ORDER BY id",
    "SELECT * FROM batches ORDER BY id",
    "SELECT * FROM record_findings ORDER BY record_id, plugin",
    "SELECT * FROM leads ORDER BY id",
    "SELECT * FROM lead_records ORDER BY record_id",
    "SELECT * FROM mentions ORDER BY record_id, selector_id",
)


def test_ingesting_a_file_twice_changes_nothing(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, rows: Any, run_jobs: Any, results: Any
) -> None:
    company = organisations.company
    path = write_lines([*(line(number) for number in range(60)), b"bad"])

    def everything() -> Any:
        return [rows(company.scope, query) for query in SNAPSHOTS], results(company.operator)

    first = ingest(company.operator, path)
    run_jobs()
    before = everything()
    second = ingest(company.operator, path)
    run_jobs()
    assert everything() == before
    assert (first.stored, second.stored, second.unchanged) == (60, 0, 60)
    assert len(before[1][0]) == 25
    assert rejected(path)[0]["line"] == 61


def test_two_ingests_of_one_file_at_once_double_nothing(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, rows: Any
) -> None:
    company = organisations.company
    lines = [line(number) for number in range(400)]
    path = write_lines([*lines[:200], b"bad", *lines[200:]])
    counts = at_once(2, lambda: ingest(company.operator, path, batch=30))
    assert sum(count.stored for count in counts) == 400
    assert sum(count.unchanged for count in counts) == 400
    assert len(stored_ids(rows, company.scope)) == 400
    wrong = rows(
        company.scope,
        "SELECT id FROM batches WHERE records = 0"
        " OR records <> (SELECT count(*) FROM records WHERE batch_id = batches.id)",
    )
    assert wrong == []
    assert [reject["line"] for reject in rejected(path)] == [201]


def at_once(times: int, work: Callable[[], Counts]) -> list[Counts]:
    """What some work gives in several threads that begin together."""
    gate = threading.Barrier(times)
    found: list[Counts] = []

    def run() -> None:
        gate.wait()
        found.append(work())

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == times
    return found


def test_large_records_make_small_batches(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, rows: Any
) -> None:
    big = {str(part): "x" * 9_000 for part in range(100)}
    path = write_lines([line(number, extra=big) for number in range(40)])
    assert ingest(organisations.company.operator, path, batch=500).stored == 40
    sizes = [row[0] for row in rows(organisations.company.scope, "SELECT records FROM batches ORDER BY id")]
    assert sum(sizes) == 40
    assert max(sizes) < 25


def test_every_batch_has_its_first_job_from_the_same_transaction(
    organisations: Any, ingest: Any, write_lines: Any, line: Any, database: Any, rows: Any
) -> None:
    company = organisations.company
    ingest(company.operator, write_lines([line(number) for number in range(50)]))
    with database(Role.WEB).transaction(company.scope) as session:
        jobs = session.connection().exec_driver_sql(
            "SELECT (args->>'batch_id')::bigint FROM procrastinate_jobs WHERE task_name = 'detection:detect'"
        )
        assert sorted(row[0] for row in jobs) == [
            row[0] for row in rows(company.scope, "SELECT id FROM batches ORDER BY id")
        ]


def test_each_record_s_batch_is_looked_up_and_not_searched(
    organisations: Any, database: Any, line: Any
) -> None:
    member = organisations.company

    def keep(first: int) -> int | None:
        with database(Role.WEB).transaction(member.scope) as session:
            source = ensure_source(session, member.operator, "many")
            incoming = [validate(number, line(number)) for number in range(first, first + 30)]
            assert store(session, member.operator, source, incoming).stored == 30
            read = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'batches'"
            return session.scalar(text(read))

    keep(0)
    # With so few batches the foreign key's check would read all of them, and go on to when there are many.
    with database(Role.OWNER).engine.begin() as connection:
        connection.execute(text("ANALYZE batches"))
    assert keep(30) == 0
