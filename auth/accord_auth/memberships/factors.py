"""What admins decide about second factors: resetting a person's, and asking all of an organisation for
one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from accord_auth.access.causes import Cause, of_person
from accord_auth.access.service import Ended, end_access
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, NotFound, PermissionDenied
from accord_auth.factors.models import AuthenticatorApp, Passkey
from accord_auth.factors.service import forget_all, has_factor
from accord_auth.memberships.service import PersonHere, find_person
from accord_auth.organisations.models import FactorRule
from accord_auth.people.granting import require_touch
from accord_auth.people.models import Person, RoleAssignment
from accord_auth.permissions import Permission
from accord_auth.principal import Principal

ELSEWHERE = "you may not reset this person's second factors: ask whoever runs Accord"


@dataclass(frozen=True)
class Reset:
    """Whose factors were taken, and what ended."""

    email: str
    ended: Ended


@dataclass(frozen=True)
class Rule:
    """Whether all of an organisation's people need a second factor, and who of them has none."""

    second_factor: bool
    without: tuple[str, ...]


def may_reset(session: Session, who: Principal, person: PersonHere) -> bool:
    """Whether the principal may reset this person's factors."""
    try:
        _require_reset(session, who, person)
    except PermissionDenied:
        return False
    return True


def reset_factors(session: Session, who: Principal, person_id: UUID, reason: str | None = None) -> Reset:
    """Take all second factors of somebody who is locked out, and end everything by which the person acts.

    Nobody resets the own ones, those of somebody who may do more, or those of somebody who acts elsewhere,
    too: an admin of one organisation must not weaken an account by which another one is reached.

    :raises NotFound: when nobody of this id belongs where the principal acts, or there is nothing to reset.
    :raises PermissionDenied: otherwise.
    """
    who.require(Permission.PEOPLE_MANAGE)
    person = find_person(session, who, person_id)
    _require_reset(session, who, person)
    return _reset(session, who, person_id, reason)


def reset_by_operator(session: Session, who: Principal, email: str, reason: str | None = None) -> Reset:
    """Likewise for whomever, by the installation's operator alone.

    :raises PermissionDenied: for anybody else.
    :raises NotFound: when there is no account with this address.
    """
    who.require(Permission.PEOPLE_MANAGE)
    if who.person_id is not None or who.organisation_id is not None:
        raise PermissionDenied("the installation's operator resets second factors of any account")
    person_id = session.scalar(select(Person.id).where(Person.email == email.strip().lower()))
    if person_id is None:
        raise NotFound(f"there is no account with the address {email}")
    return _reset(session, who, person_id, reason)


def _require_reset(session: Session, who: Principal, person: PersonHere) -> None:
    require_touch(who, person.id, person.roles)
    elsewhere = select(RoleAssignment.id).where(
        RoleAssignment.person_id == person.id,
        RoleAssignment.organisation_id.is_distinct_from(who.organisation_id),
    )
    if session.scalar(elsewhere.limit(1)) is not None:
        raise PermissionDenied(ELSEWHERE)


def _reset(session: Session, who: Principal, person_id: UUID, reason: str | None) -> Reset:
    person = session.get_one(Person, person_id, with_for_update=True)
    number = forget_all(session, person_id)
    if not number:
        raise Conflict("this person has no second factor")
    record(session, who, AuditTag.FACTOR_RESET, f"person {person_id}", {"factors": number}, why=reason)
    ended = end_access(session, who, of_person(person_id), Cause.FACTOR_CHANGED, reason)
    return Reset(person.email, ended)


def rule_of(session: Session, who: Principal) -> Rule:
    """What the principal's organisation asks of its people.

    :raises PermissionDenied: without `people:read`, and for the platform, where a setting says it.
    """
    who.require(Permission.PEOPLE_READ)
    rule = session.get(FactorRule, who.organisation)
    without = (
        select(Person.name)
        .where(
            Person.id.in_(
                select(RoleAssignment.person_id).where(RoleAssignment.organisation_id == who.organisation)
            ),
            ~has_any(Person.id),
        )
        .order_by(Person.name)
    )
    return Rule(rule is not None and rule.second_factor, tuple(session.scalars(without)))


def has_any(person_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """The condition that a person has a second factor."""
    app = exists().where(AuthenticatorApp.person_id == person_id, AuthenticatorApp.confirmed_at.is_not(None))
    return app | exists().where(Passkey.person_id == person_id)


def ask_for_factors(session: Session, who: Principal, *, asked: bool) -> None:
    """Ask all people of the principal's organisation for a second factor, or not any more.

    Whoever signed in without one has to set one up before anything else, from the next request on.

    :raises PermissionDenied: without `people:manage`, and for the platform.
    :raises Conflict: when who asks has none: that would lock the own door first.
    """
    who.require(Permission.PEOPLE_MANAGE)
    organisation_id = who.organisation
    if asked and who.person_id is not None and not has_factor(session, who.person_id):
        raise Conflict("set up a second factor of your own first")
    known = session.get(FactorRule, organisation_id)
    before = known is not None and known.second_factor
    if before == asked:
        return
    row = {"organisation_id": organisation_id, "second_factor": asked, "changed_at": datetime.now(UTC)}
    changed = insert(FactorRule).values(row)
    session.execute(
        changed.on_conflict_do_update(index_elements=["organisation_id"], set_=dict(changed.excluded))
    )
    session.expire_all()
    subject = f"organisation {organisation_id}"
    was, now = {"second_factor": before}, {"second_factor": asked}
    record(session, who, AuditTag.FACTOR_RULE, subject, before=was, after=now)
