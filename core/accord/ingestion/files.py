"""Ingesting a file that nobody here wrote: everything good is kept, every bad line is accounted for."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec

from accord.ingestion.models import Source
from accord.ingestion.service import Incoming, Reject, store, validate
from accord.markings import Marking
from accord_auth.principal import Principal
from accord_config.database import Database
from accord_sdk.lines import Line, open_lines

LARGEST_BATCH = 16 * 1024 * 1024
"""Bytes of records in JSON at which a batch is stored before it has all its records."""


@dataclass
class Counts:
    """How many lines were read and what became of them; `offset` is how far the file is read, in bytes."""

    read: int = 0
    stored: int = 0
    unchanged: int = 0
    rejected: int = 0
    offset: int = 0


class RejectFile:
    """FILE.rejected.jsonl: line number, reason and, where known, external id of every bad line.

    It always tells of the newest run; a run without bad lines leaves none. Each run writes a file of
    its own and gives it the name with its first line, so that two runs at once never mix theirs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> RejectFile:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, rejects: Iterable[Reject]) -> None:
        """Add rejects, on disk before the next batch is read."""
        for reject in rejects:
            if self._file is None:
                self._file = self._open()
            line = {"line": reject.position, "reason": reject.reason, "external_id": reject.external_id}
            self._file.write(msgspec.json.encode(line) + b"\n")
        if self._file is not None:
            self._file.flush()

    def _open(self) -> IO[bytes]:
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        file = draft.open("xb")
        draft.replace(self.path)
        return file


def reject_path(path: Path) -> Path:
    """Where the rejects of a file go, unless told otherwise."""
    return path.with_name(
        f"{path.name.removesuffix('.gz').removesuffix('.jsonl').removesuffix('.csv')}.rejected.jsonl"
    )


def can_hold(path: Path) -> bool:
    """Whether a file of rejects can be made at this path: its folder may be read-only."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        draft.open("xb").close()
        draft.unlink()
    except OSError:
        return False
    return True


def ingest_file(
    database: Database,
    principal: Principal,
    source: Source,
    path: Path,
    *,
    batch_records: int,
    marking: Marking | None = None,
    rejected: Path | None = None,
    on_progress: Callable[[Counts], None] = lambda _: None,
) -> Counts:
    """Store a file's records, one transaction a batch; run again, it goes on where it was cut off.

    `rejected`: where bad lines go, beside the file (see `reject_path`) where it is left out.

    :raises OSError: when the file cannot be read, or its rejects cannot be written.
    """
    counts = Counts()
    waiting: list[Incoming] = []
    size = 0
    with RejectFile(rejected or reject_path(path)) as rejects:

        def flush() -> None:
            with database.transaction(principal.scope) as session:
                outcome = store(session, principal, source, waiting, marking=marking)
            waiting.clear()
            counts.stored += outcome.stored
            counts.unchanged += outcome.unchanged
            counts.rejected += len(outcome.rejects)
            rejects.write(outcome.rejects)
            on_progress(counts)

        for line in open_lines(path):
            counts.read += 1
            counts.offset = line.offset
            record = _check(line)
            if isinstance(record, Reject):
                counts.rejected += 1
                rejects.write([record])
            else:
                waiting.append(record)
                size += record.size
            if len(waiting) >= batch_records or size >= LARGEST_BATCH:
                flush()
                size = 0
        if waiting:
            flush()
    on_progress(counts)
    return counts


def _check(line: Line) -> Incoming | Reject:
    if line.value is None:
        return Reject(line.number, line.reason or "cannot be read")
    return validate(line.number, line.value)
