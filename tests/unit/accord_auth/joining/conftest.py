"""What tests of joining share: a platform with admins, applicants, and what DNS says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.conftest import PASSWORD, Databases, Member

from accord_auth.joining import applying, deciding, vetting
from accord_auth.joining.acting import platform_admin
from accord_auth.joining.applying import Applied
from accord_auth.joining.deciding import Decision
from accord_auth.joining.models import Application, CheckState
from accord_auth.joining.register import Seen, application, seen
from accord_auth.joining.schemas import CHECKED_BY_PEOPLE, Details
from accord_auth.joining.vetting import SignedAgreement, Terms
from accord_auth.organisations.models import OrganisationKind
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role

DETAILS = Details(
    name="Lantern Aid",
    kind=OrganisationKind.NGO,
    domain="lantern.example.org",
    contact_name="Noor Haddad",
    contact_email="noor@lantern.example.org",
    purpose="Support for people who want to leave",
    legal_basis="Consent of the people supported",
    jurisdiction="US-OH",
)


def today() -> date:
    return datetime.now(UTC).date()


class SaysSo:
    """DNS that says the same of every domain."""

    def __init__(self, problem: str = "") -> None:
        self.said = problem

    def problem(self, domain: str, challenge: str) -> str:
        return self.said


class Platform:
    """The platform and its admins, by first name."""

    def __init__(self, database: Databases) -> None:
        self.database = database
        self.alex, self.kim = (self.admin(name) for name in ("alex", "kim"))

    @property
    def gate(self) -> Database:
        return self.database(Role.GATE)

    def admin(self, name: str) -> Principal:
        email = f"{name}@platform.example.org"
        with self.gate.transaction(NOBODY) as session:
            person = create_person(session, email=email, name=name, password=PASSWORD)
            assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
            return platform_admin(session, email)

    def belongs(self, who: Principal, member: Member) -> None:
        assert who.person_id is not None
        with self.gate.transaction(NOBODY) as session:
            assign_role(session, person_id=who.person_id, role=PersonRole.ANALYST, organisation_id=member.id)

    def apply(self, **changes: Any) -> Applied:
        with self.gate.transaction(NOBODY) as session:
            return applying.apply(session, Details(**(vars(DETAILS) | changes)))

    def prove(self, applied: Applied, problem: str = "") -> str:
        return applying.prove_own_domain(self.gate, applied.token, SaysSo(problem))

    def vet(self, found: Application, *, sponsor: str = "", hash_lists: bool = False, **terms: Any) -> None:
        """Everything of the checklist but the domain."""
        with self.gate.transaction(NOBODY) as session:
            wanted = Terms(terms.get("slug", "lantern"), sponsor, hash_lists)
            vetting.set_terms(session, self.alex, found.id, wanted)
            begins = terms.get("starts_on", today())
            ends = terms.get("ends_on", today() + timedelta(days=365))
            agreement = SignedAgreement("folder 7", begins, begins, ends)
            vetting.set_agreement(session, self.alex, found.id, agreement)
            for item in CHECKED_BY_PEOPLE:
                vetting.check(session, self.alex, found.id, item, CheckState.MET, "seen")

    def approve(self, who: Principal, found: Application) -> Decision:
        with self.gate.transaction(NOBODY) as session:
            return deciding.approve(session, who, found.id)

    def seen(self, application_id: UUID) -> Seen:
        with self.gate.transaction(NOBODY) as session:
            return seen(session, application(session, self.alex, application_id))

    def ready(self, *, sponsor: str = "", hash_lists: bool = False, **changes: Any) -> Applied:
        """An application that only waits to be approved."""
        applied = self.apply(**changes)
        self.prove(applied)
        self.vet(applied.application, sponsor=sponsor, hash_lists=hash_lists)
        return applied


@pytest.fixture
def platform(database: Databases) -> Platform:
    """A platform with two admins."""
    return Platform(database)
