"""The source: files in the order of their names, lines in the order of their files, pages in between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from accord_files.cursor import Mark, begin, read_cursor, write_cursor
from accord_sdk import Call, Page, RejectedRecord
from accord_sdk.lines import Line, is_record_file, open_lines

PAGE_BYTES = 8 * 1024 * 1024
"""A page of longer records ends earlier, far below the wire's largest frame."""


class FilesSource:
    """Record lines of one file, or of the files of a folder and its sub-folders.

    A file named itself is read whatever its name; in a folder, files whose names say that they hold
    record lines are (see `accord_sdk.lines.SUFFIXES`), hidden ones and links out of the folder left out.
    """

    name = "files"

    def __init__(self, path: Path, pattern: str = "*") -> None:
        if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
            raise ValueError(f"pattern {pattern!r} leaves the folder; write one such as *.csv")
        self._path = path
        self._pattern = pattern

    def pull(self, cursor: bytes | None, call: Call, *, limit: int) -> Iterator[Page]:
        """Yield what was added since `cursor`, in pages of at most `limit` records and rejects.

        A last line without a line break is given, and given again when the file has grown: somebody
        may have been writing it.

        :raises FileNotFoundError: when the path is not there.
        :raises CursorError: when the cursor is none of this source's.
        """
        files = self._files()
        marks = {name: mark for name, mark in read_cursor(cursor).items() if name in files}
        page = _Draft(max(1, limit))
        for number, (name, path) in enumerate(files.items()):
            call.progress(number, len(files))
            for _ in self._read(name, path, marks, page):
                yield page.take(marks, more=True)
                if call.cancelled():
                    return
        call.progress(len(files), len(files))
        yield page.take(marks, more=False)

    def _files(self) -> dict[str, Path]:
        if self._path.is_file():
            return {_shown(self._path.name): self._path}
        if not self._path.is_dir():
            raise FileNotFoundError(f"{self._path} is no file and no folder that can be read here")
        root = self._path.resolve()
        found: dict[str, Path] = {}
        for path in sorted(self._path.rglob(self._pattern)):
            parts = path.relative_to(self._path).parts
            hidden = any(part.startswith(".") for part in parts)
            if (
                not hidden
                and is_record_file(path.name)
                and path.resolve().is_relative_to(root)
                and path.is_file()
            ):
                found[_shown("/".join(parts))] = path
        return found

    def _read(self, name: str, path: Path, marks: dict[str, Mark], page: _Draft) -> Iterator[None]:
        """Put a file's new lines on the page; yields whenever the page is full."""
        try:
            mark = begin(path, marks.get(name))
            if mark.done:
                return
            marks[name] = mark
            for line in open_lines(path, number=mark.number, offset=mark.offset):
                page.add(name, line, line.offset - mark.offset)
                if line.ended:
                    number = line.number + line.lines - 1
                    marks[name] = mark = msgspec.structs.replace(mark, offset=line.offset, number=number)
                if page.full:
                    yield
            marks[name] = msgspec.structs.replace(mark, done=True)
        except FileNotFoundError:
            marks.pop(name, None)  # taken away since the folder was listed
        except OSError as error:
            # Not marked as done: the next pull tries again, and reports again while it fails.
            page.reject(name, f"cannot be read: {error.strerror}; check the file's permissions")


class _Draft:
    """The page at hand."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._records: list[dict[str, Any]] = []
        self._rejected: list[RejectedRecord] = []
        self._bytes = 0

    @property
    def full(self) -> bool:
        return len(self._records) + len(self._rejected) >= self._limit or self._bytes >= PAGE_BYTES

    def add(self, name: str, line: Line, size: int) -> None:
        if line.value is None:
            self.reject(f"{name}:{line.number}", line.reason or "")
        else:
            self._records.append(line.value)
            self._bytes += size

    def reject(self, position: str, reason: str) -> None:
        self._rejected.append(RejectedRecord(position, reason))

    def take(self, marks: dict[str, Mark], *, more: bool) -> Page:
        """The page, leaving an empty one."""
        page = Page(tuple(self._records), write_cursor(marks), more, rejected=tuple(self._rejected))
        self._records, self._rejected, self._bytes = [], [], 0
        return page


def _shown(name: str) -> str:
    """A file's name as text that any JSON holds; file systems allow bytes that are no UTF-8."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
