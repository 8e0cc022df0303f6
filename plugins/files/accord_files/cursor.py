"""How far each file was read, and how to tell an appended file from a replaced one."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

SAMPLE = 4096
"""Bytes at the beginning and at the former end that are compared to know a file again."""


class Mark(msgspec.Struct, frozen=True):
    """One file as it was when it was last opened, and the place behind the last line taken from it.

    `mtime` is in nanoseconds; `offset` counts decompressed bytes; `number` lines. `done` says that
    there was nothing after it.
    """

    size: int
    mtime: int
    sample: str
    offset: int = 0
    number: int = 0
    done: bool = False


class CursorError(ValueError):
    """The cursor is not one that this source made; pull from the start instead."""


_decoder: msgspec.json.Decoder[dict[str, Mark]] = msgspec.json.Decoder(dict[str, Mark])


def read_cursor(cursor: bytes | None) -> dict[str, Mark]:
    """Marks by file name; none for a first pull.

    :raises CursorError: when the bytes hold something else.
    """
    if not cursor:
        return {}
    try:
        return _decoder.decode(cursor)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CursorError(f"{CursorError.__doc__} ({error})") from error


def write_cursor(marks: dict[str, Mark]) -> bytes:
    """The cursor's bytes: JSON, file names in order."""
    return msgspec.json.encode(marks, order="deterministic")


def begin(path: Path, former: Mark | None) -> Mark:
    """Where to read a file from: on from `former` where it only grew, from its start otherwise.

    :raises OSError: when the file cannot be read.
    """
    status = path.stat()
    size, mtime = status.st_size, status.st_mtime_ns
    if former and (former.size, former.mtime) == (size, mtime):
        return former
    grew = former is not None and former.size < size and _sample(path, former.size) == former.sample
    sample = _sample(path, size)
    if former and grew:
        return Mark(size, mtime, sample, former.offset, former.number)
    return Mark(size, mtime, sample)


def _sample(path: Path, size: int) -> str:
    """A hash over the beginning and the end of a file's first `size` bytes."""
    with path.open("rb") as file:
        begin = file.read(min(SAMPLE, size))
        file.seek(max(0, size - SAMPLE))
        end = file.read(min(SAMPLE, size))
    return hashlib.blake2b(begin + end, digest_size=12).hexdigest()
