"""Handing records to a plugin's detectors: what it says of each, and what it could not do.

Each record's result counts for itself. A call that fails costs its own records only; what a lost process
had not answered yet is told apart from the part that it was working on when it was lost.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from accord.detection.contract import Readable, granted_records
from accord.host.memory import peak_kb
from accord.host.pool import ActivePlugin, ProcessPool
from accord.markings import strictest, within
from accord_sdk import Failed, Finding, Found, Skipped, wire
from accord_sdk.host.errors import (
    PluginBusy,
    PluginFailed,
    PluginLate,
    PluginMisbehaved,
    PluginRaised,
    PluginTimedOut,
)
from accord_sdk.host.limits import check, storable
from accord_sdk.host.process import PluginProcess

PART_BYTES = 4 * 1024 * 1024
"""About so many bytes of records go to a plugin at once."""
PART_SECONDS = 5.0
"""And so many records at most as it should be done with in this time, going by how it did lately."""

logger = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()


@dataclass
class Said:
    """What one plugin said of one record."""

    findings: list[Finding] = field(default_factory=list)
    error: dict[str, str] | None = None
    skipped: str | None = None
    again: bool = False
    """Whether it asks for another go."""


@dataclass
class Ran:
    """What came of handing records to a plugin.

    `said` by record id. `failed` are records whose call failed, with why, call by call; `undone` are those
    that it did not come to.
    """

    said: dict[int, Said] = field(default_factory=dict)
    failed: list[tuple[list[Readable], PluginFailed]] = field(default_factory=list)
    undone: list[Readable] = field(default_factory=list)
    seconds: float = 0.0
    memory_kb: int | None = None
    restart: bool = False
    """Whether the process was lost."""

    @property
    def complete(self) -> bool:
        """Whether nothing is to be done again."""
        return not (self.failed or self.undone or any(one.again for one in self.said.values()))

    @property
    def error(self) -> PluginFailed | None:
        """The last thing that went wrong with a call."""
        return self.failed[-1][1] if self.failed else None


def visible(plugin: ActivePlugin, records: Sequence[Readable]) -> list[Readable]:
    """The records at or below the plugin's ceiling."""
    return [record for record in records if within(record.marking, plugin.manifest.ceiling)]


def run_detectors(
    pool: ProcessPool, plugin: ActivePlugin, records: Sequence[Readable], *, until: float = math.inf
) -> Ran:
    """What a plugin says of records that it may see. Nothing is raised: what fails is told in the result.

    At `until` (on `time.monotonic`'s clock) it is interrupted; what is left then is undone.
    """
    ran = Ran()
    begun = time.monotonic()
    parts = _Parts(pool, plugin, records)
    try:
        with pool.lend(plugin, strictest({record.marking for record in records}), until=until) as process:
            _run(process, parts, ran, until)
            ran.memory_kb = peak_kb(process.pid)
            ran.restart = not process.alive
    except PluginFailed as error:
        logger.warning("plugin %s failed (%s): %s", plugin.name, error.code, error)
        blamed = [] if isinstance(error, PluginBusy) else parts.blamed(error)
        ran.restart = not isinstance(error, PluginBusy)
        ran.failed.append((blamed, error))
    ran.undone = parts.left()
    ran.seconds = time.monotonic() - begun
    return ran


class _Parts:
    """The records in parts, cut as they are handed over, and which of them are still out."""

    def __init__(self, pool: ProcessPool, plugin: ActivePlugin, records: Sequence[Readable]) -> None:
        self.plugin = plugin
        self._pool = pool
        self._records = records
        self._next = 0
        self.out: deque[Sequence[Readable]] = deque()
        self._since = time.monotonic()

    def tasks(self) -> Iterator[wire.Task]:
        """What to ask of the plugin; each part once for each of its detectors."""
        granted = tuple(self.plugin.manifest.reads)
        self._since = time.monotonic()
        while part := self._cut():
            self.out.append(part)
            contract = granted_records(part, granted)
            for name in self.plugin.manifest.provides.detectors:
                yield wire.Detect(name, contract)

    def _cut(self) -> Sequence[Readable]:
        most = self.plugin.manifest.limits.batch_records
        pace = self._pool.pace.get(self.plugin.activation_id)
        if pace:
            most = min(most, max(1, int(PART_SECONDS / pace)))
        part = cut(self._records, self._next, most)
        self._next += len(part)
        return part

    def done(self) -> None:
        """The oldest part that is out is answered by every detector."""
        part = self.out.popleft()
        now = time.monotonic()
        pace, lately = (now - self._since) / len(part), self._pool.pace.get(self.plugin.activation_id)
        self._since = now
        self._pool.pace[self.plugin.activation_id] = pace if lately is None else (pace + lately) / 2

    def blamed(self, error: PluginFailed) -> list[Readable]:
        """The part that was worked on when the process was lost, taken out; the first where none was."""
        part = self.out.popleft() if self.out else self._cut()
        if isinstance(error, PluginTimedOut) and part:
            # So much at once was too much: the next parts are smaller.
            self._pool.pace[self.plugin.activation_id] = self.plugin.manifest.limits.batch_seconds / len(part)
        return list(part)

    def left(self) -> list[Readable]:
        """What is out without an answer, and what was never handed over."""
        return [record for part in self.out for record in part] + list(self._records[self._next :])


def _run(process: PluginProcess, parts: _Parts, ran: Ran, until: float) -> None:
    """Take the answers part by part.

    :raises PluginFailed: when the process is lost or misbehaves; the part that is to blame is still out.
    """
    names = parts.plugin.manifest.provides.detectors
    answers = process.stream(parts.tasks(), until=until)
    while True:
        said: dict[int, Said] = {}
        failure: PluginRaised | None = None
        for _ in names:
            try:
                answer = next(answers)
            except StopIteration:
                return
            except PluginLate as error:
                ran.failed.append(([], error))
                return
            if isinstance(answer, PluginRaised):
                failure = answer
            else:
                _sort(parts.plugin, parts.out[0], answer, said)
        if failure is None:
            ran.said |= said
        else:
            logger.warning("plugin %s failed (%s): %s", parts.plugin.name, failure.code, failure)
            ran.failed.append((list(parts.out[0]), failure))
        parts.done()


def cut(records: Sequence[Readable], start: int, most: int) -> Sequence[Readable]:
    """From `start` on at most `most` records and about `PART_BYTES`, so that they fit a frame and a memory
    limit; at least one where there is one."""
    size = 0
    for end in range(start, min(len(records), start + most)):
        size += _weight(records[end])
        if end > start and size > PART_BYTES:
            return records[start:end]
    return records[start : start + most]


def _weight(record: Readable) -> int:
    whole = record.whole
    weight = len(whole.title or "") + len(whole.body or "")
    # Only `extra` can be large besides the texts; weighing it costs time that few records need.
    return weight + (len(_encoder.encode(whole.extra)) if whole.extra else 0)


def _sort(
    plugin: ActivePlugin, part: Sequence[Readable], answer: list[wire.Item], said: dict[int, Said]
) -> None:
    seen: set[int] = set()
    for item in answer:
        if not isinstance(item, Found | Failed | Skipped):
            raise PluginMisbehaved(
                f"{plugin.name} answered a detection with {type(item).__name__}", "results"
            )
        if not 0 <= item.ref < len(part) or item.ref in seen:
            raise PluginMisbehaved(
                f"{plugin.name} answered for record {item.ref} of {len(part)}, or twice", "ref"
            )
        seen.add(item.ref)
        _add(plugin, item, said.setdefault(part[item.ref].id, Said()))
    if len(seen) != len(part):
        raise PluginMisbehaved(f"{plugin.name} answered for {len(seen)} of {len(part)} records", "results")


def _add(plugin: ActivePlugin, item: Found | Failed | Skipped, kept: Said) -> None:
    if isinstance(item, Found):
        kept.findings.extend(item.findings)
        check(plugin.name, kept.findings)
    elif isinstance(item, Failed):
        kept.error = {"code": storable(item.code), "message": storable(item.message)}
        kept.again |= item.retry
    else:
        kept.skipped = storable(item.reason)
