"""The physical lines of a byte stream that nobody here wrote: bounded in memory, damage kept as a reason."""

from __future__ import annotations

import codecs
import gzip
import zlib
from typing import Any

import msgspec

LINE_CAP = 2 * 1024 * 1024
"""Longest line, or CSV row, in bytes that is held in memory."""

TOO_LONG = f"line is longer than {LINE_CAP} bytes; shorten the record"


class Unreadable(Exception):
    """Why a line holds no record line; the message is the reason."""


class TextLine(msgspec.Struct):
    """One physical line; `data` is None where it was too long to keep."""

    number: int
    offset: int
    data: bytes | None
    ended: bool


class PhysicalLines:
    """The physical lines of a stream. Damage in it ends them and leaves its reason in `fault`."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.number = 0
        self.offset = 0
        self.fault: str | None = None

    def head(self) -> bytes:
        """The first bytes, without moving on."""
        return bytes(self._guard(lambda: self._stream.peek(4096)))

    def skip_to(self, number: int, offset: int) -> None:
        """Go on at a byte offset, which stands after line `number`."""
        self._guard(lambda: self._stream.seek(offset))
        self.number, self.offset = number, offset

    def __iter__(self) -> PhysicalLines:
        return self

    def __next__(self) -> TextLine:
        data: bytes | None = self._guard(lambda: self._stream.readline(LINE_CAP + 2))
        if not data:
            raise StopIteration
        first, ended, size = self.offset == 0, data.endswith(b"\n"), len(data)
        too_long = len(data.rstrip(b"\r\n")) > LINE_CAP
        while too_long and not ended and (rest := self._guard(lambda: self._stream.readline(65536))):
            size += len(rest)
            ended = rest.endswith(b"\n")
        self.number += 1
        self.offset += size
        if first:
            data = data.removeprefix(codecs.BOM_UTF8)
        return TextLine(self.number, self.offset, None if too_long else data, ended)

    def _guard(self, read: Any) -> Any:
        if self.fault:
            return b""
        try:
            return read()
        except EOFError:
            self.fault = "the .gz file ends too early; what came before was read: get the whole file again"
        except (gzip.BadGzipFile, zlib.error):
            self.fault = "the .gz file is damaged; what came before was read: get the file again"
        return b""
