"""Record lines of files that nobody here wrote."""

import csv
import gzip
import io
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord_sdk.lines import LINE_CAP, Line, is_record_file, open_lines

A = '{"external_id":"a","observed_at":"2026-05-01T12:00:00Z"}'
B = '{"external_id":"b","observed_at":"2026-05-02T12:00:00Z"}'


def read(path: Path) -> list[Line]:
    return list(open_lines(path))


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def ids(lines: list[Line]) -> list[str]:
    return [line.value["external_id"] for line in lines if line.value]


def only_reason(path: Path) -> str:
    (line,) = read(path)
    assert line.value is None
    assert line.reason
    return line.reason


def test_every_line_has_its_number_offset_and_value(tmp_path):
    first, second = read(write(tmp_path / "r.jsonl", f"{A}\n\n{B}\n"))
    assert (first.number, first.offset, second.number, second.offset) == (1, 57, 3, 115)
    assert second.value == json.loads(B)
    assert second.reason is None
    assert second.ended


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path):
    assert ids(read(write(tmp_path / "r.jsonl", b"\xef\xbb\xbf" + f"{A}\r\n{B}\r\n".encode()))) == ["a", "b"]


def test_a_last_line_without_a_line_break_is_read_and_said_to_be_open(tmp_path):
    lines = read(write(tmp_path / "r.jsonl", f"{A}\n{B}"))
    assert [line.ended for line in lines] == [True, False]
    assert ids(lines) == ["a", "b"]


def test_an_empty_file_has_no_lines(tmp_path):
    for name in ("a.jsonl", "a.csv", "a.txt"):
        assert read(write(tmp_path / name, b"")) == []
    assert read(write(tmp_path / "a.jsonl.gz", gzip.compress(b""))) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a":', "not JSON at column 6"),
        (b'{"a":NaN}', "NaN is no number"),
        (b'{"a":[-Infinity]}', "-Infinity is no number"),
        (b'{"a":1e999}', "too large"),
        (b'{"a":' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a":1,"b":{"c":1,"c":2}}', "key 'c' stands twice"),
        (b"[1,2]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"a":"\xff"}', "byte 7 of the line is not UTF-8"),
        (b'{"a":"x\0"}', "NUL byte"),
        (b'{"a":["x\\u0000"]}', "NUL character"),
        (b'{"a":{"\\ud800":1}}', "surrogate"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a":"' + b"x" * LINE_CAP + b'"}', "line is longer than"),
    ],
)
def test_a_bad_line_costs_itself_only_and_says_why(tmp_path, line, reason):
    lines = read(write(tmp_path / "r.jsonl", A.encode() + b"\n" + line + b"\n" + B.encode() + b"\n"))
    assert ids(lines) == ["a", "b"]
    assert lines[1].number == 2
    assert lines[1].value is None
    assert reason in lines[1].reason
    assert lines[2].number == 3
    assert lines[1].offset == len(A) + 1 + len(line) + 1


def test_escapes_that_mean_whole_characters_are_accepted(tmp_path):
    (line,) = read(write(tmp_path / "r.jsonl", rb'{"a":"\ud83d\ude00 \\u0000"}'))
    assert line.value == {"a": "\U0001f600 \\u0000"}


def test_a_line_of_exactly_the_cap_is_read(tmp_path):
    text = '{"a":"' + "x" * (LINE_CAP - 8) + '"}'
    for ending in ("\n", "\r\n", ""):
        assert read(write(tmp_path / "r.jsonl", text + ending))[0].value
        assert read(write(tmp_path / "r.jsonl", " " + text + ending))[0].reason


def test_a_huge_line_is_never_held_in_memory(tmp_path):
    path = tmp_path / "r.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(64):
            file.write(b"x" * 1024 * 1024)
        file.write(f"\n{B}\n".encode())
    tracemalloc.start()
    lines = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ids(lines) == ["b"]
    assert "longer than" in lines[0].reason
    assert peak < 4 * LINE_CAP


def test_gzip_is_known_by_its_content_whatever_its_name(tmp_path):
    assert ids(read(write(tmp_path / "r.jsonl", gzip.compress(f"{A}\n".encode())))) == ["a"]
    assert ids(read(write(tmp_path / "r.jsonl.gz", f"{A}\n"))) == ["a"]
    several = gzip.compress(f"{A}\n".encode()) + gzip.compress(f"{B}\n".encode())
    assert ids(read(write(tmp_path / "s.jsonl.gz", several))) == ["a", "b"]


def test_a_file_without_a_known_ending_is_looked_into(tmp_path):
    assert ids(read(write(tmp_path / "records", f"{A}\n"))) == ["a"]
    assert ids(read(write(tmp_path / "table", "external_id,title\na,x\n"))) == ["a"]


def test_names_of_record_files_are_known():
    assert is_record_file("A.JSONL.GZ")
    assert is_record_file("a.csv")
    assert not is_record_file("README.txt")
    assert not is_record_file("a.gz")


def test_a_truncated_gzip_keeps_what_came_before_and_says_so(tmp_path):
    packed = gzip.compress(b"".join(b'{"external_id":"%d"}\n' % number for number in range(5000)))
    for size in range(2, len(packed), 997):
        *kept, last = read(write(tmp_path / "r.jsonl.gz", packed[:size]))
        assert [line.value["external_id"] for line in kept] == [str(number) for number in range(len(kept))]
        assert "ends too early" in last.reason
        assert last.number == len(kept) + 1
    assert len(kept) > 2000


def test_a_damaged_gzip_says_so(tmp_path):
    packed = bytearray(gzip.compress(f"{A}\n{B}\n".encode()))
    packed[-5] ^= 0xFF
    lines = read(write(tmp_path / "r.jsonl.gz", bytes(packed)))
    assert "damaged" in lines[-1].reason


def test_files_in_other_shapes_say_what_to_do(tmp_path):
    assert "UTF-8" in only_reason(write(tmp_path / "r.csv", "external_id\na\n".encode("utf-16")))
    assert "jq -c" in only_reason(write(tmp_path / "r.json", "[\n{},\n{}\n]"))


def test_a_full_csv_row_becomes_a_record_line(tmp_path):
    row = {
        "external_id": "a1",
        "observed_at": "2026-05-01T12:00:00Z",
        "posted_at": "",
        "title": " As it was ",
        "body": 'two\nlines, and "quotes"',
        "place.name": "Columbus, OH",
        "place.country": "US",
        "place.lat": " 39.96",
        "place.lon": "-83",
        "phone": "614-555-0134; 614-555-0135",
        "contacts": "handle:example:one;email:a@mail.example",
        "images": f"{'AB' * 32};{'0' * 64}@50;",
        "prices": "200 USD/60;350.50/120;80 eur;5",
        "extra.ad_type": "x",
        "colour": "blue",
        "": "",
    }
    out = io.StringIO()
    csv.writer(out).writerows([row.keys(), row.values()])
    (line,) = read(write(tmp_path / "r.csv", out.getvalue()))
    assert line.value == {
        "external_id": "a1",
        "observed_at": "2026-05-01T12:00:00Z",
        "title": " As it was ",
        "body": 'two\nlines, and "quotes"',
        "place": {"name": "Columbus, OH", "country": "US", "lat": 39.96, "lon": -83.0},
        "contacts": [
            {"kind": "phone", "value": "614-555-0134"},
            {"kind": "phone", "value": "614-555-0135"},
            {"kind": "handle", "value": "example:one"},
            {"kind": "email", "value": "a@mail.example"},
        ],
        "images": [{"pdq": "ab" * 32}, {"pdq": "0" * 64, "quality": 50}],
        "prices": [
            {"amount": 200.0, "currency": "USD", "minutes": 60},
            {"amount": 350.5, "minutes": 120},
            {"amount": 80.0, "currency": "EUR"},
            {"amount": 5.0},
        ],
        "extra": {"ad_type": "x"},
        "colour": "blue",
    }
    assert (line.number, line.lines) == (2, 2)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("place.lat", "north", "place.lat is not a number"),
        ("place.lat", "nan", "place.lat is not a number"),
        ("place.lon", "1e999", "place.lon is not a number"),
        ("place.lon", "39,96", "place.lon is not a number"),
        ("contacts", "614-555-0134", "contacts: entry 1 is not kind:value"),
        ("images", f"{'0' * 64};beef", "images: entry 2"),
        ("images", f"{'0' * 64}@101", "images: entry 1"),
        ("prices", "about 200", "prices: entry 1"),
        ("title", "a\0b", "NUL"),
        ("", "stray", "column without a name"),
    ],
)
def test_a_bad_cell_costs_its_row_and_names_the_column(tmp_path, column, cell, reason):
    out = io.StringIO()
    csv.writer(out).writerows([["external_id", column], ["a", ""], ["b", cell], ["c", ""]])
    lines = read(write(tmp_path / "r.csv", out.getvalue()))
    assert ids(lines) == ["a", "c"]
    assert lines[1].number == 3
    assert reason in lines[1].reason
    assert "614" not in lines[1].reason.replace("614-555-0134", "", 1)  # only the example of the sentence


def test_a_quote_that_nobody_closed_costs_its_own_row_only(tmp_path):
    rows = 'external_id,title\na,x\nb,"open\nc,y\nd,"quoted\nbreak"\ne,z\n'
    lines = read(write(tmp_path / "r.csv", rows))
    assert ids(lines) == ["a", "c", "d", "e"]
    assert [line.number for line in lines if line.reason] == [3]
    lines = read(write(tmp_path / "r.csv", 'external_id,title\na,"open\nb,y\nc,z\n'))
    assert ids(lines) == ["b", "c"]
    assert "close every quote" in lines[0].reason


def test_a_field_beyond_what_csv_reads_costs_its_own_row(tmp_path):
    rows = f"external_id,body\na,{'x' * 131_072}\nb,{'x' * 131_073}\nc,z\n"
    lines = read(write(tmp_path / "r.csv", rows))
    assert ids(lines) == ["a", "c"]
    assert "131072" in lines[1].reason


def test_rows_of_another_length_than_the_header_are_refused(tmp_path):
    lines = read(write(tmp_path / "r.csv", "external_id,title\na\nb,x,y\nc,z\n,\n\n"))
    assert ids(lines) == ["c"]
    assert [line.reason[:29] for line in lines[:2]] == [
        "the row has 1 cells and the h",
        "the row has 3 cells and the h",
    ]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("title,body", "no column external_id"),
        ("external_id,title,title", "'title' twice"),
        ("external_id,place", "place.name"),
        ('external_id,"open', "not valid CSV"),
        ("external_id,\udcff", "not UTF-8"),
    ],
)
def test_a_header_that_cannot_work_is_said_once(tmp_path, header, reason):
    data = f"{header}\n1,2,3\n4,5,6\n".encode("utf-8", "surrogateescape")
    assert reason in only_reason(write(tmp_path / "r.csv", data))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_read_from_the_header(tmp_path, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["external_id", "title"], ["a", "x;y,z\tw"]])
    (line,) = read(write(tmp_path / "r.csv", "\ufeff" + out.getvalue()))
    assert line.value == {"external_id": "a", "title": "x;y,z\tw"}


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz", "r.csv", "r.csv.gz"])
def test_reading_goes_on_after_any_line(tmp_path, name):
    if "csv" in name:
        text = 'external_id,title\r\na,"x\r\ny"\r\n\r\nb,"open\r\nc,z\r\n'
    else:
        text = f'{A}\r\n\r\nbroken\r\n{B}\r\n{{"external_id":"c"}}\r\n'
    data = text.encode()
    path = write(tmp_path / name, gzip.compress(data) if name.endswith(".gz") else data)
    whole = read(path)
    assert len(whole) > 2
    for index, line in enumerate(whole, start=1):
        after = list(open_lines(path, number=line.number + line.lines - 1, offset=line.offset))
        assert after == whole[index:]


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
values = st.dictionaries(
    texts,
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**63)
        | st.floats(allow_nan=False, allow_infinity=False)
        | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)


@settings(deadline=None)
@given(st.lists(values, max_size=8), st.booleans(), st.booleans())
def test_what_was_written_is_read_back(tmp_path_factory, records, ascii_only, packed):
    data = "".join(json.dumps(record, ensure_ascii=ascii_only) + "\n" for record in records).encode()
    path = write(tmp_path_factory.mktemp("x") / "r.jsonl", gzip.compress(data) if packed else data)
    assert [line.value for line in open_lines(path)] == records


@settings(deadline=None)
@given(st.lists(st.lists(texts, min_size=2, max_size=2), max_size=8))
def test_any_csv_text_is_read_back(tmp_path_factory, rows):
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(
        [["external_id", "body"], *(["a", cell] for _, cell in rows)]
    )
    path = write(tmp_path_factory.mktemp("x") / "r.csv", out.getvalue())
    assert [line.value.get("body", "") for line in open_lines(path)] == [cell for _, cell in rows]


@settings(deadline=None, max_examples=200)
@given(
    st.binary(max_size=400), st.sampled_from(["r.jsonl", "r.csv", "r.json", "r", "r.csv.gz"]), st.booleans()
)
def test_no_bytes_raise_and_every_line_says_one_thing(tmp_path_factory, data, name, packed):
    data = b"external_id,title\n" + data if "csv" in name else data
    path = write(tmp_path_factory.mktemp("x") / name, gzip.compress(data) if packed else data)
    offset = 0
    for line in open_lines(path):
        assert (line.value is None) != (line.reason is None)
        assert line.offset >= offset
        offset = line.offset
        json.dumps(line.value, allow_nan=False, ensure_ascii=False).encode()
    assert offset <= len(data)
