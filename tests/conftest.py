"""The real PostgreSQL for tests: one server a run, a fresh clone of a migrated database for each home.

With `pytest -n` the first process to come starts the server, under a file lock in a directory that
belongs to the run; the last one to leave stops it and removes the directory.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from argon2 import PasswordHasher
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from accord.registry.service import activate_all, discover
from accord.setup import open_home
from accord_auth.organisations.models import Organisation, OrganisationKind
from accord_auth.organisations.service import create_organisation, operator_of
from accord_auth.people import passwords
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.permissions import permissions_of
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Database, Role, Scope
from accord_config.embedded import EmbeddedServer
from accord_config.home import Home
from accord_config.settings import Settings

TEMPLATE = "accord_template"
PASSWORD = "a long enough password"
QUICK = {"job_heartbeat": 0.5, "job_stalled": 2.0}
"""Settings under which a dead worker is noticed soon."""
_FAST = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")
"""Tests lose nothing when the machine goes down; nobody else may say so."""
_CLONE = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY")
"""Copying the template's files takes two thirds of the time of writing them through the log."""
_REAL_PASSWORDS = (passwords._hasher, passwords._NOBODY)


class Cluster:
    """The server of one test run, and how its databases are made."""

    def __init__(self) -> None:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
        name = hashlib.sha256(run.encode()).hexdigest()[:8]
        # Short, because a socket's path has a limit of about 100 bytes.
        self.path = Path(tempfile.gettempdir()) / f"acc-{name}"
        self._users = self.path / "users"
        self._server: EmbeddedServer | None = None

    def __enter__(self) -> Cluster:
        with self._locked():
            self._users.mkdir(exist_ok=True)
            (self._users / str(os.getpid())).touch()
            self._server = EmbeddedServer(self.path / "database")
            self._server.start()
            self._superuser = self._server.superuser_url
            if not (self.path / "ready").exists():
                self._make_template()
                (self.path / "ready").touch()
        return self

    def __exit__(self, *error: object) -> None:
        with self._locked():
            (self._users / str(os.getpid())).unlink()
            if self._server is not None:
                self._server.close()
            # A process that was killed, or had its time limit, could not say goodbye.
            if not any(Path(f"/proc/{user.name}").exists() for user in self._users.iterdir()):
                shutil.rmtree(self.path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.mkdir(exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        if not self.path.exists():
            self.path.with_suffix(".lock").unlink(missing_ok=True)

    def run(self, *statements: sql.SQL | sql.Composed) -> None:
        """Run statements as the superuser."""
        plain = self._superuser.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def url(self, database: str) -> URL:
        """A database as `ACCORD_DATABASE_URL` names it: as its owner."""
        return make_url(self._superuser).set(
            drivername="postgresql", database=database, username=Role.OWNER.value, password="owner"
        )

    def _make_template(self) -> None:
        owner, template = sql.Identifier(Role.OWNER.value), sql.Identifier(TEMPLATE)
        self.run(
            *(sql.SQL("ALTER SYSTEM SET " + setting) for setting in _FAST),
            sql.SQL("SELECT pg_reload_conf()"),
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD 'owner'").format(owner),
            sql.SQL("CREATE DATABASE {} OWNER {}").format(template, owner),
        )
        open_home(self.settings(TEMPLATE, self.path / "template"), migrate=True).close()
        # Passwords count from here on, as they do in an installation.
        assert self._server is not None
        self._lock_with_password()

    def _lock_with_password(self) -> None:
        access = self.path / "database" / "pg_hba.conf"
        access.write_text("local all postgres trust\nlocal all all scram-sha-256\n", encoding="utf-8")
        self.run(sql.SQL("SELECT pg_reload_conf()"))

    def settings(self, database: str, path: Path, **changes: object) -> Settings:
        """Settings of a home on one of the server's databases."""
        url = self.url(database).render_as_string(hide_password=False)
        return Settings(home=path, database_url=url, **changes)  # type: ignore[arg-type] # checked by msgspec

    @contextmanager
    def home(self, path: Path, **changes: object) -> Iterator[Home]:
        """A home on a fresh clone of the template, dropped when the block ends."""
        name = f"t{uuid4().hex[:12]}"
        clone, template, owner = (sql.Identifier(part) for part in (name, TEMPLATE, Role.OWNER.value))
        self.run(_CLONE.format(clone, template, owner))
        try:
            home = Home(self.settings(name, path, **(QUICK | changes)))
            yield home
            home.close()
        finally:
            self.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(clone))


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
