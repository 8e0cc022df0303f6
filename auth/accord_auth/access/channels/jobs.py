"""Queued jobs: an organisation's, and those that a person asked for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_config.refusals import count_waiting, refuse_waiting


def count(session: Session, subject: Subject) -> int:
    """Jobs that wait."""
    if _of_the_platform(subject):
        return 0
    return count_waiting(session, organisation_id=subject.organisation_id, person_id=subject.person_id)


def end(session: Session, subject: Subject, cause: Cause) -> int:
    """Mark them: a worker refuses them when they come to their turn, and says why."""
    if _of_the_platform(subject):
        return 0
    return refuse_waiting(
        session, cause, organisation_id=subject.organisation_id, person_id=subject.person_id
    )


def _of_the_platform(subject: Subject) -> bool:
    # All jobs are of some organisation; whoever leaves the platform may go on acting for one.
    return subject.reach is Reach.MEMBERSHIP and subject.organisation_id is None


CHANNEL = Channel(
    "queued job",
    "queued jobs",
    frozenset({Reach.PERSON, Reach.MEMBERSHIP, Reach.ORGANISATION}),
    count,
    end,
)
