"""What the pages of published versions and of a member's use of a plugin show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accord.publishing.comparing import Changes
from accord.publishing.tainted import Taint
from accord.web.presentation import FormState, Option, StopView


@dataclass(frozen=True)
class VersionRow:
    """A version at a glance."""

    url: str
    name: str
    version: str
    publisher: str
    state: str
    current: bool
    stop: StopView | None
    published_at: datetime
    published_by: str


@dataclass(frozen=True)
class VersionsPage:
    """The versions that one sees; `publish_url` takes `wheel` and `wheelhouse` as files."""

    rows: tuple[VersionRow, ...]
    of_all: bool
    publish_url: str | None = None
    advise_url: str | None = None
    """POST `about` and `reason`."""
    advisories: tuple[AdvisoryRow, ...] = ()
    form: FormState = field(default_factory=FormState)


@dataclass(frozen=True)
class AdvisoryRow:
    """What nothing may run with."""

    about: str
    reason: str
    by: str
    at: datetime
    url: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_reason: str = ""


@dataclass(frozen=True)
class ConcernedRow:
    """A version that an advisory is about. `held`: suspended because of it; `resume_url` takes `reason`."""

    name: str
    version: str
    state: str
    held: bool = False
    resume_url: str | None = None


@dataclass(frozen=True)
class AdvisoryPage:
    """An advisory, the versions that it is about, and what they found for one member.

    `taint` is None for who sees no records. `withdraw_url` takes `reason`.
    """

    row: AdvisoryRow
    back_url: str
    versions: tuple[ConcernedRow, ...]
    whose: str
    taint: Taint | None
    withdraw_url: str | None = None

    @property
    def held(self) -> tuple[ConcernedRow, ...]:
        """What is still suspended because of it."""
        return tuple(one for one in self.versions if one.held)


@dataclass(frozen=True)
class GrantBox:
    """A grant to tick: what, the author's reason, and what becomes of the plugin without it."""

    field: str
    label: str
    reason: str
    without: str
    chosen: bool = True
    breaks: bool = False


@dataclass(frozen=True)
class Step:
    """A check, whether it holds, and why not."""

    name: str
    holds: bool
    words: str = ""
    code: str = ""
    about: str = ""


@dataclass(frozen=True)
class GrantCheckView:
    """Whether the contract holds with what is ticked: known, under way (`poll_url`), or as it asks."""

    state: str
    """`asked`: nothing is left out; `checking`, `holds`, `fails`."""
    left_out: str = ""
    code: str = ""
    words: str = ""
    about: str = ""
    message: str = ""
    next_step: str = ""
    poll_url: str = ""


@dataclass(frozen=True)
class Pin:
    """What an environment holds beside the plugin."""

    name: str
    version: str
    comes_from: str


@dataclass(frozen=True)
class TrialView:
    """A run on trial: still under way, failed, or what came of it."""

    asked_at: datetime
    done: bool
    stop: StopView | None
    result: Mapping[str, Any]


@dataclass(frozen=True)
class VersionPage:
    """A version, for its publisher and for whoever decides; an address that is None is not for them."""

    row: VersionRow
    title: str
    sentence: str
    granted: str
    back_url: str
    digest: str
    card: Mapping[str, str]
    steps: tuple[Step, ...]
    speed: str
    pins: tuple[Pin, ...]
    changes: Changes | None
    trial: tuple[Mapping[str, Any], ...]
    trial_kinds: Mapping[str, int]
    approvals: tuple[str, ...]
    two_needed: bool
    grants: tuple[GrantBox, ...]
    ceilings: tuple[Option, ...]
    not_decided: str
    """Why this person does not decide."""
    leaves: tuple[str, ...]
    approved_until: datetime | None
    approve_url: str | None = None
    grants_url: str | None = None
    grant_check: GrantCheckView | None = None
    refuse_url: str | None = None
    suspend_url: str | None = None
    resume_url: str | None = None
    withdraw_url: str | None = None
    compare_url: str | None = None
    promote_url: str | None = None
    not_promoted: str = ""
    roll_back_url: str | None = None
    roll_back_to: str = ""
    comparison: TrialView | None = None
    form: FormState = field(default_factory=FormState)


@dataclass(frozen=True)
class Setting:
    """A setting of a plugin in a form."""

    name: str
    kind: str
    help: str
    required: bool
    secret: bool
    value: str
    is_set: bool
    error: str = ""


@dataclass(frozen=True)
class UsePage:
    """A member's use of a plugin: its settings, trying it out, starting and stopping it."""

    name: str
    title: str
    version: str
    sentence: str
    whose: str
    back_url: str
    stop: StopView | None
    """Why it runs for nobody."""
    saved: bool
    active: bool
    settings: tuple[Setting, ...]
    save_url: str | None
    connection_url: str | None
    draft_url: str | None
    start_url: str | None
    stop_url: str | None
    connection: TrialView | None
    draft: TrialView | None
    back_to: str = ""
    on_to: str = ""
    """The version that runs for everybody, where the organisation went back to another one."""
    roll_back_url: str | None = None
    roll_forward_url: str | None = None
    stopped: str = ""
    """How many processes died when it was stopped a moment ago."""
    form: FormState = field(default_factory=FormState)
