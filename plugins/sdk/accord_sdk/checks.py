"""Contract checks: a plugin is started as in production and held to its manifest and the contract."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from accord_sdk import wire
from accord_sdk.checked import Checked, held
from accord_sdk.findings import Failed, Finding, Found, Skipped
from accord_sdk.host.errors import NoSandbox, PluginFailed, PluginMisbehaved
from accord_sdk.host.launch import Launcher
from accord_sdk.host.limits import check, check_indicator
from accord_sdk.host.process import PluginProcess
from accord_sdk.host.pulling import SourceProcess
from accord_sdk.leads import Assessed, Lead, Visit
from accord_sdk.manifest import ConfigField, Manifest
from accord_sdk.records import Record
from accord_sdk.samples import BEGIN, samples
from accord_sdk.source_checks import source_checks

NO_FOLDER = "/none"
"""What a setting that names a folder holds in checks: there is nothing."""
RECORDS = 500
"""Made-up records that a check looks at."""


@dataclass(frozen=True)
class Lack:
    """What becomes of a plugin without one of its fields: whether the contract still holds, and of how many
    records it says something else.
    """

    holds: bool
    changed: int


@dataclass
class Report:
    """What came of the checks. `without` says for each field that it reads what becomes of it without."""

    checks: list[Checked] = field(default_factory=list)
    records_per_s: float | None = None
    peak_mb: int | None = None
    without: dict[str, Lack] = field(default_factory=dict)

    @property
    def unread(self) -> tuple[str, ...]:
        """Fields without which nothing changed."""
        return tuple(name for name, lack in self.without.items() if lack.holds and not lack.changed)

    @property
    def passed(self) -> bool:
        """Whether everything holds."""
        return all(one.holds for one in self.checks)

    @property
    def broken(self) -> list[Checked]:
        """What does not hold."""
        return [one for one in self.checks if not one.holds]


Start = Callable[[Manifest], PluginProcess]


def run_checks(
    manifest: Manifest,
    launcher: Launcher,
    *,
    site: Path | None = None,
    config: dict[str, Any] | None = None,
    records: Sequence[Record] | None = None,
    try_without: bool = True,
) -> Report:
    """Hold a plugin to the contract, in processes that this launcher starts.

    `site` is the folder with its packages, `config` what an organisation would fill in; required
    settings that are not given are made up.

    :raises NoSandbox: when the machine cannot say: it sandboxes no more.
    """
    given = made_up(manifest) | (config or {})

    def start(asked: Manifest) -> PluginProcess:
        return PluginProcess(asked, given, launcher, site=site)

    report = Report()
    try:
        process = start(manifest)
    except NoSandbox:
        raise
    except PluginFailed as error:
        report.checks.append(Checked.broken("starts and registers what the manifest says", error))
        return report
    report.checks.append(Checked("starts and registers what the manifest says", True))
    shown = tuple(records if records is not None else samples(RECORDS))
    try:
        for name in manifest.provides.detectors:
            report.checks.extend(_detector(process, manifest, name, shown, report))
        for name in manifest.provides.assessors:
            report.checks.extend(_assessor(process, manifest, name))
        report.peak_mb = peak_mb(process.pid)
    finally:
        process.close()
    for name in manifest.provides.sources:
        report.checks.extend(
            source_checks(name, manifest, SourceProcess(manifest, given, launcher, site=site))
        )
    if report.passed and manifest.provides.detectors and try_without:
        report.without = _without(start, manifest, shown)
    return report


def made_up(manifest: Manifest) -> dict[str, Any]:
    """A value for each setting: its default, or something of its type."""
    values: dict[str, Any] = {"string": "x", "integer": 1, "number": 1.0, "boolean": False, "strings": ["x"]}

    def value(setting: ConfigField) -> Any:
        if setting.default is not None:
            return setting.default
        return NO_FOLDER if setting.path else values[setting.type]

    return {
        name: value(setting)
        for name, setting in manifest.config.items()
        if setting.default is not None or setting.required
    }


# --- detectors ---------------------------------------------------------------------------------------


def granted(manifest: Manifest, records: Sequence[Record]) -> tuple[Record, ...]:
    """The records with only the fields that the manifest asks for."""
    return tuple(Record(**{name: getattr(record, name) for name in manifest.reads}) for record in records)


def _detector(
    process: PluginProcess, manifest: Manifest, name: str, records: Sequence[Record], report: Report
) -> Iterator[Checked]:
    shown = granted(manifest, records)
    parts = [
        shown[start : start + manifest.limits.batch_records]
        for start in range(0, len(shown), manifest.limits.batch_records)
    ]
    yield held(f"{name}: answers an empty batch", lambda: answers(process, name, ()))
    if not process.alive:
        return
    yield held(f"{name}: looks at a record with nothing in it", lambda: answers(process, name, (Record(),)))
    if not process.alive:
        return
    found: list[list[Found | Failed | Skipped]] = []
    begun = time.perf_counter()
    yield held(
        f"{name}: answers once for each of {len(shown)} records",
        lambda: found.extend(answers(process, name, part) for part in parts),
    )
    seconds = time.perf_counter() - begun
    if len(found) < len(parts):
        return
    if seconds > 0 and shown:
        report.records_per_s = len(shown) / seconds
    said = [one for part in found for one in part]
    yield held(f"{name}: fails on no record", lambda: _none_failed(said))
    yield held(f"{name}: findings can be kept and shown", lambda: _kept(name, said))
    yield held(f"{name}: spans lie in the text of a granted field", lambda: _spans(said, shown))
    yield held(
        f"{name}: says the same of the same records",
        lambda: _same(found[:1], [answers(process, name, part) for part in parts[:1]]),
    )


def answers(process: PluginProcess, name: str, records: Sequence[Record]) -> list[Found | Failed | Skipped]:
    items = process.call(wire.Detect(name, tuple(records)), dry_run=True)
    said = [item for item in items if isinstance(item, Found | Failed | Skipped)]
    if len(said) != len(items):
        raise PluginMisbehaved(f"{name} answers a detection with something else")
    refs = sorted(item.ref for item in said)
    if refs != list(range(len(records))):
        raise PluginMisbehaved(
            f"{name} answers {len(refs)} times, for {len(set(refs))} of {len(records)} records"
        )
    return sorted(said, key=lambda item: item.ref)


def _none_failed(said: Sequence[Found | Failed | Skipped]) -> None:
    for item in said:
        if isinstance(item, Failed):
            raise PluginMisbehaved(f"it failed on made-up record {item.ref} ({item.code}): {item.message}")


def _findings(item: Found | Failed | Skipped) -> tuple[Finding, ...]:
    return item.findings if isinstance(item, Found) else ()


def _kept(name: str, said: Sequence[Found | Failed | Skipped]) -> None:
    for item in said:
        check(name, _findings(item))


def _spans(said: Sequence[Found | Failed | Skipped], records: Sequence[Record]) -> None:
    # Answers of several parts follow one another, as their records do.
    for item, record in zip(said, records, strict=True):
        for finding in _findings(item):
            if finding.end is None or finding.field is None:
                continue
            text = getattr(record, finding.field.partition(".")[0], None)
            if isinstance(text, str) and finding.end > len(text):
                raise PluginMisbehaved(
                    f"a span ends at {finding.end} of {len(text)} characters of {finding.field}"
                )
            if text is None:
                raise PluginMisbehaved(f"a finding names the field {finding.field}, which it was not shown")


def _same(first: object, second: object) -> None:
    if msgspec.json.encode(first) != msgspec.json.encode(second):
        raise PluginMisbehaved("two looks at the same records differ: leave chance and time out")


def _without(start: Start, manifest: Manifest, records: Sequence[Record]) -> dict[str, Lack]:
    """What becomes of the plugin without each of its fields, in a process that goes on."""
    found: dict[str, Lack] = {}
    whole = granted(manifest, records)
    process = start(manifest)
    try:
        before = _all(process, manifest, whole)
        for name in manifest.reads:
            less = tuple(msgspec.structs.replace(one, **{name: getattr(Record(), name)}) for one in whole)
            try:
                after = _all(process, manifest, less)
            except PluginFailed:
                found[name] = Lack(False, len(whole))
                if not process.alive:
                    break
                continue
            found[name] = Lack(True, sum(one != other for one, other in zip(before, after, strict=True)))
    except PluginFailed:
        return {}
    finally:
        process.close()
    return found


def _all(process: PluginProcess, manifest: Manifest, records: Sequence[Record]) -> list[bytes]:
    """What is said of each record, in a form that can be compared."""
    size = manifest.limits.batch_records
    said: list[bytes] = [b""] * len(records)
    for name in manifest.provides.detectors:
        for start in range(0, len(records), size):
            for item in answers(process, name, records[start : start + size]):
                _none_failed([item])
                said[start + item.ref] += msgspec.json.encode(_findings(item))
    return said


# --- assessors ---------------------------------------------------------------------------------------


def leads() -> tuple[Lead, ...]:
    """Made-up leads: the smallest, and one that moved."""
    visits = tuple(
        Visit(
            name, 3, BEGIN + timedelta(days=number), BEGIN + timedelta(days=number + 1), 40.0 + number, -83.0
        )
        for number, name in enumerate(("Columbus, OH", "Dayton, OH", "Toledo, OH"))
    )
    return (
        Lead(records=1, first=BEGIN, last=BEGIN),
        Lead(
            records=9,
            first=BEGIN,
            last=BEGIN + timedelta(days=4),
            days=5,
            selectors={"phone": 1, "image": 2},
            visits=visits,
            ages=(23,),
        ),
    )


def _assessor(process: PluginProcess, manifest: Manifest, name: str) -> Iterator[Checked]:
    if process.alive:
        yield held(f"{name}: assesses nothing, and leads", lambda: _assessed(process, name))


def _assessed(process: PluginProcess, name: str) -> None:
    process.call(wire.Assess(name, ()), dry_run=True)
    shown = leads()
    for item in process.call(wire.Assess(name, shown), dry_run=True):
        if not isinstance(item, Assessed) or not 0 <= item.ref < len(shown):
            raise PluginMisbehaved(f"{name} answers an assessment with something else")
        for indicator in item.indicators:
            check_indicator(name, indicator)


# --- what all of them use ----------------------------------------------------------------------------


def peak_mb(pid: int) -> int | None:
    """The most memory that a process or one below it had so far, in mebibytes; None where nothing says."""
    peaks = []
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        with suppress(OSError, ValueError, IndexError):
            status = Path(f"/proc/{one}/status").read_text(encoding="ascii")
            peaks += [
                int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")
            ]
            waiting += map(int, Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii").split())
    return max(peaks, default=None)
