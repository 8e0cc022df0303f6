"""Who may act right now: the one place that says when a person still acts for an organisation.

A session and an OAuth token name a person and an organisation; whether that still counts is read
anew at each request, with this query and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute

from accord_auth.organisations.models import FactorRule, Organisation
from accord_auth.organisations.standing import may_act
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.permissions import Role, permissions_of
from accord_auth.principal import Principal

PLATFORM_SLUG = "platform"
PLATFORM_NAME = "The platform"


def standing(
    credential: type[Any] | FromClause,
    person_id: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None],
    organisation_id: InstrumentedAttribute[UUID | None],
) -> Select[Person, Organisation, Sequence[str]]:
    """The person, the organisation (None: the platform) and the roles that a credential stands for now.

    No row when the person or the organisation may not act, or no role is left. Add the credential's
    own conditions with `where`.
    """
    return (
        select(Person, Organisation, func.array_agg(RoleAssignment.role))
        .select_from(credential)
        .join(Person, Person.id == person_id)
        .outerjoin(Organisation, Organisation.id == organisation_id)
        .join(
            RoleAssignment,
            (RoleAssignment.person_id == Person.id)
            & RoleAssignment.organisation_id.is_not_distinct_from(organisation_id),
        )
        .where(Person.status == PersonStatus.ACTIVE, acting(organisation_id))
        .group_by(Person.id, Organisation.id)
    )


def acting(organisation_id: InstrumentedAttribute[UUID | None]) -> ColumnElement[bool]:
    """Whether the joined organisation may act; the platform always may."""
    return may_act() | organisation_id.is_(None)


def asks_second_factor(organisation_id: InstrumentedAttribute[UUID | None]) -> ColumnElement[bool]:
    """Whether an organisation asks its people for a second factor; of the platform a setting says it."""
    return exists().where(FactorRule.organisation_id == organisation_id, FactorRule.second_factor)


Named = tuple[UUID, str, str]
"""A person's id, name and address."""
Member = tuple[UUID, str, str, str]
"""An organisation's id, short name, name and kind."""
NAMED = (
    Person.id,
    Person.name,
    Person.email,
    Organisation.id,
    Organisation.slug,
    Organisation.name,
    Organisation.kind,
)
"""Columns of `standing` for where it is asked at every request: values cost half of what objects do."""


def principal_of(person: Person, organisation: Organisation | None, role_names: Sequence[str]) -> Principal:
    """The principal that a row of `standing` is."""
    named = (person.id, person.name, person.email)
    if organisation is None:
        return principal_from(named, None, role_names)
    member = (organisation.id, organisation.slug, organisation.name, organisation.kind)
    return principal_from(named, member, role_names)


def principal_from(person: Named, organisation: Member | None, role_names: Sequence[str]) -> Principal:
    """The principal that a person is in an organisation; None: on the platform."""
    person_id, person_name, email = person
    owner, slug, name, kind = organisation or (None, PLATFORM_SLUG, PLATFORM_NAME, "platform")
    roles = frozenset(Role(role) for role in role_names)
    return Principal(
        organisation_id=owner,
        organisation_slug=slug,
        organisation_name=name,
        organisation_kind=kind,
        person_id=person_id,
        person_name=person_name,
        email=email,
        roles=roles,
        permissions=permissions_of(roles),
    )
