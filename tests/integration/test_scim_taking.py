"""What a directory takes ends at once, never the last admin's, and stands in the organisation's own log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import select
from tests.conftest import Cluster, databases_of
from tests.integration.directories import USER, Directory, directory_of
from tests.integration.somebody import Site, sign_in

from accord.app import create_app
from accord_auth.audit.models import AuditEntry
from accord_auth.directory.models import DirectoryMapping
from accord_auth.memberships.service import change_roles, remove_person
from accord_auth.people.models import Person
from accord_auth.permissions import Role as PersonRole
from accord_auth.provisioning.configuring import unmap_group
from accord_config.database import Role


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as stack:
        home = stack.enter_context(cluster.home(tmp_path_factory.mktemp("scim-taking")))
        database = stack.enter_context(databases_of(home))
        app = create_app(home)
        stack.callback(app.close)
        yield Site(database, app)


@pytest.fixture
def directory(site: Site) -> Directory:
    return directory_of(site)


@pytest.fixture(scope="module")
def other(site: Site) -> Directory:
    return directory_of(site)


# --- what it takes -----------------------------------------------------------------------------------------


def test_who_is_deactivated_is_signed_out_at_once_and_comes_back_with_what_the_directory_gives(
    directory: Directory,
) -> None:
    user, token = directory.joined()
    assert directory.works(token)
    assert directory.set_active(user["id"], False).json["active"] is False
    assert not directory.works(token)
    assert directory.roles(user["id"]) == set()
    assert directory.set_active(user["id"], True).json["active"] is True
    assert not directory.works(token)
    assert directory.roles(user["id"]) == {"investigator"}
    assert directory.works(sign_in(directory.site, user["userName"]))


@pytest.mark.parametrize("how", ["put", "delete", "group", "unmap", "leave"])
def test_every_way_of_taking_ends_the_session(directory: Directory, how: str) -> None:
    user, token = directory.joined()
    path = f"/Users/{user['id']}"
    group = directory.get(path).json["groups"][0]["value"]
    mapping = directory.site.gate(
        lambda session: session.scalar(
            select(DirectoryMapping.id).where(DirectoryMapping.organisation_id == directory.member.id)
        )
    )
    if how == "put":
        whole = {"schemas": [USER], "userName": user["userName"], "active": False}
        assert directory.ask("PUT", path, json=whole).status_code == 200
    elif how == "delete":
        assert directory.delete(path).status_code == 204
        assert directory.get(path).status_code == 404
    elif how == "group":
        assert directory.delete(f"/Groups/{group}").status_code == 204
    elif how == "unmap":
        directory.site.gate(unmap_group, directory.admin, mapping)
    else:
        assert directory.patch(f"/Groups/{group}", {"op": "remove", "path": "members"}).status_code == 200
    assert not directory.works(token)


def test_a_group_of_another_name_gives_what_that_name_is_mapped_to(directory: Directory) -> None:
    user, token = directory.joined()
    directory.map("Readers", PersonRole.ANALYST)
    group = directory.get(f"/Users/{user['id']}").json["groups"][0]["value"]
    renamed = {"op": "replace", "path": "displayName", "value": "Readers"}
    assert directory.patch(f"/Groups/{group}", renamed).status_code == 200
    assert directory.roles(user["id"]) == {"analyst"}
    assert not directory.works(token)


def test_the_last_admin_stays(directory: Directory) -> None:
    admin = directory.get("/Users").json["Resources"][0]
    path = f"/Users/{admin['id']}"
    assert admin["userName"] == directory.admin.email
    for answer in (directory.set_active(admin["id"], False), directory.delete(path)):
        assert answer.status_code == 409
        assert "last admin" in answer.json["detail"]
    assert directory.roles(admin["id"]) == {"organisation_admin"}
    assert directory.get(path).json["active"] is True

    second, token = directory.joined(PersonRole.ORGANISATION_ADMIN)
    assert directory.set_active(admin["id"], False).status_code == 200
    assert directory.set_active(second["id"], False).status_code == 409
    group = directory.get(f"/Users/{second['id']}").json["groups"][0]["value"]
    assert directory.delete(f"/Groups/{group}").status_code == 409
    assert directory.works(token)


def test_who_was_removed_by_hand_stays_away_until_the_directory_says_so_anew(directory: Directory) -> None:
    user, token = directory.joined()
    shown = directory.get(f"/Users/{user['id']}").json
    person = directory.site.gate(
        lambda session: session.scalar(select(Person.id).where(Person.email == user["userName"]))
    )
    directory.site.gate(remove_person, directory.admin, person)
    again = directory.get(f"/Users/{user['id']}").json
    assert again["active"] is False
    assert again["meta"]["version"] != shown["meta"]["version"]
    directory.patch(f"/Users/{user['id']}", {"op": "replace", "path": "displayName", "value": "New"})
    assert directory.roles(user["id"]) == set()
    assert not directory.works(token)
    directory.set_active(user["id"], True)
    assert directory.roles(user["id"]) == {"investigator"}


def test_what_admins_gave_by_hand_stays_beside_what_the_directory_gives(directory: Directory) -> None:
    user, _ = directory.joined()
    person = directory.site.gate(
        lambda session: session.scalar(select(Person.id).where(Person.email == user["userName"]))
    )
    both = [PersonRole.INVESTIGATOR, PersonRole.AUDITOR]
    directory.site.gate(change_roles, directory.admin, person, both)
    group = directory.get(f"/Users/{user['id']}").json["groups"][0]["value"]
    directory.patch(f"/Groups/{group}", {"op": "remove", "path": "members"})
    assert directory.roles(user["id"]) == {"auditor"}


def test_somebody_who_proved_an_address_cannot_be_given_another_one(directory: Directory) -> None:
    user, token = directory.joined()
    renamed = {"op": "replace", "path": "userName", "value": f"other@{directory.domain}"}
    assert directory.patch(f"/Users/{user['id']}", renamed).status_code == 400
    assert directory.works(token)
    waiting = directory.created()
    assert directory.patch(f"/Users/{waiting['id']}", renamed).json["userName"] == f"other@{directory.domain}"


def test_every_change_is_in_the_organisation_s_own_log(directory: Directory) -> None:
    user, _ = directory.joined()
    directory.set_active(user["id"], False)
    directory.delete(f"/Users/{user['id']}")
    query = select(AuditEntry.tag, AuditEntry.actor, AuditEntry.after).where(
        AuditEntry.organisation_id == directory.member.id
    )
    with directory.site.database(Role.WEB).transaction(directory.member.scope) as session:
        rows = session.execute(query).all()
    tags = [tag for tag, actor, _ in rows if actor == "directory (Test)"]
    for tag in ("directory.user", "directory.group", "person.roles", "access.end"):
        assert tag in tags, tag
    assert tags.count("directory.user") >= 3
