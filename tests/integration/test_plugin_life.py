"""A plugin's life: published, checked, approved, activated, and its findings in the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.conftest import PASSWORD, Databases, Members, PrincipalOf
from tests.integration.plugin_wheels import plugin_wheel

from accord.publishing import activating, deciding, versions
from accord.publishing.checking import check_version
from accord.publishing.grants import Allowed
from accord.registry.environments import Environments
from accord.registry.models import PluginVersion, VersionState
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_auth.permissions import permissions_of
from accord_auth.principal import Principal
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_sdk.host.launch import ProcessLauncher

Publish = Callable[..., PluginVersion]


@pytest.fixture
def admin_of(database: Databases) -> Callable[[str], Principal]:
    """Makes admins of the platform."""

    def admin_of(name: str) -> Principal:
        with database(Role.GATE).transaction(NOBODY) as session:
            person = create_person(
                session, email=f"{name}@platform.example.org", name=name, password=PASSWORD
            )
            assign_role(session, person_id=person.id, role=PersonRole.PLATFORM_ADMIN, organisation_id=None)
        roles = frozenset({PersonRole.PLATFORM_ADMIN})
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

    return admin_of


@pytest.fixture
def publish(database: Databases, home: Home) -> Publish:
    """Publishes a wheel and has it checked, in plain processes unless a launcher is given."""

    def publish(who: Principal, wheel: tuple[str, bytes], **more: Any) -> PluginVersion:
        launcher = more.pop("launcher", ProcessLauncher())
        with database(Role.GATE).transaction(NOBODY) as session:
            made = versions.publish(session, who, *wheel, **more)
        environments = Environments.of(database(Role.WORKER), home.settings)
        check_version(database(Role.WORKER), environments, launcher, made.id)
        with database(Role.GATE).transaction(NOBODY) as session:
            return session.get_one(PluginVersion, made.id)

    return publish


def approve(database: Databases, who: Principal, version: PluginVersion, **changes: Any) -> deciding.Decision:
    """Approve all that a version asks for, but for the changes."""
    with database(Role.GATE).transaction(NOBODY) as session:
        found = versions.find_version(session, who, version.id)
        everything = Allowed.all_of(found.manifest)
        allowed = Allowed(
            changes.get("reads", everything.reads),
            changes.get("calls", everything.calls),
            changes.get("ceiling", everything.ceiling),
        )
        return deciding.approve(session, who, version.id, allowed, changes.get("until"))


def test_a_published_plugin_s_findings_appear_once_it_is_approved_and_activated(
    database: Databases,
    organisations: Members,
    principal_of: PrincipalOf,
    admin_of: Any,
    publish: Publish,
    ingest: Any,
    write_lines: Any,
    line: Any,
    run_jobs: Any,
    rows: Any,
) -> None:
    developer = principal_of(organisations.company, PersonRole.PLUGIN_DEVELOPER)
    made = publish(developer, plugin_wheel(word="Notice"))
    assert (made.state, made.problem) == (VersionState.WAITING, "")
    assert made.checks["steps"]
    assert "--hash=sha256:" in made.lock
    assert approve(database, admin_of("first"), made).missing == 0
    police = organisations.police
    with database(Role.WEB).transaction(police.scope) as session:
        activating.activate(session, police.operator, "acme-marker", {})
    found = (
        "SELECT count(*) FROM record_findings WHERE plugin = 'acme-marker' AND findings::text LIKE '%marked%'"
    )
    for member, expected in ((police, 3), (organisations.ngo, 0)):
        ingest(member.operator, write_lines([line(number) for number in range(3)]))
        run_jobs(launcher=ProcessLauncher())
        assert rows(member.scope, found) == [(expected,)]
