"""What tests of published plugins share: admins, a publisher, a checked version. For the module's home."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from tests.conftest import PASSWORD, Databases, Members, principal_maker
from tests.integration.plugin_wheels import plugin_wheel

from accord.host.pool import ProcessPool
from accord.publishing import activating, deciding, grant_checks, versions
from accord.publishing.checking import check_version
from accord.registry.environments import Environments
from accord.registry.grants import Allowed
from accord.registry.models import PluginVersion
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.permissions import permissions_of
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_sdk.host.launch import ProcessLauncher

_numbers = count(1)


@dataclass
class Publishing:
    """Members that publish, admins who decide, and this host's environments."""

    home: Home
    database: Databases
    members: Members

    def __post_init__(self) -> None:
        self.environments = Environments.of(self.database(Role.WORKER), self.home.settings)
        make = principal_maker(self.database)
        self.developer = make(self.members.company, PersonRole.PLUGIN_DEVELOPER)
        self.manager = make(self.members.police, PersonRole.ORGANISATION_ADMIN)
        self.admins = [self.admin(f"admin{number}") for number in (1, 2)]

    def admin(self, name: str, *, also_of: Any = None) -> Principal:
        """An admin of the platform, who may belong to a member, too."""
        roles = frozenset({PersonRole.PLATFORM_ADMIN})
        with self.database(Role.GATE).transaction(NOBODY) as session:
            address = f"{name}@platform.example.org"
            person = create_person(session, email=address, name=name, password=PASSWORD)
            assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
            if also_of is not None:
                analyst = PersonRole.ANALYST
                assign_role(session, person_id=person.id, role=analyst, organisation_id=also_of.id)
        return Principal(
            organisation_id=None,
            organisation_slug="platform",
            organisation_name="The platform",
            organisation_kind="platform",
            person_id=person.id,
            person_name=name,
            email=person.email,
            roles=roles,
            permissions=permissions_of(roles),
        )

    def fresh_name(self) -> str:
        """A plugin's name that nobody has."""
        return f"marker-{next(_numbers)}"

    def receive(self, wheel: tuple[str, bytes], who: Principal | None = None, **more: Any) -> PluginVersion:
        """A version as it was received."""
        with self.database(Role.GATE).transaction(NOBODY) as session:
            return versions.publish(session, who or self.developer, *wheel, **more)

    def publish(self, wheel: tuple[str, bytes], **more: Any) -> PluginVersion:
        """A version that was received and checked, in plain processes."""
        made = self.receive(wheel, **more)
        check_version(self.database(Role.WORKER), self.environments, ProcessLauncher(), made.id)
        return self.known(made)

    def known(self, version: PluginVersion) -> PluginVersion:
        """A version as it is now."""
        with self.database(Role.GATE).transaction(NOBODY) as session:
            return session.get_one(PluginVersion, version.id)

    def approve(self, version: PluginVersion, who: Principal | None = None, **less: Any) -> int:
        """Approve all that a version asks for, or less; how many admins are missing then."""
        who = who or self.admins[0]
        with self.database(Role.GATE).transaction(NOBODY) as session:
            manifest = versions.find_version(session, who, version.id).manifest
            asked = Allowed.all_of(manifest)
            reads, calls = less.get("reads", asked.reads), less.get("calls", asked.calls)
            allowed = Allowed(reads, calls, less.get("ceiling", asked.ceiling))
            tried = None
            if grant_checks.is_less(manifest, allowed):
                tried = grant_checks.ask_for_check(session, who, version.id, allowed).id
        if tried is not None:
            worker = self.database(Role.WORKER)
            grant_checks.run_grant_check(worker, self.environments, ProcessLauncher(), tried)
        with self.database(Role.GATE).transaction(NOBODY) as session:
            return deciding.approve(session, who, version.id, allowed, less.get("until")).missing

    def running(self, **wheel: Any) -> PluginVersion:
        """A new plugin's version that is approved."""
        made = self.publish(plugin_wheel(wheel.pop("name", None) or self.fresh_name(), **wheel))
        assert made.problem == ""
        for admin in self.admins:
            if not self.approve(made, admin):
                break
        return self.known(made)

    def use(self, version: PluginVersion, who: Principal | None = None, **values: Any) -> None:
        """Have it run for the police unit, or somebody else."""
        who = who or self.manager
        with self.database(Role.WEB).transaction(who.scope) as session:
            activating.activate(session, who, self.home.seals(), version.name, values)

    def pool(self) -> ProcessPool:
        """A worker's pool, in plain processes."""
        return ProcessPool(ProcessLauncher(), site_of=self.environments.site_of)


@pytest.fixture(scope="module")
def publishing(module_home: Home, module_database: Databases, module_organisations: Members) -> Publishing:
    """Members and admins of the module's home."""
    return Publishing(module_home, module_database, module_organisations)


@pytest.fixture
def own_publishing(home: Home, database: Databases, organisations: Members) -> Publishing:
    """Members and admins of the test's own home."""
    return Publishing(home, database, organisations)
