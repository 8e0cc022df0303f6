"""What plugin authors test with: load a plugin in this process and call it as the runner would.

The process boundary, the granted fields and the time limits are the host's; see `accord plugins try`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from accord_sdk import wire
from accord_sdk.findings import Finding, Found, Result
from accord_sdk.outside import NotGiven, nobody
from accord_sdk.records import Record
from accord_sdk.runner import Plugin


class LocalCall:
    """A call (see `accord_sdk.hooks.Call`) without a host: never cancelled, remembers progress."""

    def __init__(self, *, timeout_s: float = 60.0, dry_run: bool = False) -> None:
        self.id = "local"
        self.deadline = time.monotonic() + timeout_s
        self.dry_run = dry_run
        self.seen: list[tuple[int, int]] = []

    def cancelled(self) -> bool:
        return False

    def progress(self, done: int, total: int) -> None:
        self.seen.append((done, total))


class LocalHost:
    """What a plugin asks of the host, without one: a store in memory, and HTTP answers made beforehand.

    `answers` maps "METHOD url" to what the server would say; `asked` remembers the requests.
    """

    def __init__(self, answers: dict[str, wire.HttpAnswer] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[wire.Http] = []
        self.kept: dict[str, bytes] = {}

    def ask(self, want: wire.Want) -> wire.Gift:
        """What the host would give.

        :raises NotGiven: for a request that there is no answer for.
        """
        match want:
            case wire.Http(method, url):
                self.asked.append(want)
                if f"{method} {url}" not in self.answers:
                    raise NotGiven("not_granted", f"no answer was made for {method} {url}")
                return self.answers[f"{method} {url}"]
            case wire.StoreGet(key):
                return wire.Stored(self.kept.get(key))
            case wire.StorePut(key, value):
                if value is None:
                    self.kept.pop(key, None)
                else:
                    self.kept[key] = value
                return wire.Stored(value)
            case wire.StoreKeys(prefix):
                return wire.Keys(tuple(sorted(key for key in self.kept if key.startswith(prefix))))


def load(name: str, config: dict[str, Any] | None = None, host: LocalHost | None = None) -> Plugin:
    """Load the installed plugin with this entry point name, exactly as the runner does."""
    return Plugin(name, config or {}, host.ask if host else nobody)


def detect(plugin: Plugin, records: Sequence[Record], *, detector: str | None = None) -> list[Result]:
    """The results of a plugin's detector (its only one unless named), in the order of `records`."""
    name = detector or next(iter(plugin.detectors))
    results = plugin.detectors[name].detect(tuple(records), LocalCall())
    return sorted(results, key=lambda result: result.ref)


def findings(plugin: Plugin, record: Record, *, detector: str | None = None) -> tuple[Finding, ...]:
    """The findings of a plugin's detector on one record.

    :raises AssertionError: when it failed or skipped the record.
    """
    (result,) = detect(plugin, [record], detector=detector)
    if not isinstance(result, Found):
        raise AssertionError(f"expected findings, got {result}")  # noqa: TRY004 - what a failing test raises
    return result.findings
