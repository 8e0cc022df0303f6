"""Finding and creating people. The caller's unit of work commits."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accord_auth.errors import Invalid
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.people.passwords import hash_password
from accord_auth.permissions import Role
from accord_auth.principal import Principal

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_000
LONGEST_NAME = 200
LONGEST_EMAIL = 320


def create_person(session: Session, *, email: str, name: str, password: str) -> Person:
    """Create a person, or give the one with this address this name and password.

    :raises Invalid: when the address or the password will not do.
    """
    address, name = checked_email(email), checked_name(name)
    check_new_password(password)
    person = session.scalar(select(Person).where(Person.email == address))
    if person is None:
        person = Person(email=address, status=PersonStatus.ACTIVE)
        session.add(person)
    person.name = name
    person.password_hash = hash_password(password)
    session.flush()
    return person


def check_new_password(password: str, *, field: str = "password") -> None:
    """Go on only with a password that will do.

    :raises Invalid: naming the field, when it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        why = f"use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        raise Invalid(why, {field: [why]})


def checked_email(email: str) -> str:
    """An e-mail address in the form in which it is kept: lower case, nothing around it.

    :raises Invalid: when it is none.
    """
    address = email.strip().lower()
    local, _, domain = address.partition("@")
    sound = address.count("@") == 1 and local and domain and len(address) <= LONGEST_EMAIL
    if (
        not sound
        or not _storable(address)
        or any(char.isspace() or not char.isprintable() for char in address)
    ):
        raise Invalid("this is no e-mail address", {"email": ["not an e-mail address"]})
    return address


def checked_name(name: str) -> str:
    """A person's name without what stands around it.

    :raises Invalid: when it is empty, too long or cannot be kept.
    """
    kept = name.strip()
    if not kept or len(kept) > LONGEST_NAME or not _storable(kept):
        why = f"1 to {LONGEST_NAME} characters, all of them characters"
        raise Invalid("this is no name", {"name": [why]})
    return kept


def _storable(text: str) -> bool:
    """Whether PostgreSQL can hold a text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def assign_role(session: Session, *, person_id: UUID, role: Role, organisation_id: UUID | None) -> None:
    """Give a person a role in an organisation (or on the platform); nothing changes if they have it."""
    row = {"person_id": person_id, "role": role, "organisation_id": organisation_id}
    session.execute(insert(RoleAssignment).values(row).on_conflict_do_nothing())


@dataclass(frozen=True)
class Colleague:
    """A person as the people of the same organisation see each other."""

    id: UUID
    name: str
    email: str


def people_of(session: Session, principal: Principal) -> list[Colleague]:
    """The people of the principal's organisation, by name."""
    belonging = select(RoleAssignment.person_id).where(
        RoleAssignment.organisation_id == principal.organisation
    )
    query = (
        select(Person.id, Person.name, Person.email)
        .where(Person.id.in_(belonging))
        .order_by(Person.name, Person.id)
    )
    return [Colleague(*row) for row in session.execute(query)]
