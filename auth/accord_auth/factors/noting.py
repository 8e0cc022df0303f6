"""What the audit log says of a person who is not signed in yet: in the log of each place where the person
belongs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.audit.service import AuditTag, record
from accord_auth.people.models import Person, RoleAssignment
from accord_auth.principal import Principal


def note(session: Session, person_id: UUID, tag: AuditTag, detail: dict[str, Any]) -> None:
    """Write an entry about a person's factors."""
    person = session.get_one(Person, person_id)
    places = select(RoleAssignment.organisation_id).where(RoleAssignment.person_id == person_id).distinct()
    for organisation_id in session.scalars(places).all():
        record(session, _person(person, organisation_id), tag, f"person {person_id}", detail)


def _person(person: Person, organisation_id: UUID | None) -> Principal:
    return Principal(
        organisation_id=organisation_id,
        organisation_slug="",
        organisation_name="",
        organisation_kind="",
        person_id=person.id,
        person_name=person.name,
        email=person.email,
        roles=frozenset(),
        permissions=frozenset(),
    )
