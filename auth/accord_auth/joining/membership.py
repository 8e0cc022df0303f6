"""What becomes of a member: suspended, let back in, renewed, expired, gone. On the gate's role.

Whatever takes access away changes the organisation's status and then calls `end_access`, in one
transaction. A status of `left` is final: who comes back applies anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accord_auth.access.causes import Cause, of_organisation
from accord_auth.access.service import Ended, end_access, preview, reopen
from accord_auth.audit.service import AuditTag, record
from accord_auth.errors import Conflict, Invalid, NotFound, PermissionDenied
from accord_auth.joining.acting import THE_CLOCK, for_member
from accord_auth.joining.vetting import SignedAgreement
from accord_auth.organisations.models import Agreement, Membership, Organisation, OrganisationStatus
from accord_auth.organisations.standing import TODAY, may_act
from accord_auth.permissions import Permission
from accord_auth.principal import Principal


@dataclass(frozen=True)
class Ending:
    """What ends with an organisation's access, or has ended."""

    organisation: Organisation
    ended: Ended


def member(session: Session, who: Principal, slug: str, *, lock: bool = False) -> Organisation:
    """One organisation, for the platform's people, and for its own.

    :raises NotFound: when there is none, or it is another's.
    """
    query = select(Organisation).where(Organisation.slug == slug)
    found = session.scalar(query.with_for_update() if lock else query)
    if Permission.ORGANISATIONS_READ not in who.permissions:
        who.require(Permission.MEMBERSHIP_READ)
        if found is None or found.id != who.organisation_id:
            raise NotFound
    if found is None:
        raise NotFound(f"there is no organisation {slug!r}")
    return found


def what_would_end(session: Session, found: Organisation, cause: Cause) -> Ended:
    """What suspending, leaving or expiring would end now; nothing is changed."""
    return preview(session, of_organisation(found.id), cause)


def suspend(session: Session, who: Principal, slug: str, reason: str) -> Ending:
    """Take an organisation's access away until it is resumed.

    :raises Conflict: when it is suspended or has left.
    """
    found = _managed(session, who, slug)
    if found.status not in (OrganisationStatus.ACTIVE, OrganisationStatus.EXPIRED):
        raise Conflict(f"{found.slug} is {found.status} already")
    return _close(
        session,
        who,
        found,
        OrganisationStatus.SUSPENDED,
        AuditTag.ORGANISATION_SUSPEND,
        Cause.ORGANISATION_SUSPENDED,
        reason,
    )


def leave(session: Session, who: Principal, slug: str, reason: str) -> Ending:
    """End an organisation's membership for good, as its own admin or the platform's.

    :raises NotFound: when there is none, or it is another's.
    :raises Conflict: when it has left.
    """
    found = member(session, who, slug, lock=True)
    if not {Permission.ORGANISATIONS_MANAGE, Permission.MEMBERSHIP_END} & who.permissions:
        raise PermissionDenied(f"this needs the permission {Permission.MEMBERSHIP_END.value}")
    if found.status == OrganisationStatus.LEFT:
        raise Conflict(f"{found.slug} has left already")
    return _close(
        session,
        who,
        found,
        OrganisationStatus.LEFT,
        AuditTag.ORGANISATION_LEAVE,
        Cause.ORGANISATION_LEFT,
        reason,
    )


def resume(session: Session, who: Principal, slug: str, reason: str) -> Ended:
    """Let a suspended organisation act again; returns what came back. Its people sign in anew.

    :raises Conflict: when it is not suspended, or none of its agreements is in force.
    """
    found = _managed(session, who, slug)
    if found.status != OrganisationStatus.SUSPENDED:
        raise Conflict(f"{found.slug} is {found.status}, not suspended")
    _set_status(session, who, found, OrganisationStatus.ACTIVE, AuditTag.ORGANISATION_RESUME, reason)
    if not acts_today(session, found):
        raise Conflict(f"the agreement of {found.slug} is over: record a new one first")
    return reopen(session, who, of_organisation(found.id))


def renew(session: Session, who: Principal, slug: str, agreement: SignedAgreement) -> Organisation:
    """Record a further agreement. An expired organisation acts again where the new one is in force.

    :raises Invalid: when it leaves a gap, or ends no later than what there is.
    :raises Conflict: when the organisation has left.
    """
    found = _managed(session, who, slug)
    if found.status == OrganisationStatus.LEFT:
        raise Conflict(f"{found.slug} has left: who comes back applies anew")
    before = last_day(session, found)
    today = datetime.now(UTC).date()
    if before is not None and agreement.ends_on <= before:
        raise Invalid("this is no renewal", {"ends_on": [f"must come after {before}"]})
    if agreement.starts_on > max(before or today, today):
        raise Invalid("there must be no gap", {"starts_on": [f"no later than {max(before or today, today)}"]})
    row = {name: getattr(agreement, name) for name in SignedAgreement.__dataclass_fields__}
    session.add(Agreement(organisation_id=found.id, recorded_by=who.person_id, **row))
    session.flush()
    after = {name: str(value) for name, value in row.items()}
    earlier = {"ends_on": str(before) if before else None}
    for witness in (who, for_member(who, found)):
        record(session, witness, AuditTag.AGREEMENT_RENEW, _about(found), before=earlier, after=after)
    if found.status == OrganisationStatus.EXPIRED:
        words = f"renewed: {agreement.reference}"
        _set_status(session, who, found, OrganisationStatus.ACTIVE, AuditTag.ORGANISATION_RESUME, words)
        reopen(session, who, of_organisation(found.id))
    return found


def expire_due(session: Session) -> list[Ending]:
    """End the access of every active organisation whose last agreement is over."""
    over = (
        select(Agreement.organisation_id)
        .group_by(Agreement.organisation_id)
        .having(func.max(Agreement.ends_on) <= TODAY)
    )
    due = session.scalars(
        select(Organisation)
        .where(Organisation.status == OrganisationStatus.ACTIVE, Organisation.id.in_(over))
        .order_by(Organisation.slug)
        .with_for_update(skip_locked=True)
    )
    return [
        _close(
            session,
            THE_CLOCK,
            found,
            OrganisationStatus.EXPIRED,
            AuditTag.ORGANISATION_EXPIRE,
            Cause.AGREEMENT_EXPIRED,
            f"the agreement ended on {last_day(session, found)}",
        )
        for found in due
    ]


def last_day(session: Session, found: Organisation) -> date | None:
    """The day on which access closes: the last end of its agreements; None: it has none."""
    return session.scalar(select(func.max(Agreement.ends_on)).where(Agreement.organisation_id == found.id))


def agreements_of(session: Session, found: Organisation) -> list[Agreement]:
    """An organisation's agreements, the last to end first."""
    query = select(Agreement).where(Agreement.organisation_id == found.id)
    return list(session.scalars(query.order_by(Agreement.ends_on.desc(), Agreement.id)))


def acts_today(session: Session, found: Organisation) -> bool:
    """Whether an organisation may act now."""
    session.flush()
    return bool(session.scalar(select(may_act()).where(Organisation.id == found.id)))


def terms_of(session: Session, found: Organisation) -> Membership:
    """On which terms an organisation takes part; of one that the operator made by hand nothing is known."""
    terms = session.get(Membership, found.id)
    if terms is None:
        terms = Membership(organisation_id=found.id, equipped_at=datetime.now(UTC))
        session.add(terms)
        session.flush()
        session.refresh(terms)
    return terms


def _managed(session: Session, who: Principal, slug: str) -> Organisation:
    who.require(Permission.ORGANISATIONS_MANAGE)
    return member(session, who, slug, lock=True)


def _close(
    session: Session,
    who: Principal,
    found: Organisation,
    status: OrganisationStatus,
    tag: AuditTag,
    cause: Cause,
    reason: str,
) -> Ending:
    _set_status(session, who, found, status, tag, reason)
    return Ending(found, end_access(session, who, of_organisation(found.id), cause, reason))


def _set_status(
    session: Session,
    who: Principal,
    found: Organisation,
    status: OrganisationStatus,
    tag: AuditTag,
    reason: str,
) -> None:
    before = {"status": found.status}
    found.status = status
    terms = terms_of(session, found)
    terms.status_reason, terms.status_at = reason, datetime.now(UTC)
    session.flush()
    for witness in {who.organisation_id: who, found.id: for_member(who, found)}.values():
        record(session, witness, tag, _about(found), why=reason, before=before, after={"status": status})


def _about(found: Organisation) -> str:
    return f"organisation {found.id}"
