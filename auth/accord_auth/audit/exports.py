"""Entries as files: JSON lines, and CSV that a spreadsheet takes for nothing but text."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from accord_auth.audit.bundles import Begin
from accord_auth.audit.reading import AuditFilter, Position, SeenEntry, export_rows
from accord_auth.principal import Principal

ROWS = 1_000

COLUMNS = (
    "id",
    "at",
    "organisation_id",
    "person_id",
    "actor",
    "tag",
    "subject",
    "why",
    "detail",
    "before",
    "after",
    "address",
    "user_agent",
    "sequence",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings that spreadsheets may take for a formula (OWASP, CSV injection), full-width ones too."""


def values(seen: SeenEntry) -> dict[str, Any]:
    """An entry's columns."""
    found = {name: getattr(seen.entry, name) for name in COLUMNS if name != "sequence"}
    return found | {"sequence": seen.sequence}


def as_jsonl(rows: Iterable[SeenEntry]) -> Iterator[bytes]:
    """One JSON object a line."""
    for seen in rows:
        yield msgspec.json.encode(values(seen)) + b"\n"


def as_csv(rows: Iterable[SeenEntry]) -> Iterator[bytes]:
    """Comma-separated values by RFC 4180, with a line of names first; objects are JSON in their cell."""
    yield line(COLUMNS)
    for seen in rows:
        yield line([cell(value) for value in values(seen).values()])


def line(cells: Iterable[str]) -> bytes:
    """A line of CSV, each cell in quotation marks."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().encode()


def cell(value: Any) -> str:
    """A value as text; what could be taken for a formula gets an apostrophe before it."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode().strip('"')
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


FORMS: dict[str, tuple[str, Callable[[Iterable[SeenEntry]], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "jsonl": ("application/jsonl", as_jsonl),
}
"""Media type and writer of each form of export."""


def whole_export(begin: Begin, who: Principal, narrowed: AuditFilter, newest: int) -> Iterator[SeenEntry]:
    """The entries of an export that `begin_export` began, the oldest first, up to number `newest`.

    `begin` begins a transaction in the organisation's scope; a long export is read in several.
    """
    position: Position | None = None
    while True:
        with begin() as session:
            rows = export_rows(session, who, narrowed, newest=newest, position=position, limit=ROWS)
        yield from rows
        if len(rows) < ROWS:
            return
        position = (rows[-1].entry.at, rows[-1].entry.id)
