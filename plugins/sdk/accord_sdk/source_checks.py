"""Checks of a data source: its first pages, in a process of its own, without the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import Any

import msgspec

from accord_sdk.checked import Checked, held
from accord_sdk.host.errors import PluginMisbehaved, PluginRaised
from accord_sdk.host.pulling import SourceProcess
from accord_sdk.manifest import Manifest

RECORDS = 100
"""Records that a page is asked for."""
PAGES = 3
"""So many pages are looked at; a source may have any number."""
NEEDED = ("external_id", "observed_at")
"""What every record has."""


def source_checks(name: str, manifest: Manifest, process: SourceProcess) -> Iterator[Checked]:
    """Hold a source to the contract. The process is ended.

    One that needs the network, a folder, or settings that nobody can make up may say that it has nothing to
    bring in here: that is no fault of its.
    """
    try:
        yield held(
            f"{name}: gives pages of records with a cursor to go on from",
            lambda: _pages(name, manifest, process),
        )
    finally:
        process.kill()


def _pages(name: str, manifest: Manifest, process: SourceProcess) -> None:
    limit = min(RECORDS, manifest.limits.batch_records)
    before: bytes | None = None
    with suppress(PluginRaised) if _needs_more(manifest) else nullcontext():
        for number, page in enumerate(process.pages(name, None, limit=limit, dry_run=True), start=1):
            if len(page.records) > limit:
                raise PluginMisbehaved(
                    f"it gave a page of {len(page.records)} records when asked for {limit}"
                )
            for line in page.records:
                _record(line)
            if page.more and page.cursor == before:
                raise PluginMisbehaved("it says that there is more, and its cursor does not move on")
            before = page.cursor
            if number >= PAGES:
                return


def _needs_more(manifest: Manifest) -> bool:
    settings = manifest.config.values()
    return bool(manifest.calls) or any(one.required or one.path or one.calls for one in settings)


def _record(line: dict[str, Any]) -> None:
    for key in NEEDED:
        if not isinstance(line.get(key), str) or not line[key]:
            raise PluginMisbehaved(f"a record has no {key}, as text")
    try:
        msgspec.json.encode(line)
    except (TypeError, ValueError) as error:
        raise PluginMisbehaved(f"a record is no JSON object: {error}") from error
