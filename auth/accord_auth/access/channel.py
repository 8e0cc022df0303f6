"""What a channel is: one kind of thing by which somebody acts, to be counted and ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.principal import Principal


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
    only_for: Mapping[Reach, frozenset[Cause]] = field(default_factory=dict)
    """Of a reach that is named here, the causes that end them; all others leave them as they are."""

    def ends_for(self, subject: Subject, cause: Cause | None) -> bool:
        """Whether a cause ends what a subject has of this channel; without one, whether any does."""
        if subject.reach not in self.reaches or subject.channel not in ("", self.name):
            return False
        return cause is None or cause in self.only_for.get(subject.reach, (cause,))


def in_the_log_of(organisation_id: UUID) -> Principal:
    """What ended with somebody else's access, as the log of whom it concerns has it."""
    return Principal(
        organisation_id=organisation_id,
        organisation_slug="",
        organisation_name="",
        organisation_kind="",
        person_id=None,
        person_name="Accord",
        email="",
        roles=frozenset(),
        permissions=frozenset(),
    )
