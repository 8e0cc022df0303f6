"""Who acts where no signed-in person does, and in whose log an act belongs."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.errors import NotFound
from accord_auth.organisations.models import Organisation
from accord_auth.organisations.service import operator_of
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.permissions import Role, permissions_of
from accord_auth.principal import Principal


def _for_the_platform(name: str, *roles: Role) -> Principal:
    return Principal(
        organisation_id=None,
        organisation_slug="platform",
        organisation_name="The platform",
        organisation_kind="platform",
        person_id=None,
        person_name=name,
        email="",
        roles=frozenset(roles),
        permissions=permissions_of(frozenset(roles)),
    )


APPLICANT = _for_the_platform("an applicant")
"""Whoever holds the address of an application's status page."""

THE_CLOCK = _for_the_platform("Accord")
"""What happens because a day has come."""

PLATFORM_OPERATOR = _for_the_platform("operator", Role.PLATFORM_ADMIN)
"""The installation's operator at the command line. Decisions are a person's: see `platform_admin`."""


def platform_admin(session: Session, email: str) -> Principal:
    """The platform admin with this address, in whose name the operator acts.

    :raises NotFound: when there is none.
    """
    person = session.scalar(
        select(Person)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Person.email == email.strip().lower(),
            Person.status == PersonStatus.ACTIVE,
            RoleAssignment.organisation_id.is_(None),
            RoleAssignment.role == Role.PLATFORM_ADMIN,
        )
    )
    if person is None:
        raise NotFound(f"no active platform admin has the address {email}")
    return replace(PLATFORM_OPERATOR, person_id=person.id, person_name=person.name, email=person.email)


def member_admin(session: Session, organisation: Organisation, email: str) -> Principal:
    """The admin of a member with this address, in whose name the operator acts for it.

    :raises NotFound: when there is none.
    """
    person = session.scalar(
        select(Person)
        .join(RoleAssignment, RoleAssignment.person_id == Person.id)
        .where(
            Person.email == email.strip().lower(),
            Person.status == PersonStatus.ACTIVE,
            RoleAssignment.organisation_id == organisation.id,
            RoleAssignment.role == Role.ORGANISATION_ADMIN,
        )
    )
    if person is None:
        raise NotFound(f"no active admin of {organisation.slug} has the address {email}")
    acting = operator_of(organisation)
    return replace(acting, person_id=person.id, person_name=person.name, email=person.email)


def for_member(who: Principal, organisation: Organisation) -> Principal:
    """The same person as the organisation's own audit log names it: what is done to a member stands there."""
    return replace(
        who,
        organisation_id=organisation.id,
        organisation_slug=organisation.slug,
        organisation_name=organisation.name,
        organisation_kind=organisation.kind,
    )
