"""Reading record lines from files that nobody here wrote: JSONL and CSV, each also as .gz.

Shared by `accord ingest` and the `files` plugin. A line that cannot be read becomes a reason and never
an exception, and the lines after it are read. Memory does not grow with the file, nor with a line.
What a record line must hold is the host's to check; CSV columns are described in `accord_sdk.columns`.
"""

from __future__ import annotations

import codecs
import gzip
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from accord_sdk.columns import ColumnError, check_header, record_line
from accord_sdk.csv_rows import RowFeed, checked_cells, delimiter_of, rows
from accord_sdk.physical_lines import LINE_CAP, TOO_LONG, PhysicalLines, Unreadable

__all__ = ["LINE_CAP", "SUFFIXES", "Line", "is_record_file", "open_lines"]

SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
}
"""File name endings (before any .gz) and what they hold; any other file is looked into."""

_GZIP_MAGIC = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Line(msgspec.Struct, frozen=True):
    """One line, or CSV row, of a file: its record line, or the reason why there is none.

    `number` is the line that it begins on, from 1; `offset` the byte after it, counted in the
    decompressed file; `lines` how many lines it spans. `ended` is false for a last line without
    a line break, which somebody may still be writing.
    """

    number: int
    offset: int
    value: dict[str, Any] | None
    reason: str | None
    lines: int = 1
    ended: bool = True


def is_record_file(name: str) -> bool:
    """Whether a file's name says that it holds record lines (see `SUFFIXES`)."""
    return Path(name.lower().removesuffix(".gz")).suffix in SUFFIXES


def open_lines(path: Path, *, number: int = 0, offset: int = 0) -> Iterator[Line]:
    """The lines of a file, blank ones left out, read as they are asked for.

    To go on after a `line`, pass `number=line.number + line.lines - 1, offset=line.offset`. Damage that
    ends the reading, such as a truncated .gz, comes as a last line with a reason.

    :raises OSError: when the file cannot be opened or read.
    """
    with path.open("rb") as raw:
        magic = raw.read(2)
        raw.seek(0)
        if magic != _GZIP_MAGIC:
            yield from _read(PhysicalLines(raw), path.name, number, offset)
            return
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield from _read(PhysicalLines(unpacked), path.name, number, offset)


def _read(lines: PhysicalLines, name: str, number: int, offset: int) -> Iterator[Line]:
    head = lines.head()
    kind = _kind(name, head)
    if wrong := _wrong_kind(head, kind):
        yield Line(1, 0, None, wrong)
    elif kind == "csv":
        yield from _csv_lines(lines, number, offset)
    else:
        if offset:
            lines.skip_to(number, offset)
        yield from _json_lines(lines)
    if lines.fault:
        yield Line(lines.number + 1, lines.offset, None, lines.fault)


def _kind(name: str, head: bytes) -> str:
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    return SUFFIXES.get(suffix) or ("jsonl" if begin in (b"{", b"") else "csv")


def _wrong_kind(head: bytes, kind: str) -> str | None:
    if head.startswith(_UTF16):
        return "the file is UTF-16; save it as UTF-8"
    if kind == "json" and head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"["):
        return "the file is one JSON array; write one object a line (jq -c '.[]' does it)"
    return None


def _json_lines(lines: PhysicalLines) -> Iterator[Line]:
    for text in lines:
        if text.data is not None and not text.data.strip():
            continue
        value, reason = None, None
        try:
            value = _json_object(text.data)
        except Unreadable as error:
            reason = str(error)
        yield Line(text.number, text.offset, value, reason, ended=text.ended)


def _json_object(data: bytes | None) -> dict[str, Any]:
    if data is None:
        raise Unreadable(TOO_LONG)
    if b"\0" in data:
        raise Unreadable("line holds a NUL byte; remove it")
    try:
        value = json.loads(
            data.decode().rstrip(), object_pairs_hook=_object, parse_constant=_not_finite, parse_float=_finite
        )
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"byte {error.start + 1} of the line is not UTF-8; save the file as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON at column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise Unreadable("JSON is nested too deeply") from error
    except ValueError as error:
        raise Unreadable("a number has too many digits; write it as text") from error
    if not isinstance(value, dict):
        raise Unreadable("line is not a JSON object; write one {...} a line")
    if b"\\u" in data:
        _check_strings(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"key {twice[:40]!r} stands twice in one object; keep one")
    return value


def _not_finite(literal: str) -> NoReturn:
    raise Unreadable(f"{literal} is no number in JSON; write null")


def _finite(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise Unreadable("a number is too large; write it as text")
    return number


def _check_strings(value: Any) -> None:
    """Refuse what \\u escapes can smuggle in and no database or UTF-8 text can hold."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            todo.extend(item.keys())
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, str):
            _check_string(item)


def _check_string(text: str) -> None:
    if "\0" in text:
        raise Unreadable("text holds a NUL character; remove it")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("text holds half of a surrogate pair; write the whole character") from error


def _csv_lines(lines: PhysicalLines, number: int, offset: int) -> Iterator[Line]:
    feed = RowFeed(lines)
    delimiter = delimiter_of(lines.head())
    header = next(rows(feed, delimiter), None)
    if header is None:
        return
    try:
        columns = check_header(checked_cells(header))
    except (ColumnError, Unreadable) as error:
        yield Line(feed.row[0].number, feed.row[-1].offset, None, str(error))
        return
    if offset > feed.row[-1].offset:
        lines.skip_to(number, offset)
    for row in rows(feed, delimiter):
        value, reason = None, None
        try:
            value = record_line(columns, checked_cells(row))
        except (ColumnError, Unreadable) as error:
            reason = str(error)
        first, last = feed.row[0], feed.row[-1]
        yield Line(first.number, last.offset, value, reason, lines=len(feed.row), ended=last.ended)
