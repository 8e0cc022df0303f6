"""What pages show of verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accord.web.presentation import Option


@dataclass(frozen=True)
class VerdictMark:
    """The verdict that stands on a lead, in words. `grown` says how much came since, where that is a lot."""

    word: str
    label: str
    by: str
    made_at: datetime
    reason: str = ""
    grown: str = ""


@dataclass(frozen=True)
class PastVerdict:
    """A verdict that no longer stands, and who ended it when."""

    label: str
    by: str
    made_at: datetime
    reason: str
    ended_by: str
    ended_at: datetime


@dataclass(frozen=True)
class VerdictPanel:
    """What stands, what was said before, and the form: POST `verdict`, `reason`, `back` to `give_url`.

    `withdraw_url` (POST `back`) is set where something stands and the person may take it back.
    """

    stands: VerdictMark | None = None
    past: tuple[PastVerdict, ...] = ()
    give_url: str | None = None
    withdraw_url: str | None = None
    options: tuple[Option, ...] = ()
    back: str = "lead"
    """Where the form leads back to: `lead` or `case`."""
