"""CSV columns and the record line that they make: dotted names, and cells that hold several values.

| column | cell | becomes |
| --- | --- | --- |
| external_id, observed_at, posted_at, url, title, body, language | text | the field |
| place.name, place.country, place.lat, place.lon | text; numbers for lat and lon | `place` |
| phone, email, handle | `value;value` | `contacts` of that kind |
| contacts | `kind:value;kind:value` | `contacts` |
| images | `hex;hex@quality` | `images` |
| prices | `200 USD/60;350 USD/120` | `prices` |
| extra.NAME | text | `extra` |

An empty cell leaves its field out. Any other column is passed through as it is, so that whoever
checks the record line reports it as unknown. Reasons name the column and never quote a cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

TEXT_COLUMNS = frozenset({"external_id", "observed_at", "posted_at", "url", "title", "body", "language"})
CONTACT_COLUMNS = frozenset({"phone", "email", "handle"})
_VERBATIM = frozenset({"title", "body"})
"""Their white space is the author's; in the other columns it is the spreadsheet's."""

_PLACE = frozenset({"place.name", "place.country", "place.lat", "place.lon"})
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_PRICE = re.compile(
    r"(?P<amount>[0-9]+(\.[0-9]+)?)(\s*(?P<currency>[A-Za-z]{3}))?(\s*/\s*(?P<minutes>[0-9]{1,5}))?"
)
_IMAGE = re.compile(r"(?P<pdq>[0-9A-Fa-f]{64})(\s*@\s*(?P<quality>[0-9]{1,3}))?")


class ColumnError(ValueError):
    """A header or a cell cannot be read; the message says which and what to write instead."""


def check_header(columns: Sequence[str]) -> tuple[str, ...]:
    """The column names of a header row, trimmed.

    :raises ColumnError: when rows under this header could not be records.
    """
    names = tuple(name.strip() for name in columns)
    if "external_id" not in names:
        raise ColumnError("the header row has no column external_id; every record needs one")
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ColumnError(f"the header row names {twice[0]!r} twice; rename or remove one of them")
    for name, instead in (("place", "place.name"), ("extra", "extra.NAME")):
        if name in names:
            raise ColumnError(f"a column cannot be called {name!r}; call it {instead}")
    return names


def record_line(columns: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    """The record line (as of JSONL) that a row makes under checked `columns`.

    :raises ColumnError: when a cell cannot be read.
    """
    if len(cells) != len(columns):
        raise ColumnError(
            f"the row has {len(cells)} cells and the header {len(columns)};"
            " put quotes around a value that holds the delimiter, a quote or a line break"
        )
    value: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        _put(value, column, cell)
    return value


def _put(value: dict[str, Any], column: str, cell: str) -> None:
    text = cell if column in _VERBATIM else cell.strip()
    table, _, name = column.partition(".")
    if column in _LISTS:
        if items := [_LISTS[column](column, number, item) for number, item in _items(text)]:
            value.setdefault("contacts" if column in CONTACT_COLUMNS else column, []).extend(items)
    elif column in TEXT_COLUMNS or not column:
        if text and not column:
            raise ColumnError("a cell stands under a column without a name; name the column in the header")
        if text:
            value[column] = text
    elif column in _PLACE or (table == "extra" and name):
        if text:
            is_number = column in {"place.lat", "place.lon"}
            value.setdefault(table, {})[name] = _number(column, text) if is_number else text
    else:
        value[column] = cell


def _items(text: str) -> Iterator[tuple[int, str]]:
    """The parts between semicolons that are not empty, numbered from 1."""
    for number, part in enumerate(text.split(";"), start=1):
        if item := part.strip():
            yield number, item


def _named_contact(column: str, number: int, item: str) -> dict[str, Any]:
    return {"kind": column, "value": item}


def _contact(column: str, number: int, item: str) -> dict[str, Any]:
    kind, colon, value = (part.strip() for part in item.partition(":"))
    if not (kind and colon and value):
        raise ColumnError(f"contacts: entry {number} is not kind:value, such as phone:614-555-0134")
    return {"kind": kind, "value": value}


def _image(column: str, number: int, item: str) -> dict[str, Any]:
    match = _IMAGE.fullmatch(item)
    if not match or int(match["quality"] or 0) > 100:
        raise ColumnError(
            f"images: entry {number} is not a PDQ hash of 64 hexadecimal digits,"
            " with its quality after it (@0 to @100) or without"
        )
    image: dict[str, Any] = {"pdq": match["pdq"].lower()}
    if match["quality"]:
        image["quality"] = int(match["quality"])
    return image


def _price(column: str, number: int, item: str) -> dict[str, Any]:
    match = _PRICE.fullmatch(item)
    if not match:
        raise ColumnError(f"prices: entry {number} is not AMOUNT CURRENCY/MINUTES, such as 200 USD/60")
    price: dict[str, Any] = {"amount": _number("prices", match["amount"])}
    if match["currency"]:
        price["currency"] = match["currency"].upper()
    if match["minutes"]:
        price["minutes"] = int(match["minutes"])
    return price


def _number(column: str, text: str) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(number := float(text)):
        raise ColumnError(f"{column} is not a number; write it with a decimal point, such as 39.96")
    return number


_LISTS: dict[str, Callable[[str, int, str], dict[str, Any]]] = {
    **dict.fromkeys(CONTACT_COLUMNS, _named_contact),
    "contacts": _contact,
    "images": _image,
    "prices": _price,
}
"""Columns whose cells hold several values, and what reads one of them (column, number from 1, text)."""
