"""Whether somebody may act for an organisation after a local sign-in: the one condition, asked at each start.

Where an organisation has its people sign in with its own directory alone, only its emergency accounts may,
with a passkey (`accord_auth.sessions.emergency_accounts`).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from accord_auth.organisations.models import EmergencyAccount, SignInRule


def may_sign_in_locally(person_id: Any, organisation_id: Any, *, in_emergencies: bool) -> ColumnElement[bool]:
    """The condition on columns (or values) that name a person and an organisation.

    Without `in_emergencies` emergency accounts are accounts as all others.
    """
    anybody = ~exists().where(SignInRule.organisation_id == organisation_id)
    if not in_emergencies:
        return anybody
    return or_(
        anybody,
        exists().where(
            and_(EmergencyAccount.organisation_id == organisation_id, EmergencyAccount.person_id == person_id)
        ),
    )


def relied_on(session: Session, person_id: UUID) -> bool:
    """Whether a person is the emergency account of an organisation that has its directory alone."""
    query = (
        select(EmergencyAccount.person_id)
        .join(SignInRule, SignInRule.organisation_id == EmergencyAccount.organisation_id)
        .where(EmergencyAccount.person_id == person_id)
    )
    return session.scalar(query.limit(1)) is not None


def only_by_directory(session: Session, organisation_id: UUID | None) -> bool:
    """Whether an organisation's own directory alone counts, but for its emergency accounts."""
    query = select(SignInRule.organisation_id).where(SignInRule.organisation_id == organisation_id)
    return session.scalar(query) is not None
