"""`accord-sdk test` and `try`: the plugin of the current folder at work, in the isolation of production."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import msgspec

from accord_sdk import wire
from accord_sdk.checks import granted, run_checks
from accord_sdk.cli.making import tell
from accord_sdk.cli.staging import Staged, staged
from accord_sdk.findings import Failed, Finding, Found, Selector
from accord_sdk.host.errors import PluginFailed
from accord_sdk.host.process import PluginProcess
from accord_sdk.lines import open_lines
from accord_sdk.manifest import Manifest, ManifestError
from accord_sdk.project import ProjectError
from accord_sdk.records import Record

AROUND = 30
"""Characters that are shown on either side of the evidence."""
LOOK_EVERY_S = 0.5


@click.command()
def test() -> None:
    """Hold the plugin of the current folder to the contract, then run its own tests."""
    with staged(Path()) as found:
        report = run_checks(found.project.manifest, found.launcher, try_without=False)
        tell(report)
        failed = not report.passed
        if Path("tests").is_dir():
            failed |= _own_tests(found.site) != 0
    if failed:
        sys.exit(1)


def _own_tests(site: Path) -> int:
    if find_spec("pytest") is None:
        click.echo("its own tests in tests/ were not run: install pytest")
        return 0
    start = f"import sys; sys.path.insert(0, {str(site)!r})"
    program = f"{start}; import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    words = [sys.executable, "-c", program, "-q", "-p", "no:cacheprovider", "tests"]
    return subprocess.run(words, check=False).returncode  # noqa: S603 - the author's own tests


@click.command("try")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--watch", is_flag=True, help="Do it again whenever the plugin or the file changes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, to be read by programs.")
def try_records(file: Path, watch: bool, as_json: bool) -> None:
    """Run the plugin of the current folder over the records of FILE, one finding a line."""
    seen = _changed(file)
    _once(file, as_json)
    while watch:
        time.sleep(LOOK_EVERY_S)
        now = _changed(file)
        if now != seen:
            seen = now
            click.echo("--- again")
            try:
                _once(file, as_json)
            except (ManifestError, PluginFailed, ProjectError) as error:
                click.echo(str(error), err=True)


def _changed(file: Path) -> dict[Path, int]:
    paths = [file, *(path for kind in ("*.py", "*.toml") for path in Path().rglob(kind))]
    return {path: path.stat().st_mtime_ns for path in paths if path.exists() and ".venv" not in path.parts}


def _once(file: Path, as_json: bool) -> None:
    with staged(Path()) as found:
        manifest = found.project.manifest
        if not manifest.provides.detectors:
            raise ProjectError("it has no detector to try")
        read = list(_records(file))
        _show(found, manifest, read, as_json)


def _records(file: Path) -> Iterator[tuple[str, Record]]:
    for line in open_lines(file):
        if line.value is None:
            click.echo(f"line {line.number}: {line.reason}", err=True)
            continue
        given = line.value
        known = {name: given[name] for name in Record.__struct_fields__ if given.get(name) is not None}
        try:
            yield str(given.get("external_id", line.number)), msgspec.convert(known, Record)
        except msgspec.ValidationError as error:
            click.echo(f"line {line.number}: {error}", err=True)


def _show(found: Staged, manifest: Manifest, read: Sequence[tuple[str, Record]], as_json: bool) -> None:
    shown = granted(manifest, [record for _, record in read])
    process = PluginProcess(manifest, _defaults(manifest), found.launcher)
    try:
        for name in manifest.provides.detectors:
            for start in range(0, len(shown), manifest.limits.batch_records):
                part = shown[start : start + manifest.limits.batch_records]
                for item in process.call(wire.Detect(name, part), dry_run=True):
                    _print(item, *read[start + getattr(item, "ref", 0)], as_json)
    finally:
        process.close()


def _defaults(manifest: Manifest) -> dict[str, Any]:
    return {name: one.default for name, one in manifest.config.items() if one.default is not None}


def _print(item: wire.Item, external_id: str, record: Record, as_json: bool) -> None:
    if isinstance(item, Failed):
        click.echo(f"{external_id}: {item.code} {item.message}", err=True)
    elif isinstance(item, Found):
        for finding in item.findings:
            line = _json(external_id, finding) if as_json else _line(external_id, record, finding)
            click.echo(line)


def _json(external_id: str, finding: Finding) -> str:
    plain = msgspec.to_builtins(finding)
    return msgspec.json.encode({"external_id": external_id, "finding": plain.pop("type"), **plain}).decode()


def _line(external_id: str, record: Record, finding: Finding) -> str:
    what = f"{finding.kind} {finding.value}" if isinstance(finding, Selector) else f"{finding.kind}"
    if not isinstance(finding, Selector):
        what += f" {'+' if finding.sign > 0 else '-' if finding.sign < 0 else ''}{finding.strength:g}"
    return f"{external_id}  {what}  {_evidence(record, finding)}".rstrip()


def _evidence(record: Record, finding: Finding) -> str:
    text = getattr(record, finding.field or "", None)
    if not isinstance(text, str) or finding.start is None or finding.end is None:
        return f"({finding.field})" if finding.field else ""
    before = text[max(0, finding.start - AROUND) : finding.start]
    marked = click.style(text[finding.start : finding.end], underline=True)
    after = text[finding.end : finding.end + AROUND]
    return " ".join(f"{finding.field}: …{before}{marked}{after}…".split())
