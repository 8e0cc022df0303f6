"""What is due in joining: applications that waited too long, agreements that end soon, new members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.joining.acting import THE_CLOCK, for_member
from accord_auth.joining.applying import subject
from accord_auth.joining.models import UNDECIDED, Application, ApplicationStatus, Turn
from accord_auth.joining.progress import APPLICANT_HAS, INVITATION_HOLDS
from accord_auth.joining.register import settle
from accord_auth.organisations.models import Agreement, Membership, Organisation, OrganisationStatus
from accord_auth.organisations.standing import TODAY, WARNING
from accord_auth.people.granting import admin_addresses


def lapse_due(session: Session) -> list[Application]:
    """End the applications that waited too long for their applicant."""
    since = Application.waiting_since
    invited = (Application.status == ApplicationStatus.INVITED) & (since < func.now() - INVITATION_HOLDS)
    due = session.scalars(
        select(Application)
        .where(
            Application.status.in_(UNDECIDED),
            Application.turn == Turn.APPLICANT,
            or_(invited, since < func.now() - APPLICANT_HAS),
        )
        .with_for_update(skip_locked=True)
    ).all()
    for found in due:
        found.status, found.decided_at = ApplicationStatus.LAPSED, datetime.now(UTC)
        settle(session, found)
        record(session, THE_CLOCK, AuditTag.APPLICATION_LAPSE, subject(found))
    return list(due)


@dataclass(frozen=True)
class Warned:
    """An agreement that is the last of its organisation and ends soon, and who should know."""

    agreement: Agreement
    organisation: Organisation
    addresses: tuple[str, ...]
    """The organisation's admins, and the platform's."""


def to_warn(session: Session) -> Warned | None:
    """The next active organisation whose last agreement ends within the time of warning, and nobody said so.

    The agreement is held until the transaction ends.
    """
    last = (
        select(Agreement.organisation_id, func.max(Agreement.ends_on).label("ends_on"))
        .group_by(Agreement.organisation_id)
        .subquery()
    )
    is_last = (last.c.organisation_id == Agreement.organisation_id) & (last.c.ends_on == Agreement.ends_on)
    row = session.execute(
        select(Agreement, Organisation)
        .join(last, is_last)
        .join(Organisation, Organisation.id == Agreement.organisation_id)
        .where(
            Organisation.status == OrganisationStatus.ACTIVE,
            Agreement.warned_at.is_(None),
            Agreement.ends_on > TODAY,
            Agreement.ends_on <= TODAY + WARNING.days,
        )
        .order_by(Agreement.ends_on, Agreement.id)
        .limit(1)
        .with_for_update(of=Agreement, skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    agreement, organisation = row
    told = (*admin_addresses(session, organisation.id), *admin_addresses(session, None))
    return Warned(agreement, organisation, tuple(dict.fromkeys(told)))


def warned(session: Session, found: Warned) -> None:
    """Write down in both logs that they were told; once for each agreement."""
    found.agreement.warned_at = session.scalar(select(func.now()))
    session.flush()
    detail = {"ends_on": found.agreement.ends_on.isoformat(), "reference": found.agreement.reference}
    about = f"organisation {found.organisation.id}"
    for witness in (THE_CLOCK, for_member(THE_CLOCK, found.organisation)):
        record(session, witness, AuditTag.AGREEMENT_WARN, about, detail)


def to_equip(session: Session) -> list[UUID]:
    """The new members that have not got their first plugins."""
    return list(session.scalars(select(Membership.organisation_id).where(Membership.equipped_at.is_(None))))


def mark_equipped(session: Session, organisation_id: UUID) -> None:
    """A member has got its first plugins."""
    mine = Membership.organisation_id == organisation_id
    session.execute(update(Membership).where(mine).values(equipped_at=func.now()))
