"""What no checker of SCIM checks: whose people they are, what a directory may give, that access ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from tests.conftest import Cluster, databases_of
from tests.integration.directories import GROUP, USER, Directory, directory_of
from tests.integration.somebody import Site, sign_in

from accord.app import create_app
from accord.scim import endpoint
from accord_auth.directory.models import DirectoryToken
from accord_auth.errors import Conflict, Invalid, PermissionDenied
from accord_auth.invitations.models import Invitation, is_open
from accord_auth.people.models import Person
from accord_auth.permissions import Role as PersonRole
from accord_auth.provisioning.configuring import map_group, set_defaults, unmap_group
from accord_auth.provisioning.tokens import OVERLAP, make_token, revoke_token, rotate_token, tokens_of
from accord_auth.throttling.service import Limit


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as stack:
        home = stack.enter_context(cluster.home(tmp_path_factory.mktemp("scim")))
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


def open_invitation(directory: Directory, email: str) -> Invitation | None:
    query = select(Invitation).where(
        Invitation.email == email, Invitation.organisation_id == directory.member.id, is_open()
    )
    found: Invitation | None = directory.site.gate(lambda session: session.scalar(query))
    return found


# --- who asks ----------------------------------------------------------------------------------------------


def test_without_a_token_that_counts_nothing_is_told(directory: Directory) -> None:
    user = directory.created()
    session = sign_in(directory.site, directory.admin.email)
    for token in ("", "x", session, "acc_scim_made-up", directory.token + "x", "acc_scim_" + "a" * 300):
        for path in ("/Users", f"/Users/{user['id']}", "/ServiceProviderConfig", "/nowhere", ""):
            answer = directory.get(path, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401, (token, path)
            assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    cookie = directory.site.app.test_client()
    cookie.set_cookie("accord_session", session)
    assert cookie.get("/scim/v2/Users").status_code == 401


def test_a_token_opens_scim_and_nothing_else(directory: Directory) -> None:
    headers = {"Authorization": f"Bearer {directory.token}"}
    client = directory.site.app.test_client()
    assert client.get("/api/v1/people", headers=headers).status_code == 401
    assert client.get("/people", headers=headers).status_code == 303
    assert directory.get("/Users").status_code == 200


def test_a_revoked_or_expired_token_and_one_of_a_suspended_organisation_is_refused(site: Site) -> None:
    directory = directory_of(site)
    assert directory.get("/Users").status_code == 200
    (known,) = site.gate(tokens_of, directory.admin)
    assert known.token.last_used_at is not None
    assert directory.token.encode() not in known.token.token_hash
    site.gate(revoke_token, directory.admin, known.token.id)
    assert directory.get("/Users").status_code == 401

    directory.token = site.gate(make_token, directory.admin, name="Next", days=1).value
    past = {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}
    ends = update(DirectoryToken).where(DirectoryToken.organisation_id == directory.member.id)
    assert directory.get("/Users").status_code == 200
    site.gate(lambda session: session.execute(ends.values(past)))
    assert directory.get("/Users").status_code == 401


def test_a_token_that_is_replaced_counts_a_week_longer(directory: Directory) -> None:
    (known,) = directory.site.gate(tokens_of, directory.admin)
    made = directory.site.gate(rotate_token, directory.admin, known.token.id)
    assert directory.get("/Users").status_code == 200
    assert directory.get("/Users", headers={"Authorization": f"Bearer {made.value}"}).status_code == 200
    fresh, old = directory.site.gate(tokens_of, directory.admin)
    assert old.token.expires_at <= datetime.now(UTC) + OVERLAP
    assert fresh.token.expires_at > old.token.expires_at


def test_only_an_admin_of_the_organisation_makes_and_sees_tokens(
    directory: Directory, other: Directory
) -> None:
    (known,) = directory.site.gate(tokens_of, directory.admin)
    with pytest.raises(Exception, match="no such thing"):
        directory.site.gate(revoke_token, other.admin, known.token.id)
    analyst = directory.site.principal_of(
        directory.member, PersonRole.ANALYST, email=f"analyst@{directory.domain}"
    )
    with pytest.raises(PermissionDenied):
        directory.site.gate(make_token, analyst, name="Mine", days=1)
    for name, days in (("", 1), ("x" * 101, 1), ("a\nb", 1), ("Good", 0), ("Good", 367)):
        with pytest.raises(Invalid):
            directory.site.gate(make_token, directory.admin, name=name, days=days)


# --- whose people ------------------------------------------------------------------------------------------


def test_what_belongs_to_another_organisation_answers_exactly_like_what_is_absent(
    directory: Directory, other: Directory
) -> None:
    user, group = other.created(), other.group()
    calls = {"GET": {}, "DELETE": {}, "PUT": {"json": {"schemas": [USER], "userName": "x@y.example.org"}}}
    for method, body in calls.items():
        foreign = directory.ask(method, f"/Users/{user['id']}", **body)
        absent = directory.ask(method, f"/Users/{uuid4()}", **body)
        assert (foreign.status_code, foreign.json) == (absent.status_code, absent.json) == (404, absent.json)
    foreign = directory.set_active(user["id"], False)
    absent = directory.set_active(str(uuid4()), False)
    assert (foreign.status_code, foreign.json) == (absent.status_code, absent.json)
    assert directory.get(f"/Groups/{group['id']}").json == directory.get(f"/Groups/{uuid4()}").json
    assert other.get(f"/Users/{user['id']}").status_code == 200
    for path in ("/Users", "/Groups", "/"):
        seen = directory.get(path, query_string={"count": "200"}).json["Resources"]
        assert not {user["id"], group["id"]} & {one["id"] for one in seen}
    asked = directory.get("/Users", query_string={"filter": f'userName eq "{user["userName"]}"'})
    assert asked.json["totalResults"] == 0


def test_a_foreign_user_cannot_be_put_into_a_group_and_looks_like_an_absent_one(
    directory: Directory, other: Directory
) -> None:
    foreign, own = other.created(), directory.created()
    group = directory.group(members=[foreign["id"], own["id"], str(uuid4()), "no id"])
    assert [one["value"] for one in group["members"]] == [own["id"]]
    added = {"op": "add", "path": "members", "value": [{"value": foreign["id"]}]}
    answer = directory.patch(f"/Groups/{group['id']}", added)
    assert answer.status_code == 200
    assert [one["value"] for one in answer.json["members"]] == [own["id"]]


def test_an_address_outside_of_the_proved_domains_is_refused(directory: Directory, other: Directory) -> None:
    for name in (
        f"somebody@{other.domain}",
        f"somebody@sub.{directory.domain}",
        f"somebody@{directory.domain}.evil.example.com",
        f"a@b@{directory.domain}",
        f"a @{directory.domain}",
        "without-domain",
        f"@{directory.domain}",
    ):
        answer = directory.create(name)
        assert (answer.status_code, answer.json["scimType"]) == (400, "invalidValue"), name
    assert directory.get("/Users").json["totalResults"] == 1


def test_a_name_without_a_domain_gets_the_one_that_the_admins_chose(
    directory: Directory, other: Directory
) -> None:
    with pytest.raises(Invalid):
        directory.site.gate(set_defaults, directory.admin, default_domain=other.domain, default_role=None)
    directory.site.gate(set_defaults, directory.admin, default_domain=directory.domain, default_role=None)
    user = directory.created("ada")
    assert user["userName"] == "ada"
    assert [one["value"] for one in user["emails"]] == [f"ada@{directory.domain}"]
    assert directory.create(f"ADA@{directory.domain}").json["scimType"] == "uniqueness"


def test_an_account_of_somebody_else_is_not_taken_over_and_not_told_of(
    directory: Directory, site: Site
) -> None:
    elsewhere = site.members.ngo
    email = f"both@{directory.domain}"
    known = site.principal_of(elsewhere, PersonRole.INVESTIGATOR, email=email)
    directory.map("Staff", PersonRole.ANALYST)
    user, unknown = directory.created(email, displayName="Changed"), directory.created()
    directory.group("Staff", [user["id"], unknown["id"]])
    first, second = (directory.get(f"/Users/{one['id']}").json for one in (user, unknown))
    assert set(first) - {"displayName"} == set(second)
    assert (first["active"], first["roles"]) == (second["active"], second["roles"])
    # Nothing was given yet, and the account is as it was.
    assert directory.roles(user["id"]) == set()
    person = site.gate(lambda session: session.get(Person, known.person_id))
    assert person.name != "Changed"

    directory.join(email, known=True)
    assert directory.roles(user["id"]) == {"analyst"}
    # What this directory takes is its own organisation's membership alone.
    assert directory.delete(f"/Users/{user['id']}").status_code == 204
    assert sign_in(site, email)


# --- what the directory gives ------------------------------------------------------------------------------


def test_somebody_is_invited_once_there_is_a_role_and_gets_what_the_groups_give(directory: Directory) -> None:
    user = directory.created()
    email = user["userName"]
    assert open_invitation(directory, email) is None
    group = directory.group("Investigators", [user["id"]])
    assert open_invitation(directory, email) is None
    directory.map("investigators", PersonRole.INVESTIGATOR)
    invitation = open_invitation(directory, email)
    assert invitation is not None
    assert invitation.role == PersonRole.INVESTIGATOR
    directory.map("Investigators", PersonRole.AUDITOR)
    directory.join(email)
    assert directory.roles(user["id"]) == {"investigator", "auditor"}
    shown = directory.get(f"/Users/{user['id']}").json
    assert [one["value"] for one in shown["roles"]] == ["auditor", "investigator"]
    assert [one["display"] for one in shown["groups"]] == ["Investigators"]
    assert shown["groups"][0]["$ref"].endswith(f"/scim/v2/Groups/{group['id']}")


def test_leaving_a_group_withdraws_the_invitation(directory: Directory) -> None:
    directory.map("Staff", PersonRole.ANALYST)
    user = directory.created()
    group = directory.group("Staff", [user["id"]])
    assert open_invitation(directory, user["userName"]) is not None
    member = {"op": "remove", "path": f'members[value eq "{user["id"]}"]'}
    assert directory.patch(f"/Groups/{group['id']}", member).status_code == 200
    assert open_invitation(directory, user["userName"]) is None


def test_a_role_above_the_mapping_cannot_be_had(directory: Directory) -> None:
    user, _ = directory.joined(PersonRole.ANALYST)
    path = f"/Users/{user['id']}"
    # Mass assignment: what is the server's to say is left alone, or refused where it is aimed at.
    whole = {"schemas": [USER], "userName": user["userName"], "roles": [{"value": "organisation_admin"}]}
    assert directory.ask("PUT", path, json=whole | {"groups": [{"value": str(uuid4())}]}).status_code == 200
    for target in ("roles", "groups", "emails", "id", "meta.version"):
        answer = directory.patch(path, {"op": "add", "path": target, "value": "organisation_admin"})
        assert answer.status_code == 400, target
    directory.group("organisation_admin", [user["id"]])
    directory.group("Platform admins", [user["id"]])
    assert directory.roles(user["id"]) == {"analyst"}


def test_nobody_maps_a_group_to_more_than_they_may_give(directory: Directory) -> None:
    site, member = directory.site, directory.member
    auditor = site.principal_of(member, PersonRole.AUDITOR, email=f"auditor@{directory.domain}")
    with pytest.raises(PermissionDenied):
        site.gate(map_group, auditor, group_name="Staff", role=PersonRole.AUDITOR)
    for role in (PersonRole.PLATFORM_ADMIN, PersonRole.PLATFORM_AUDITOR):
        with pytest.raises(Invalid):
            site.gate(map_group, directory.admin, group_name="Staff", role=role)
        with pytest.raises(Invalid):
            site.gate(set_defaults, directory.admin, default_domain="", default_role=role)
    site.gate(map_group, directory.admin, group_name="Staff", role=PersonRole.ORGANISATION_ADMIN)
    with pytest.raises(Conflict):
        site.gate(map_group, directory.admin, group_name="staff", role=PersonRole.ORGANISATION_ADMIN)


def test_a_mapping_of_another_organisation_gives_nothing_and_is_not_there(
    directory: Directory, other: Directory
) -> None:
    theirs = other.map("Shared name", PersonRole.INVESTIGATOR)
    user = directory.created()
    directory.group("Shared name", [user["id"]])
    assert "roles" not in directory.get(f"/Users/{user['id']}").json
    with pytest.raises(Exception, match="no such thing"):
        directory.site.gate(unmap_group, directory.admin, theirs)


# --- the protocol ------------------------------------------------------------------------------------------


def test_a_change_of_an_old_version_is_refused(directory: Directory) -> None:
    user = directory.created()
    version, path = user["meta"]["version"], f"/Users/{user['id']}"
    named = {"op": "replace", "path": "displayName", "value": "One"}
    assert directory.get(path, headers={"If-None-Match": version}).status_code == 304
    done = directory.patch(path, named, headers={"If-Match": version})
    assert (done.status_code, done.headers["ETag"]) == (200, done.json["meta"]["version"])
    again = directory.patch(path, named | {"value": "Two"}, headers={"If-Match": version})
    assert again.status_code == 412
    gone = directory.delete(path, headers={"If-Match": version})
    assert gone.status_code == 412


def test_filters_sorting_and_pages_mean_what_the_standard_says(directory: Directory) -> None:
    for number, name in enumerate(("Zoe", "adam", "Mia", "Noor")):
        directory.created(f"{name}{number}@{directory.domain}", displayName=name, externalId=f"x{number}")

    def names(**query: str) -> list[str]:
        answer = directory.get("/Users", query_string=query)
        assert answer.status_code == 200, answer.text
        return [one.get("displayName", "") for one in answer.json["Resources"]]

    made = 'externalId sw "x"'
    assert names(filter=made, sortBy="displayName") == ["adam", "Mia", "Noor", "Zoe"]
    assert names(filter=made, sortBy="displayName", sortOrder="descending", count="2") == ["Zoe", "Noor"]
    assert names(filter=f'userName eq "ZOE0@{directory.domain}"') == ["Zoe"]
    assert names(filter='externalId eq "X0"') == []
    assert names(filter='displayName eq "MIA" or externalId eq "x3"') == ["Mia", "Noor"]
    assert names(filter=f'emails[value eq "mia2@{directory.domain}"]') == ["Mia"]
    assert names(filter='not (active eq false) and displayName co "o"') == ["Zoe", "Noor"]
    first = directory.get("/Users", query_string={"count": "2", "startIndex": "1"}).json
    second = directory.get("/Users", query_string={"count": "2", "startIndex": "3"}).json
    assert first["totalResults"] == second["totalResults"] == 5
    assert not {one["id"] for one in first["Resources"]} & {one["id"] for one in second["Resources"]}
    both = directory.get("/", query_string={"filter": 'displayName eq "Mia"'})
    assert both.json["totalResults"] == 1


def test_what_directories_send_beyond_the_schema_is_left_alone(directory: Directory) -> None:
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    user = directory.created(
        schemas=[USER, enterprise],
        title="Boss",
        password="a secret of ours",
        phoneNumbers=[{"value": "614-555-0134"}],
        **{enterprise: {"department": "North"}},
    )
    kept = directory.get(f"/Users/{user['id']}").text
    assert not [word for word in ("Boss", "secret", "555", "North") if word in kept]
    assert directory.ask("POST", "/Bulk", json={}).status_code == 501
    assert directory.get("/Me").status_code == 501


def test_requests_are_limited_and_strangers_soon(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = directory_of(site)
    monkeypatch.setattr(endpoint, "REQUESTS", Limit(f"few {uuid4()}", 2, timedelta(hours=1)))
    told = [directory.get("/Users").status_code for _ in range(3)]
    assert told == [200, 200, 429]
    refused = directory.get("/Users")
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.json["status"] == "429"
    monkeypatch.setattr(endpoint, "STRANGERS", Limit(f"few {uuid4()}", 2, timedelta(hours=1)))
    nobody = {"Authorization": "Bearer acc_scim_made-up"}
    assert [directory.get("/Users", headers=nobody).status_code for _ in range(3)] == [401, 401, 429]


def test_the_same_group_twice_is_a_conflict_and_ids_are_nobody_s_to_choose(directory: Directory) -> None:
    group = directory.group("Twice")
    body = {"schemas": [GROUP], "displayName": "TWICE", "id": str(uuid4())}
    answer = directory.ask("POST", "/Groups", json=body)
    assert (answer.status_code, answer.json["scimType"]) == (409, "uniqueness")
    other = directory.ask("POST", "/Groups", json=body | {"displayName": "Once"})
    assert UUID(other.json["id"]) not in {UUID(body["id"]), UUID(group["id"])}
