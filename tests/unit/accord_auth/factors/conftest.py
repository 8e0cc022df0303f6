"""What tests of second factors share: one home, a person of the test's own, codes, passkeys in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, cast
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD, Databases, Members
from tests.soft_passkey import SoftPasskey

from accord_auth.accounts import factors
from accord_auth.audit.service import NOWHERE, Where, act_from
from accord_auth.factors.means import Means
from accord_auth.people.models import Person
from accord_auth.people.passwords import hash_password
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.pending import Pending, begin
from accord_auth.sessions.service import Choice, SignedIn, SignIn, resolve_session, start_session
from accord_auth.sessions.signing_in import sign_in
from accord_config.database import NOBODY, Database, Role
from accord_config.sealing import Seals

KEY = "a secret of this test's own, 32 characters"
MEANS = Means(Seals([KEY]), "accord.example.org", "https://accord.example.org")
NOW = 1_900_000_007
"""Seconds of the epoch, a few after a step began."""
_numbers = count(1)


@pytest.fixture(scope="module")
def gate_database(module_database: Databases, module_organisations: Members) -> Database:
    return module_database(Role.GATE)


@pytest.fixture
def gate(gate_database: Database) -> Callable[..., Any]:
    """Runs one function in a transaction of the gate."""

    def run(work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with gate_database.transaction(NOBODY) as session:
            return work(session, *arguments, **named)

    return run


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still for authenticator apps, however long a test takes."""
    monkeypatch.setattr("accord_auth.factors.apps.time", lambda: float(NOW))


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Made once: it takes long on purpose."""
    return hash_password(PASSWORD)


@dataclass
class Someone:
    """A person with a session, and everything to get further ones."""

    database: Database
    email: str
    person_id: UUID
    token: str

    @property
    def signed_in(self) -> SignedIn:
        with self.database.transaction(NOBODY) as session:
            found = resolve_session(session, self.token)
        assert found is not None
        return found

    @property
    def is_in(self) -> bool:
        with self.database.transaction(NOBODY) as session:
            return resolve_session(session, self.token) is not None

    def begun(self) -> Pending:
        """A sign-in that waits for the second factor."""
        return cast("Pending", self.run(begin, self.person_id, "marlin", ["pwd"]))

    def again(self) -> SignIn | Pending:
        """Another sign-in with the password, which takes as long as that takes."""
        found = sign_in(self.database, email=self.email, password=PASSWORD, organisation="marlin", hours=1)
        assert not isinstance(found, list)
        return found

    def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        with self.database.transaction(NOBODY) as session:
            return work(session, *arguments)

    def change(self, statement: str, **values: Any) -> None:
        """Change what is kept of the person, with SQL; `:person` is the person's id."""
        self.run(lambda session: session.execute(text(statement), {"person": self.person_id} | values))

    def app(self, name: str = "phone") -> pyotp.TOTP:
        """Set an authenticator app up; its code of now is used by that."""
        begun = self.run(factors.begin_app, MEANS, self.signed_in, name)
        totp = pyotp.TOTP(begun.secret)
        factors.confirm_app(self.database, MEANS, self.signed_in, begun.id, totp.at(NOW))
        self.rewind()
        return totp

    def rewind(self) -> None:
        """As if the codes of the last minutes had been used long ago."""
        self.change("UPDATE authenticator_apps SET last_step = 0 WHERE person_id = :person")

    def passkey(self, name: str = "laptop", **changes: Any) -> SoftPasskey:
        """Add a passkey."""
        made = SoftPasskey(MEANS.origin, MEANS.domain, **changes)
        options = self.run(factors.begin_passkey, MEANS, self.signed_in)
        factors.add_passkey(self.database, MEANS, self.signed_in, made.make(options), name)
        return made


MakeSomeone = Callable[[], Someone]


@pytest.fixture
def make_someone(
    gate_database: Database, module_organisations: Members, password_hash: str
) -> Iterator[MakeSomeone]:
    """Makes an investigator of the company, signed in with the password."""

    def make() -> Someone:
        number, company = next(_numbers), module_organisations.company
        # Limits on networks are not what these tests are about.
        act_from(Where(f"2001:db8:0:{number:x}::1", "test"))
        email = f"someone{number}@example.org"
        with gate_database.transaction(NOBODY) as session:
            person = Person(email=email, name="Someone", password_hash=password_hash)
            session.add(person)
            session.flush()
            assign_role(
                session, person_id=person.id, role=PersonRole.INVESTIGATOR, organisation_id=company.id
            )
            choice = Choice(company.id, company.slug, company.organisation.name)
            started = start_session(session, person_id=person.id, choice=choice, hours=1)
        return Someone(gate_database, email, person.id, started.token)

    yield make
    act_from(NOWHERE)


@pytest.fixture
def someone(make_someone: MakeSomeone) -> Someone:
    return make_someone()


@pytest.fixture
def other(make_someone: MakeSomeone) -> Someone:
    """Somebody else."""
    return make_someone()
