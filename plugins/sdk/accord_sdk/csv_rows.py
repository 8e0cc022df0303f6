"""CSV rows from physical lines. A broken row costs itself and not the rows after it."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from typing import Literal

from accord_sdk.physical_lines import LINE_CAP, TOO_LONG, PhysicalLines, TextLine, Unreadable


class RowFeed:
    """Hands physical lines to csv.reader, keeps those of the row at hand and can take them back.

    So a quote that nobody closed costs the row that it stands in, not the rows that it swallowed.
    """

    def __init__(self, lines: PhysicalLines) -> None:
        self._lines = lines
        self._again: deque[TextLine] = deque()
        self.row: list[TextLine] = []
        self._size = 0

    def begin(self) -> None:
        self.row, self._size = [], 0

    def take_back(self) -> None:
        """Read the lines after the row's first one again, as rows of their own."""
        self._again.extendleft(reversed(self.row[1:]))
        del self.row[1:]

    def __iter__(self) -> RowFeed:
        return self

    def __next__(self) -> str:
        text = self._again.popleft() if self._again else next(self._lines)
        self.row.append(text)
        self._size += len(text.data or b"")
        if text.data is None or self._size > LINE_CAP:
            raise Unreadable(TOO_LONG)
        # Bytes that are not UTF-8 are refused once the row is whole, so that they cost one row.
        return text.data.decode("utf-8", "surrogateescape")


def delimiter_of(head: bytes) -> Literal[",", ";", "\t"]:
    """Spreadsheets write what their locale says: the one that stands most often in the header row."""
    row = head.removeprefix(codecs.BOM_UTF8).lstrip().split(b"\n", 1)[0].decode("utf-8", "replace")
    delimiters: tuple[Literal[","], Literal[";"], Literal["\t"]] = (",", ";", "\t")
    return max(delimiters, key=row.count)


def rows(feed: RowFeed, delimiter: str) -> Iterator[list[str] | Unreadable]:
    """Rows that are not blank, each as its cells or as what is wrong with it."""
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            feed.take_back()
            yield Unreadable(
                f"row is not valid CSV ({error}); close every quote, and double quotes in a value"
            )
        except Unreadable as error:
            feed.take_back()
            yield error
        else:
            if any(cell.strip() for cell in cells):
                yield cells


def checked_cells(row: list[str] | Unreadable) -> list[str]:
    if isinstance(row, Unreadable):
        raise row
    joined = "".join(row)
    if "\0" in joined:
        raise Unreadable("row holds a NUL byte; remove it")
    try:
        joined.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("row holds a byte that is not UTF-8; save the file as UTF-8") from error
    return row
