"""Asking for an emergency reading, approving it, beginning and ending it. On the gate's role.

A platform admin reads no case data. Where somebody is in danger and the member concerned cannot help itself,
one admin asks to read that member's case data until an hour that it names, another one approves, and then
the first one may look, and change nothing. Each step stands in the platform's log and in the member's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_credential
from accord_auth.access.channels.emergencies import CHANNEL
from accord_auth.access.service import end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.joining.acting import THE_CLOCK, for_member
from accord_auth.joining.membership import member
from accord_auth.organisations.models import Organisation
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_auth.sessions.models import EmergencyReading, reading_is_open
from accord_auth.sessions.service import SignedIn, SignIn, reading_session

MOST_HOURS = 24
SHORTEST_REASON, LONGEST_REASON = 10, 2_000
MOST_SHOWN = 200
"""Emergency readings in a list; the newest."""


class State(StrEnum):
    """How far an emergency reading is."""

    ASKED = "asked"
    OPEN = "open"
    REFUSED = "refused"
    ENDED = "ended"
    LAPSED = "lapsed"
    """Nobody approved it before its end."""


@dataclass(frozen=True)
class Emergency:
    """An emergency reading, and the organisation whose case data it is about."""

    reading: EmergencyReading
    organisation: Organisation
    state: State


def ask(session: Session, who: Principal, slug: str, reason: str, hours: int) -> Emergency:
    """Ask to read an organisation's case data for so many hours from now; another admin has to approve.

    :raises PermissionDenied: without `emergencies:decide`, and from who is no person.
    :raises NotFound: when there is no such organisation.
    :raises Invalid: naming what is wrong with the reason or the hours.
    :raises Conflict: while one's own earlier request for it is asked for or open.
    """
    who.require(Permission.EMERGENCIES_DECIDE)
    person_id = _person(who)
    problems = _problems(reason, hours)
    if problems:
        raise Invalid("an emergency reading cannot be asked for like this", problems)
    affected = member(session, who, slug, lock=True)
    same = select(EmergencyReading.id).where(
        EmergencyReading.organisation_id == affected.id,
        EmergencyReading.asked_by == person_id,
        EmergencyReading.ended_at.is_(None),
        EmergencyReading.ends_at > func.now(),
    )
    if session.scalar(same.limit(1)) is not None:
        raise Conflict("you asked for this already: end that one first")
    now = datetime.now(UTC)
    reading = EmergencyReading(
        organisation_id=affected.id,
        asked_by=person_id,
        asked_name=who.person_name,
        asked_at=now,
        reason=reason.strip(),
        ends_at=now + timedelta(hours=hours),
    )
    session.add(reading)
    session.flush()
    session.refresh(reading)
    asked = Emergency(reading, affected, State.ASKED)
    _tell(session, who, asked, AuditTag.EMERGENCY_ASK, why=reading.reason)
    return asked


def _problems(reason: str, hours: int) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON or "\x00" in reason:
        problems["reason"] = [f"say why, in {SHORTEST_REASON} to {LONGEST_REASON:,} characters"]
    if not 1 <= hours <= MOST_HOURS:
        problems["hours"] = [f"choose 1 to {MOST_HOURS} hours"]
    return problems


def approve(session: Session, who: Principal, emergency_id: UUID) -> Emergency:
    """Approve what another admin asked for: from now on that admin may read, until the end.

    :raises PermissionDenied: without `emergencies:decide`; to the one who asked; from who is no person.
    :raises NotFound: when there is none.
    :raises Conflict: when it is approved or over.
    """
    found = _to_decide(session, who, emergency_id)
    person_id, reading = _person(who), found.reading
    if reading.asked_by == person_id:
        raise PermissionDenied("nobody approves the own emergency reading: another platform admin does")
    if found.state is not State.ASKED:
        raise Conflict(f"this emergency reading is {found.state} already")
    reading.approved_by, reading.approved_name = person_id, who.person_name
    reading.approved_at = datetime.now(UTC)
    session.flush()
    opened = replace(found, state=State.OPEN)
    _tell(session, who, opened, AuditTag.EMERGENCY_APPROVE, why=reading.reason)
    return opened


def begin(session: Session, signed_in: SignedIn, emergency_id: UUID) -> SignIn:
    """Begin to read: a new session that sees the organisation's case data, in place of the platform's.

    :raises PermissionDenied: without `emergencies:decide`, and to anybody but the one who asked.
    :raises NotFound: when there is none.
    :raises Conflict: when it is not open.
    """
    who = signed_in.principal
    found = _to_decide(session, who, emergency_id)
    if found.reading.asked_by != signed_in.person_id:
        raise PermissionDenied("whoever asked for an emergency reading reads, and nobody else")
    if found.state is not State.OPEN:
        words = "waits for another admin's approval" if found.state is State.ASKED else f"is {found.state}"
        raise Conflict(f"this emergency reading {words}")
    _tell(session, who, found, AuditTag.EMERGENCY_BEGIN)
    return reading_session(session, signed_in, emergency_id)


def end(session: Session, who: Principal, emergency_id: UUID) -> Emergency:
    """End an emergency reading, or refuse one that is asked for, as any platform admin.

    :raises PermissionDenied: without `emergencies:decide`.
    :raises NotFound: when there is none.
    :raises Conflict: when it is over.
    """
    found = _to_decide(session, who, emergency_id)
    if found.state not in (State.ASKED, State.OPEN):
        raise Conflict(f"this emergency reading is {found.state} already")
    return _close(session, who, found, who.person_name)


def end_due(session: Session) -> list[Emergency]:
    """Close what reached its end, so that its sessions are gone and both logs say so.

    Nothing can be read any more from the moment on, whether or not this runs.
    """
    due = select(EmergencyReading).where(
        EmergencyReading.ended_at.is_(None), EmergencyReading.ends_at <= func.now()
    )
    rows = session.scalars(due.order_by(EmergencyReading.id).with_for_update(skip_locked=True)).all()
    return [_close(session, THE_CLOCK, _with_organisation(session, one), "") for one in rows]


def _close(session: Session, who: Principal, found: Emergency, name: str) -> Emergency:
    subject = of_credential(CHANNEL.name, found.reading.id)
    ended = end_access(session, who, subject, Cause.EMERGENCY_OVER)
    session.refresh(found.reading)
    found.reading.ended_name = name
    session.flush()
    closed = replace(found, state=state_of(found.reading))
    _tell(session, who, closed, AuditTag.EMERGENCY_END, ended=ended.words())
    return closed


def readings_seen(session: Session, who: Principal) -> list[Emergency]:
    """Emergency readings, the newest first: for the platform all, for a member those of its own data.

    :raises PermissionDenied: without `emergencies:read`.
    """
    who.require(Permission.EMERGENCIES_READ)
    query = (
        select(EmergencyReading, Organisation)
        .join(Organisation, Organisation.id == EmergencyReading.organisation_id)
        .where(*_visible(who))
        .order_by(EmergencyReading.asked_at.desc(), EmergencyReading.id)
        .limit(MOST_SHOWN)
    )
    return [Emergency(one, affected, state_of(one)) for one, affected in session.execute(query)]


def find_reading(session: Session, who: Principal, emergency_id: UUID) -> Emergency:
    """One emergency reading.

    :raises PermissionDenied: without `emergencies:read`.
    :raises NotFound: when there is none, or it is about another member's data.
    """
    who.require(Permission.EMERGENCIES_READ)
    query = select(EmergencyReading).where(EmergencyReading.id == emergency_id, *_visible(who))
    reading = session.scalar(query)
    if reading is None:
        raise NotFound
    return _with_organisation(session, reading)


def in_sight(session: Session, who: Principal) -> int:
    """How much somebody should know of: a member, what is open; another platform admin, what waits."""
    if Permission.EMERGENCIES_READ not in who.permissions:
        return 0
    query = select(func.count()).select_from(EmergencyReading).where(*_visible(who))
    if who.organisation_id is not None:
        return session.scalar(query.where(reading_is_open())) or 0
    if Permission.EMERGENCIES_DECIDE not in who.permissions:
        return 0
    waiting = query.where(is_waiting(), EmergencyReading.asked_by.is_distinct_from(who.person_id))
    return session.scalar(waiting) or 0


def is_waiting() -> ColumnElement[bool]:
    """Whether an emergency reading waits for a second admin."""
    return and_(
        EmergencyReading.approved_at.is_(None),
        EmergencyReading.ended_at.is_(None),
        EmergencyReading.ends_at > func.now(),
    )


def state_of(reading: EmergencyReading) -> State:
    """How far a reading is now."""
    over = reading.ends_at <= datetime.now(UTC)
    if reading.approved_at is None:
        if reading.ended_at is not None and reading.ended_at < reading.ends_at:
            return State.REFUSED
        return State.LAPSED if over or reading.ended_at is not None else State.ASKED
    return State.ENDED if over or reading.ended_at is not None else State.OPEN


def _visible(who: Principal) -> tuple[ColumnElement[bool], ...]:
    if who.organisation_id is None:
        return ()
    return (EmergencyReading.organisation_id == who.organisation_id,)


def _to_decide(session: Session, who: Principal, emergency_id: UUID) -> Emergency:
    who.require(Permission.EMERGENCIES_DECIDE)
    reading = session.scalar(
        select(EmergencyReading).where(EmergencyReading.id == emergency_id).with_for_update()
    )
    if reading is None:
        raise NotFound
    return _with_organisation(session, reading)


def _with_organisation(session: Session, reading: EmergencyReading) -> Emergency:
    affected = session.get_one(Organisation, reading.organisation_id)
    return Emergency(reading, affected, state_of(reading))


def _person(who: Principal) -> UUID:
    if who.person_id is None:
        raise PermissionDenied("an emergency reading is a person's: name the platform admin who acts")
    return who.person_id


def _tell(
    session: Session,
    who: Principal,
    found: Emergency,
    tag: AuditTag,
    *,
    why: str | None = None,
    ended: str = "",
) -> None:
    """One entry in the platform's log, and the same one in the organisation's."""
    reading = found.reading
    detail = {
        "organisation": found.organisation.slug,
        "reads": reading.asked_name,
        "ends_at": reading.ends_at.isoformat(timespec="minutes"),
        "state": found.state.value,
    } | ({"ended": ended} if ended else {})
    for witness in (who, for_member(who, found.organisation)):
        record(session, witness, tag, f"emergency {reading.id}", detail, why=why)
