"""What the page of shared signals shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accord.web.presentation import Option


@dataclass(frozen=True)
class StreamRow:
    """A stream. Addresses are None for who may not, and for what it cannot do."""

    name: str
    sends: bool
    events: str
    other: str
    """Whom it sends to, or who signs what comes."""
    push_url: str
    """Where the other side pushes to; empty for one that sends."""
    audience: str
    subjects: str
    last_at: datetime | None
    last_words: str
    failed_at: datetime | None
    verified_at: datetime | None
    verify_url: str | None
    close_url: str | None


@dataclass(frozen=True)
class DeliveryRow:
    """A signal that was sent, waits, or is parked."""

    stream: str
    event: str
    about: str
    state: str
    words: str
    created_at: datetime
    tries: int
    again_url: str | None


@dataclass(frozen=True)
class SignalsPage:
    """The whole page. `secret` and `secret_url` are told this once."""

    streams: tuple[StreamRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    issuer: str
    keys_url: str
    forms: bool
    action_url: str
    directions: tuple[Option, ...]
    formats: tuple[Option, ...]
    events: tuple[Option, ...]
    secret: str = ""
    secret_url: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
