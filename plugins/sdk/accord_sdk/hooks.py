"""The hooks that a plugin may implement, and the objects that they hand to the host.

Every hook takes one argument, so that a new field of it never breaks an old plugin. Mark an
implementation with `hookimpl`; a misspelt hook stops the plugin when it is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import pluggy

from accord_sdk.findings import Result
from accord_sdk.leads import Assessed, Lead
from accord_sdk.outside import Http, Store
from accord_sdk.records import Record
from accord_sdk.sharing import Delivery, Draft, Receipt, Retraction, Share, Verdict
from accord_sdk.sources import Page

hookspec = pluggy.HookspecMarker("accord")
hookimpl = pluggy.HookimplMarker("accord")


class Context(msgspec.Struct, frozen=True):
    """What a plugin knows of where it runs: its own name and version, its configuration, and the ways out."""

    plugin: str
    version: str
    config: Mapping[str, Any] = {}
    http: Http = msgspec.field(default_factory=Http)
    store: Store = msgspec.field(default_factory=Store)


class Call(Protocol):
    """One call of the host. `deadline` is on `time.monotonic`'s clock; past it the process is killed."""

    @property
    def id(self) -> str: ...
    @property
    def deadline(self) -> float: ...
    @property
    def dry_run(self) -> bool: ...
    def cancelled(self) -> bool:
        """Whether the host no longer wants the answer."""

    def progress(self, done: int, total: int) -> None:
        """Tell the host how far the call is; shown to people."""


class Detector(Protocol):
    """Looks at records one batch at a time and yields one result for each."""

    name: str

    def open(self) -> None:
        """Called once in the process before the first batch: load models here."""

    def detect(self, batch: Sequence[Record], call: Call) -> Iterable[Result]:
        """Yield a result for every index of `batch`; order does not matter."""

    def close(self) -> None:
        """Called once before the process ends in good order."""


class Assessor(Protocol):
    """Judges leads, not lone records."""

    name: str

    def assess(self, leads: Sequence[Lead], call: Call) -> Iterable[Assessed]:
        """Yield what there is to say of each index of `leads`."""


class Source(Protocol):
    """Where records come from."""

    name: str

    def pull(self, cursor: bytes | None, call: Call, *, limit: int) -> Iterator[Page]:
        """Yield pages of at most `limit` records from `cursor` on (None: from the start)."""


class Reviewer(Protocol):
    """Judges a share before it goes; the host takes the strictest verdict."""

    name: str

    def review(self, draft: Draft, call: Call) -> Verdict:
        """Say whether the draft may go."""


class Deliverer(Protocol):
    """Carries a share to an outside system or into a file."""

    name: str

    def deliver(self, share: Share, call: Call) -> Delivery:
        """Deliver; calling again with the same `share.key` delivers nothing twice."""

    def retract(self, receipt: Receipt, call: Call) -> Retraction:
        """Take a delivery back, where the outside system can."""


class OutcomeEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something good happened with a lead that this plugin's findings helped with."""

    kind: str
    findings: int = 0


@hookspec
def accord_detectors(context: Context) -> Sequence[Detector]:  # type: ignore[empty-body]
    """The detectors that this plugin contributes."""


@hookspec
def accord_assessors(context: Context) -> Sequence[Assessor]:  # type: ignore[empty-body]
    """The assessors that this plugin contributes."""


@hookspec
def accord_sources(context: Context) -> Sequence[Source]:  # type: ignore[empty-body]
    """The data sources that this plugin contributes."""


@hookspec
def accord_sharing(context: Context) -> Sequence[Reviewer | Deliverer]:  # type: ignore[empty-body]
    """The case-sharing hooks that this plugin contributes."""


@hookspec
def accord_outcome(event: OutcomeEvent) -> None:
    """Told when an outcome was confirmed on a lead that this plugin's findings helped with."""
