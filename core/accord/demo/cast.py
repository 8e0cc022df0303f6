"""Who takes part in the demo: three member organisations, their people, one platform admin."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord_auth.organisations.models import Organisation, OrganisationKind
from accord_auth.organisations.service import create_organisation
from accord_auth.people.models import Person
from accord_auth.people.passwords import verify_password
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role
from accord_config.secrets import Secrets


@dataclass(frozen=True)
class Player:
    """A person of the demo."""

    name: str
    email: str
    role: Role


@dataclass(frozen=True)
class Member:
    """A member of the demo, and its people."""

    slug: str
    name: str
    kind: OrganisationKind
    people: tuple[Player, ...]


@dataclass(frozen=True)
class SignIn:
    """How somebody of the demo signs in."""

    organisation: str
    person: str
    role: str
    email: str
    password: str


POLICE = Member(
    "metro-police",
    "Metro Police, Special Unit",
    OrganisationKind.LAW_ENFORCEMENT,
    (
        Player("Ines Okafor", "ines@police.example.org", Role.INVESTIGATOR),
        Player("Tom Brandt", "tom@police.example.org", Role.ORGANISATION_ADMIN),
    ),
)
PLATFORM = Member(
    "northwind",
    "Northwind Listings",
    OrganisationKind.TECHNOLOGY_COMPANY,
    (Player("Maya Lindqvist", "maya@northwind.example.com", Role.INVESTIGATOR),),
)
SUPPORT = Member(
    "harbour-house",
    "Harbour House",
    OrganisationKind.NGO,
    (Player("Rosa Almeida", "rosa@harbour.example.org", Role.INVESTIGATOR),),
)
MEMBERS = (POLICE, PLATFORM, SUPPORT)
ADMIN = Player("Alex Moreau", "admin@accord.example.org", Role.PLATFORM_ADMIN)


def enrol(session: Session, secrets: Secrets) -> tuple[dict[str, Organisation], list[SignIn]]:
    """Create whoever is missing; the passwords are this home's own, made at random and kept."""
    organisations: dict[str, Organisation] = {}
    sign_ins: list[SignIn] = []
    for member in MEMBERS:
        organisation = create_organisation(session, slug=member.slug, name=member.name, kind=member.kind)
        organisations[member.slug] = organisation
        for player in member.people:
            password = _enrol(session, secrets, player, organisation)
            sign_ins.append(SignIn(member.name, player.name, player.role, player.email, password))
    password = _enrol(session, secrets, ADMIN, None)
    sign_ins.append(SignIn("The platform", ADMIN.name, ADMIN.role, ADMIN.email, password))
    return organisations, sign_ins


def _enrol(session: Session, secrets: Secrets, player: Player, organisation: Organisation | None) -> str:
    password = secrets.get(f"demo {player.email}")[:16]
    person = session.scalar(select(Person).where(Person.email == player.email))
    if person is None or not verify_password(person.password_hash, password):
        person = create_person(session, email=player.email, name=player.name, password=password)
    assign_role(
        session,
        person_id=person.id,
        role=player.role,
        organisation_id=organisation.id if organisation else None,
    )
    return password
