"""What a lead's page shows of whether it may be about a minor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class MinorPanel:
    """What is known, and the form: POST `act` (take, confirm, lift) and `reason` to `act_url`."""

    state: str
    """Empty: nothing says that it may be."""
    why: str
    since: datetime | None
    due_hours: float
    taken: str
    decided: str
    reason: str
    act_url: str
    may_take: bool
    may_confirm: bool
    may_lift: bool
    queue_url: str
