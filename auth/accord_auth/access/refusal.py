"""Whether work in the queue may still be done on somebody's behalf, asked when it begins."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.organisations.models import Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.models import Person, PersonStatus, RoleAssignment


def reason_to_refuse(session: Session, organisation_id: UUID, person_id: UUID | None = None) -> str | None:
    """Why no work may be done for an organisation, and for a person of it who asked; None: it may.

    Runs on the worker's role in the organisation's scope.
    """
    standing = session.execute(
        select(Organisation.status, may_act()).where(Organisation.id == organisation_id)
    ).one_or_none()
    if standing is None:
        return "there is no such organisation"
    if not standing[1]:
        return f"the organisation may not act: it is {standing[0]}"
    if person_id is None:
        return None
    belongs = session.scalar(
        select(Person.id)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Person.id == person_id,
            Person.status == PersonStatus.ACTIVE,
            RoleAssignment.organisation_id == organisation_id,
        )
        .limit(1)
    )
    return None if belongs else "who asked for it may not act for the organisation any more"
