"""What a page may look like before anything of it is kept: a plugin's output is a stranger's input."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import msgspec

from accord.ingestion.service import Incoming, Reject, validate
from accord_sdk import Page
from accord_sdk.host.errors import PluginMisbehaved
from accord_sdk.lines import LINE_CAP

LARGEST_CURSOR = 16 * 1024 * 1024
"""Bytes; the cursor is written with every page."""
DEEPEST = 32
"""Levels of lists and objects in a record; the record line itself needs four."""
LONGEST_TEXT = 500
"""Characters that are kept of a position, an external id or a reason."""


@dataclass(frozen=True)
class CheckedPage:
    """A page's records, and those that are none, by their index in the page."""

    incoming: list[Incoming]
    rejects: list[Reject]


def check_page(plugin: str, page: Page, *, limit: int) -> CheckedPage:
    """Look at every record of a page.

    :raises PluginMisbehaved: when the page breaks the contract as a whole.
    """
    if len(page.records) > limit:
        raise PluginMisbehaved(f"{plugin} gave a page of {len(page.records)} records when asked for {limit}")
    if len(page.cursor) > LARGEST_CURSOR:
        raise PluginMisbehaved(f"{plugin} gave a cursor of more than {LARGEST_CURSOR} bytes")
    checked = CheckedPage([], [])
    for index, line in enumerate(page.records):
        record = _check(index, line)
        if isinstance(record, Reject):
            checked.rejects.append(record)
        else:
            checked.incoming.append(record)
    return checked


def _check(index: int, line: dict[str, Any]) -> Incoming | Reject:
    problem = _not_json(line)
    if problem is None and len(msgspec.json.encode(line)) > LINE_CAP:
        problem = f"record is longer than {LINE_CAP} bytes; shorten it"
    if problem is None:
        return validate(index, line)
    external_id = line.get("external_id")
    return Reject(index, problem, external_id if isinstance(external_id, str) else None)


def _not_json(line: dict[str, Any]) -> str | None:
    """Why a record is no JSON object, which MessagePack lets it be.

    It walks without recursion, so that no nesting can end this process.
    """
    waiting: list[tuple[str, Any, int]] = [(name, value, 1) for name, value in line.items()]
    while waiting:
        name, value, depth = waiting.pop()
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                return f"{plain(name)}: holds an object whose keys are not all text"
            waiting.extend((name, part, depth + 1) for part in value.values())
        elif isinstance(value, list):
            waiting.extend((name, part, depth + 1) for part in value)
        elif isinstance(value, float) and not math.isfinite(value):
            return f"{plain(name)}: holds NaN or Infinity"
        elif value is not None and not isinstance(value, str | int | float):
            kind = type(value).__name__
            return f"{plain(name)}: holds a value of type {kind}, which JSON has not; write it as text"
        if depth > DEEPEST:
            return f"{plain(name)}: is nested more than {DEEPEST} levels deep"
    return None


def plain(text: str) -> str:
    """A stranger's text as one that can be stored and shown: shortened, without control characters."""
    short = text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in short)
