"""What all tests share: homes on one PostgreSQL, members and people in them, and how a run is distributed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from tests.cluster import Cluster
from xdist.scheduler import LoadScopeScheduling

from accord.registry.service import activate_all, discover
from accord_auth.organisations.models import Organisation, OrganisationKind
from accord_auth.organisations.service import create_organisation, operator_of
from accord_auth.people import passwords
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.permissions import permissions_of
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role, Scope
from accord_config.home import Home

PASSWORD = "a long enough password"
_REAL_PASSWORDS = (passwords._hasher, passwords._NOBODY)


@dataclass(frozen=True)
class Member:
    """A member organisation and the operator acting for it."""

    organisation: Organisation
    operator: Principal

    @property
    def id(self) -> UUID:
        return self.organisation.id

    @property
    def slug(self) -> str:
        return self.organisation.slug

    @property
    def scope(self) -> Scope:
        return Scope(organisation_id=self.organisation.id)


@dataclass(frozen=True)
class Members:
    """A technology company, a police unit and an NGO; each uses every plugin."""

    company: Member
    police: Member
    ngo: Member


class ByFile(LoadScopeScheduling):
    """Gives a process of a run whole files, so that what a file's tests share is made once, and all tests of
    the browser to one, so that there is one site. In the order of the folders: what takes longest is first.
    """

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/browser" if file.startswith("tests/browser/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """How `pytest -n` distributes the tests."""
    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Argon2id with the least work where tests hash themselves: the real one takes 0.1 s each time.

    Servers and commands that tests start work with the real one.
    """
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._NOBODY = passwords._hasher.hash("nobody's password")
    yield
    passwords._hasher, passwords._NOBODY = _REAL_PASSWORDS


@pytest.fixture
def real_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords as an installation hashes them, for what is said of their cost."""
    monkeypatch.setattr(passwords, "_hasher", _REAL_PASSWORDS[0])
    monkeypatch.setattr(passwords, "_NOBODY", _REAL_PASSWORDS[1])


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The server of this test run."""
    with Cluster() as made:
        yield made


@pytest.fixture
def home(cluster: Cluster, tmp_path: Path) -> Iterator[Home]:
    """A home of the test's own."""
    with cluster.home(tmp_path / "home") as made:
        yield made


@pytest.fixture(scope="module")
def module_home(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home that the tests of a module share; they must not change what others look at."""
    with cluster.home(tmp_path_factory.mktemp("home")) as made:
        yield made


Databases = Callable[[Role], Database]


@contextmanager
def databases_of(home: Home) -> Iterator[Databases]:
    """Databases of a home by role, each opened once, all closed at the end."""
    with ExitStack() as stack:
        known: dict[Role, Database] = {}

        def database(role: Role) -> Database:
            if role not in known:
                known[role] = home.database(role)
                stack.callback(known[role].close)
            return known[role]

        yield database


@pytest.fixture
def database(home: Home) -> Iterator[Databases]:
    """The database as seen by a role: `database(Role.WEB)`."""
    with databases_of(home) as opened:
        yield opened


@pytest.fixture(scope="module")
def module_database(module_home: Home) -> Iterator[Databases]:
    """The module's database as seen by a role."""
    with databases_of(module_home) as opened:
        yield opened


def make_members(database: Databases) -> Members:
    """Three members, each with every plugin active."""
    wanted = {
        "company": ("marlin", "Marlin Social", OrganisationKind.TECHNOLOGY_COMPANY),
        "police": ("northgate", "Northgate Police", OrganisationKind.LAW_ENFORCEMENT),
        "ngo": ("harbor", "Harbor Light", OrganisationKind.NGO),
    }
    made: dict[str, Member] = {}
    for word, (slug, name, kind) in wanted.items():
        with database(Role.GATE).transaction(NOBODY) as session:
            organisation = create_organisation(session, slug=slug, name=name, kind=kind)
        made[word] = Member(organisation, operator_of(organisation))
        with database(Role.WORKER).transaction(made[word].scope) as session:
            activate_all(session, organisation.id)
    return Members(**made)


@pytest.fixture
def organisations(database: Databases) -> Members:
    """Three members in the test's home."""
    return make_members(database)


@pytest.fixture(scope="module")
def module_organisations(module_database: Databases) -> Members:
    """Three members in the module's home."""
    return make_members(module_database)


PrincipalOf = Callable[..., Principal]


def principal_maker(database: Databases) -> PrincipalOf:
    """Makes people on demand: `principal_of(member, PersonRole.ANALYST)` gives somebody with these roles."""

    def principal_of(member: Member, *roles: PersonRole, email: str | None = None) -> Principal:
        address = email or f"{'.'.join(roles)}@{member.slug}.example.org"
        with database(Role.GATE).transaction(NOBODY) as session:
            person = create_person(session, email=address, name=address.split("@")[0], password=PASSWORD)
            for role in roles:
                assign_role(session, person_id=person.id, role=role, organisation_id=member.id)
        organisation = member.organisation
        return Principal(
            organisation_id=organisation.id,
            organisation_slug=organisation.slug,
            organisation_name=organisation.name,
            organisation_kind=organisation.kind,
            person_id=person.id,
            person_name=person.name,
            email=person.email,
            roles=frozenset(roles),
            permissions=permissions_of(frozenset(roles)),
        )

    return principal_of


@pytest.fixture
def principal_of(database: Databases) -> PrincipalOf:
    """Makes people with roles in the test's home."""
    return principal_maker(database)


@pytest.fixture
def people(organisations: Members, principal_of: PrincipalOf) -> dict[str, Principal]:
    """Two investigators, one of the company and one of the police unit, and the company's analyst."""
    return {
        "company": principal_of(organisations.company, PersonRole.INVESTIGATOR),
        "police": principal_of(organisations.police, PersonRole.INVESTIGATOR),
        "analyst": principal_of(organisations.company, PersonRole.ANALYST),
    }


@pytest.fixture(scope="session")
def installed_plugins() -> list[str]:
    """The names of the plugins that are installed beside Accord."""
    return [plugin.manifest.name for plugin in discover()]
