"""`accord plugins try`: an installed plugin on records of a file."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import uuid4

import click
import msgspec

from accord.exports import finding_line
from accord.host.choice import launcher_for
from accord.host.pool import ActivePlugin, ProcessPool
from accord.ingestion.service import Incoming, validate
from accord.registry.service import discover
from accord_auth.errors import NotFound
from accord_config.settings import load_settings
from accord_sdk import Failed, Found, Record, wire
from accord_sdk.lines import open_lines

AT_ONCE = 500


@click.command("try")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def try_plugin(name: str, file: Path) -> None:
    """Run the detectors of plugin NAME over the records of FILE and print one finding a line.

    Nothing is stored and no server is needed. Lines that cannot be used are named on standard error.
    """
    plugin = _installed(name)
    waiting: list[Incoming] = []
    pool = ProcessPool(launcher_for(load_settings()))
    try:
        for line in open_lines(file):
            found = validate(line.number, line.value) if line.value is not None else None
            if isinstance(found, Incoming):
                waiting.append(found)
            else:
                click.echo(f"line {line.number}: {found.reason if found else line.reason}", err=True)
            if len(waiting) >= AT_ONCE:
                _try_batch(pool, plugin, waiting)
                waiting.clear()
        if waiting:
            _try_batch(pool, plugin, waiting)
    finally:
        pool.close()


def _installed(name: str) -> ActivePlugin:
    found = {plugin.manifest.name: plugin for plugin in discover()}
    if name not in found:
        raise NotFound(f"no plugin {name!r} is installed; there are: {', '.join(found) or 'none'}")
    plugin = found[name]
    if not plugin.manifest.provides.detectors:
        raise NotFound(f"plugin {name!r} has no detector to try")
    return ActivePlugin(uuid4(), plugin.manifest, plugin.version, {})


def _try_batch(pool: ProcessPool, plugin: ActivePlugin, batch: list[Incoming]) -> None:
    granted = plugin.manifest.reads
    records = tuple(
        msgspec.convert({name: incoming.values[name] for name in granted}, Record) for incoming in batch
    )
    with pool.lend(plugin) as process:
        for detector in plugin.manifest.provides.detectors:
            for item in process.call(wire.Detect(detector, records), dry_run=True):
                _print(batch, item)


def _print(batch: list[Incoming], item: wire.Item) -> None:
    if isinstance(item, Found):
        for finding in item.findings:
            line = finding_line(batch[item.ref].values["external_id"], msgspec.to_builtins(finding))
            sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    elif isinstance(item, Failed):
        click.echo(f"{batch[item.ref].values['external_id']}: {item.code} {item.message}", err=True)
