"""Whether somebody may act for an organisation after a local sign-in: the one condition, asked at each start.

Where an organisation has its people sign in with its own directory alone, only its emergency accounts may.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from accord_auth.organisations.models import EmergencyAccount, SignInRule


def may_sign_in_locally(person_id: Any, organisation_id: Any) -> ColumnElement[bool]:
    """The condition on columns (or values) that name a person and an organisation."""
    return or_(
        ~exists().where(SignInRule.organisation_id == organisation_id),
        exists().where(
            and_(EmergencyAccount.organisation_id == organisation_id, EmergencyAccount.person_id == person_id)
        ),
    )


def only_by_directory(session: Session, organisation_id: UUID | None) -> bool:
    """Whether an organisation's own directory alone counts, but for its emergency accounts."""
    query = select(SignInRule.organisation_id).where(SignInRule.organisation_id == organisation_id)
    return session.scalar(query) is not None


def emergency_problem(amr: frozenset[str]) -> str:
    """Why an emergency account may not start a session after a sign-in of this kind; empty: it may.

    `amr`: how the person proved who it is (RFC 8176). The one place that decides it.
    """
    return "" if amr else "an emergency account proves who it is"
