"""The events that are spoken: of CAEP 1.0, RISC 1.0 and the Shared Signals Framework 1.0."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

_BASE = "https://schemas.openid.net/secevent"


class Event(StrEnum):
    """What happened."""

    ACCOUNT_DISABLED = f"{_BASE}/risc/event-type/account-disabled"
    SESSION_REVOKED = f"{_BASE}/caep/event-type/session-revoked"
    VERIFICATION = f"{_BASE}/ssf/event-type/verification"


CHOICES: Mapping[str, Event] = {
    "account-disabled": Event.ACCOUNT_DISABLED,
    "session-revoked": Event.SESSION_REVOKED,
}
"""What an admin chooses from, by short name; verification is part of every stream."""

NAMES: Mapping[str, str] = {event.value: name for name, event in CHOICES.items()} | {
    Event.VERIFICATION.value: "verification"
}
"""The short names, by the whole."""
