"""Sessions: they end at once, and a wrong sign-in tells nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, update
from tests.conftest import PASSWORD

from accord_auth.organisations.models import Organisation, OrganisationKind, OrganisationStatus
from accord_auth.organisations.service import create_organisation
from accord_auth.people import passwords
from accord_auth.people.models import Person, PersonStatus, RoleAssignment
from accord_auth.people.service import assign_role, create_person
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.people_at_work import Caller
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

OWN = {"Sec-Fetch-Site": "same-origin"}


class Newcomers:
    """Two organisations of the test's own, and a person who belongs to both."""

    email = "dana@newcomers.example.org"

    def __init__(self, task_force: TaskForce) -> None:
        self.task_force = task_force
        with task_force.database(Role.GATE).transaction(NOBODY) as session:
            first, second = (
                create_organisation(session, slug=slug, name=slug.title(), kind=OrganisationKind.HOTLINE)
                for slug in ("lantern", "beacon")
            )
            person = create_person(session, email=self.email, name="Dana", password=PASSWORD)
            person.status, first.status, second.status = (
                PersonStatus.ACTIVE,
                OrganisationStatus.ACTIVE,
                OrganisationStatus.ACTIVE,
            )
            for organisation in (first, second):
                assign_role(
                    session,
                    person_id=person.id,
                    role=PersonRole.INVESTIGATOR,
                    organisation_id=organisation.id,
                )
            self.person_id, self.first_id = person.id, first.id

    def change(self, statement: object) -> None:
        with self.task_force.database(Role.GATE).transaction(NOBODY) as session:
            session.execute(statement)  # type: ignore[call-overload]  # any statement

    def sign_in(self, organisation: str = "lantern", password: str = PASSWORD) -> Caller:
        body = {"email": self.email, "password": password, "organisation": organisation}
        program = self.task_force.program()
        reply = program.post("/api/v1/sessions", json=body)
        assert reply.status_code == 201, reply.text
        return type(program)(program.client, reply.json["token"])


@pytest.fixture
def newcomers(task_force: TaskForce) -> Newcomers:
    return Newcomers(task_force)


def test_signing_out_ends_the_token_at_once(newcomers: Newcomers) -> None:
    caller, other = newcomers.sign_in(), newcomers.sign_in()
    assert caller.get("/api/v1/leads").status_code == 200
    assert caller.delete("/api/v1/sessions/current").status_code == 204
    assert caller.get("/api/v1/leads").status_code == 401
    assert caller.delete("/api/v1/sessions/current").status_code == 401
    assert other.get("/api/v1/leads").status_code == 200


def test_signing_out_of_the_pages_ends_the_session_and_not_only_the_cookie(
    newcomers: Newcomers, task_force: TaskForce
) -> None:
    client = task_force.app.test_client()
    form = {"email": newcomers.email, "password": PASSWORD, "organisation": "beacon"}
    client.post("/sign-in", data=form, headers=OWN)
    token = client.get_cookie("accord_session").value  # type: ignore[union-attr]  # it was just set
    assert client.get("/queue").status_code == 200
    assert client.post("/sign-out", headers=OWN).status_code == 303
    client.set_cookie("accord_session", token)
    assert client.get("/queue").status_code == 303


def test_a_suspended_organisation_is_refused_at_the_next_request(newcomers: Newcomers) -> None:
    suspended, other = newcomers.sign_in("lantern"), newcomers.sign_in("beacon")
    newcomers.change(
        update(Organisation)
        .where(Organisation.id == newcomers.first_id)
        .values(status=OrganisationStatus.SUSPENDED)
    )
    assert suspended.get("/api/v1/leads").status_code == 401
    assert other.get("/api/v1/leads").status_code == 200
    again = suspended.client.post(
        "/api/v1/sessions",
        json={"email": newcomers.email, "password": PASSWORD, "organisation": "lantern"},
    )
    assert again.status_code == 401


def test_a_disabled_person_is_refused_at_the_next_request_everywhere(newcomers: Newcomers) -> None:
    callers = [newcomers.sign_in("lantern"), newcomers.sign_in("beacon")]
    newcomers.change(
        update(Person).where(Person.id == newcomers.person_id).values(status=PersonStatus.DISABLED)
    )
    assert [caller.get("/api/v1/leads").status_code for caller in callers] == [401, 401]
    body = {"email": newcomers.email, "password": PASSWORD, "organisation": "beacon"}
    assert newcomers.task_force.program().post("/api/v1/sessions", json=body).status_code == 401


def test_a_role_that_was_taken_away_is_gone_at_the_next_request(newcomers: Newcomers) -> None:
    lost, kept = newcomers.sign_in("lantern"), newcomers.sign_in("beacon")
    newcomers.change(
        delete(RoleAssignment).where(
            RoleAssignment.person_id == newcomers.person_id,
            RoleAssignment.organisation_id == newcomers.first_id,
        )
    )
    assert lost.get("/api/v1/leads").status_code == 401
    assert kept.get("/api/v1/leads").status_code == 200


@pytest.mark.parametrize("organisation", ["", "northgate", "nowhere", "platform"])
def test_a_person_of_two_organisations_acts_for_one_that_is_named(
    newcomers: Newcomers, task_force: TaskForce, organisation: str
) -> None:
    body = {"email": newcomers.email, "password": PASSWORD, "organisation": organisation}
    assert task_force.program().post("/api/v1/sessions", json=body).status_code == 401


def test_the_sign_in_page_asks_for_which_organisation_to_act(
    newcomers: Newcomers, task_force: TaskForce
) -> None:
    form = {"email": newcomers.email, "password": PASSWORD}
    page = task_force.app.test_client().post("/sign-in", data=form, headers=OWN)
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    assert {"lantern", "beacon"} <= set(page.text.replace('"', " ").split())
    assert "northgate" not in page.text


@pytest.mark.parametrize(
    "email", ["investigator@northgate.example.org", "unknown@nowhere.example.org", "", "é" * 300]
)
@pytest.mark.parametrize("by", ["page", "api"])
def test_a_failed_sign_in_hashes_once_and_says_the_same(
    task_force: TaskForce, monkeypatch: pytest.MonkeyPatch, email: str, by: str
) -> None:
    calls: list[str] = []
    known = type(passwords._hasher).verify

    def verify(hasher: object, stored: str, password: str) -> bool:
        calls.append(stored)
        return known(hasher, stored, password)  # type: ignore[arg-type]  # the hasher itself

    monkeypatch.setattr(type(passwords._hasher), "verify", verify)
    form = {"email": email, "password": "a wrong password"}
    if by == "page":
        answer = task_force.app.test_client().post("/sign-in", data=form, headers=OWN)
        assert answer.status_code == 401
    else:
        answer = task_force.program().post("/api/v1/sessions", json=form)
        if len(email) < 3:
            assert answer.status_code == 422
            assert not calls
            return
        assert answer.status_code == 401
    assert len(calls) == 1
    assert calls[0].startswith("$argon2id$")
    assert "do not belong together" in answer.text


@pytest.mark.usefixtures("real_passwords")
def test_an_unknown_address_costs_as_much_as_a_known_one() -> None:
    hasher = passwords._hasher
    assert not hasher.check_needs_rehash(passwords._NOBODY)
    assert not hasher.check_needs_rehash(passwords.hash_password(PASSWORD))
