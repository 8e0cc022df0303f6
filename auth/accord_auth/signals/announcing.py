"""Telling members' systems that a person's access ended: noted with the job, in the same transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.models import Person, RoleAssignment
from accord_auth.signals.events import Event
from accord_auth.signals.models import Direction, SignalDelivery, SignalStream
from accord_config.queue import enqueue

PUSH = "signals:push"
"""The job that sends one signal."""


def announce(
    session: Session, *, person_id: UUID, organisation_id: UUID | None, disabled: bool, reason: str
) -> int:
    """Tell every receiver that waits for it; returns how many signals wait now.

    Without `organisation_id` it is about all that the person belongs to. `disabled`: the account is closed.
    An organisation in which the person has no role any more has lost the account there.
    """
    person = session.get(Person, person_id)
    if person is None:
        return 0
    count = 0
    for stream in _streams(session, person_id, organisation_id):
        gone = disabled or not _belongs(session, person_id, stream.organisation_id)
        for event in (Event.SESSION_REVOKED, Event.ACCOUNT_DISABLED):
            if event in stream.events and (gone or event is Event.SESSION_REVOKED):
                note(session, stream, event, person, _payload(event, reason))
                count += 1
    return count


def note(
    session: Session, stream: SignalStream, event: Event, person: Person | None, payload: dict[str, Any]
) -> SignalDelivery:
    """Have one signal sent once the transaction is committed."""
    delivery = SignalDelivery(
        stream_id=stream.id,
        organisation_id=stream.organisation_id,
        event=event.value,
        person_id=person.id if person else None,
        email=person.email if person else "",
        payload=payload,
    )
    session.add(delivery)
    session.flush()
    send(session, delivery)
    return delivery


def send(session: Session, delivery: SignalDelivery) -> None:
    """Enqueue the job for a signal. One receiver's signals come one after another."""
    enqueue(
        session,
        PUSH,
        organisation_id=delivery.organisation_id,
        lock=f"signals {delivery.stream_id}",
        delivery_id=str(delivery.id),
    )


def _streams(session: Session, person_id: UUID, organisation_id: UUID | None) -> Iterator[SignalStream]:
    query = (
        select(SignalStream)
        .join(Organisation, Organisation.id == SignalStream.organisation_id)
        .where(
            SignalStream.direction == Direction.SEND,
            SignalStream.closed_at.is_(None),
            may_act(),
        )
        .order_by(SignalStream.created_at, SignalStream.id)
    )
    if organisation_id is not None:
        query = query.where(SignalStream.organisation_id == organisation_id)
    else:
        places = select(RoleAssignment.organisation_id).where(RoleAssignment.person_id == person_id)
        query = query.where(SignalStream.organisation_id.in_(places))
    yield from session.scalars(query).all()


def _belongs(session: Session, person_id: UUID, organisation_id: UUID) -> bool:
    there = select(RoleAssignment.id).where(
        RoleAssignment.person_id == person_id, RoleAssignment.organisation_id == organisation_id
    )
    return session.scalar(there.limit(1)) is not None


def _payload(event: Event, reason: str) -> dict[str, Any]:
    """CAEP names the moment in seconds and who began it; RISC has neither."""
    if event is not Event.SESSION_REVOKED:
        return {}
    return {
        "event_timestamp": int(time.time()),
        "initiating_entity": "policy",
        "reason_admin": {"en": reason},
    }
