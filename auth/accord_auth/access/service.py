"""Ending access: the only place that does.

Whoever takes something away (a role, an organisation's standing, a password) changes that first and then
calls `end_access` in the same transaction, on the gate's database role. Whatever the subject has of a channel
ends, whatever the cause; but for shares, which end with their organisation's membership and not while it is
suspended or without an agreement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from accord_auth.access.causes import REACHES, Cause, Reach, Subject
from accord_auth.access.channel import Channel
from accord_auth.access.channels import CHANNELS, activations, clients, jobs
from accord_auth.audit.service import AuditTag, record
from accord_auth.principal import Principal
from accord_auth.signals.announcing import announce
from accord_config.refusals import run_refused_again


@dataclass(frozen=True)
class Ended:
    """How many things of each channel end, or have ended, by the channel's name."""

    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    def words(self) -> str:
        """Such as `1 session, 3 invitations`; `nothing` where there is none."""
        parts = [
            f"{number} {channel.name if number == 1 else channel.plural}"
            for channel in CHANNELS
            if (number := self.counts.get(channel.name, 0))
        ]
        return ", ".join(parts) or "nothing"


def preview(session: Session, subject: Subject, cause: Cause | None = None) -> Ended:
    """What `end_access` would end now for this cause, or at the most; nothing is changed."""
    return Ended({channel.name: channel.count(session, subject) for channel in _asked(subject, cause)})


def end_access(
    session: Session, who: Principal, subject: Subject, cause: Cause, reason: str | None = None
) -> Ended:
    """End everything by which the subject acts, and write one audit entry with the counts.

    `reason` is the words of whoever does it. The entry stands in the log of the organisation that the
    subject belongs to, so that it sees who closed what; of a person or a credential, in the log of
    whom `who` acts for.

    :raises ValueError: when this cause cannot end such a subject's access.
    """
    if subject.reach not in REACHES[cause]:
        raise ValueError(f"{cause} does not end the access of a {subject.reach}")
    ended = Ended({channel.name: channel.end(session, subject, cause) for channel in _asked(subject, cause)})
    witness = who
    if subject.reach in (Reach.MEMBERSHIP, Reach.ORGANISATION):
        witness = replace(who, organisation_id=subject.organisation_id)
    detail = {"cause": cause.value} | {name: number for name, number in ended.counts.items() if number}
    record(session, witness, AuditTag.ACCESS_END, str(subject), detail, why=reason)
    _tell_members(session, subject, cause)
    return ended


def _tell_members(session: Session, subject: Subject, cause: Cause) -> None:
    """Signals to the systems of the organisations that it concerns.

    What a signal ended is not told on: two systems would tell each other for ever. Nor is what people end of
    their own, one session after the other.
    """
    about_person = subject.reach is Reach.PERSON or (
        subject.reach is Reach.MEMBERSHIP and subject.organisation_id is not None
    )
    if not about_person or subject.channel or subject.person_id is None or cause is Cause.SHARED_SIGNAL:
        return
    announce(
        session,
        person_id=subject.person_id,
        organisation_id=subject.organisation_id,
        disabled=cause is Cause.PERSON_DISABLED,
        reason=cause.value.replace("_", " "),
    )


def reopen(session: Session, who: Principal, subject: Subject) -> Ended:
    """Give an organisation that may act again its plugins and clients back, and have its refused jobs run.

    Sessions, tokens and invitations stay ended. Jobs that a person asked for who may not act stay refused.

    :raises ValueError: when the subject is no organisation.
    """
    if subject.reach is not Reach.ORGANISATION or subject.organisation_id is None:
        raise ValueError("only an organisation comes back as a whole")
    back = Ended(
        {
            activations.CHANNEL.name: activations.reopen(session, subject),
            clients.CHANNEL.name: clients.reopen(session, subject),
            jobs.CHANNEL.name: run_refused_again(
                session, subject.organisation_id, frozenset(_of_organisations())
            ),
        }
    )
    witness = replace(who, organisation_id=subject.organisation_id)
    detail = {name: number for name, number in back.counts.items() if number}
    record(session, witness, AuditTag.ACCESS_REOPEN, str(subject), detail)
    return back


def _of_organisations() -> list[str]:
    return [cause.value for cause, reaches in REACHES.items() if Reach.ORGANISATION in reaches]


def _asked(subject: Subject, cause: Cause | None) -> Iterator[Channel]:
    for channel in CHANNELS:
        if channel.ends_for(subject, cause):
            yield channel
