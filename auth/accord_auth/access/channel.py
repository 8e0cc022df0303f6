"""What a channel is: one kind of thing by which somebody acts, to be counted and ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject


class Count(Protocol):
    """How many live things of the channel a subject has."""

    def __call__(self, session: Session, subject: Subject) -> int:
        """Count them, and change nothing."""
        ...


class End(Protocol):
    """Ends a subject's live things of the channel."""

    def __call__(self, session: Session, subject: Subject, cause: Cause) -> int:
        """End them in the session's transaction; returns how many there were."""
        ...


@dataclass(frozen=True)
class Channel:
    """One kind of credential or of work in somebody's name. It runs on the gate's database role."""

    name: str
    """In the singular, as a credential's `Subject.channel` names it."""
    plural: str
    reaches: frozenset[Reach]
    """For which subjects there can be any; for all others it is not asked."""
    count: Count
    end: End
