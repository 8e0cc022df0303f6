"""What is due in joining: applications that waited too long, and new members without plugins."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.joining.acting import THE_CLOCK
from accord_auth.joining.applying import subject
from accord_auth.joining.models import UNDECIDED, Application, ApplicationStatus, Turn
from accord_auth.joining.progress import APPLICANT_HAS, INVITATION_HOLDS
from accord_auth.joining.register import settle
from accord_auth.organisations.models import Membership


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


def to_equip(session: Session) -> list[UUID]:
    """The new members that have not got their first plugins."""
    return list(session.scalars(select(Membership.organisation_id).where(Membership.equipped_at.is_(None))))


def mark_equipped(session: Session, organisation_id: UUID) -> None:
    """A member has got its first plugins."""
    mine = Membership.organisation_id == organisation_id
    session.execute(update(Membership).where(mine).values(equipped_at=func.now()))
