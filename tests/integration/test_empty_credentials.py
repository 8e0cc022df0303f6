"""Empty, null and missing credentials, on every way in: they stand for nobody (CVE-2026-27960)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from tests.conftest import PASSWORD
from tests.integration.route_samples import SAMPLES, SIGNED_IN, ask

from accord_auth.people.models import Person
from accord_auth.people.service import assign_role
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

OWN = {"Sec-Fetch-Site": "same-origin"}
EMPTY = ("", " ", "null", "None", "undefined", "0", "false", "\t", "%00", "[]", "{}")
WITHOUT = "without-password@northgate.example.org"
"""Somebody with a role who never set a password, as after single sign-on."""


@pytest.fixture(scope="module")
def without_password(task_force: TaskForce) -> str:
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        person = Person(email=WITHOUT, name="No password", password_hash=None, status="active")
        session.add(person)
        session.flush()
        assign_role(
            session,
            person_id=person.id,
            role=PersonRole.INVESTIGATOR,
            organisation_id=task_force.police.id,
        )
    return WITHOUT


def sessions(task_force: TaskForce) -> int:
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        return int(session.scalar(text("SELECT count(*) FROM sessions")) or 0)


@pytest.mark.parametrize("value", EMPTY)
def test_an_empty_token_stands_for_nobody_in_a_header_and_in_a_cookie(
    task_force: TaskForce, value: str
) -> None:
    for scheme in ("Bearer ", "bearer ", "Basic ", ""):
        headers = {"Authorization": f"{scheme}{value}".replace("\t", " ")}
        answer = task_force.app.test_client().get("/api/v1/leads", headers=headers)
        assert answer.status_code == 401, headers
    client = task_force.app.test_client()
    client.set_cookie("accord_session", value)
    assert client.get("/api/v1/leads").status_code == 401
    assert client.get("/queue").status_code == 303


def test_a_token_in_any_other_place_is_none(task_force: TaskForce) -> None:
    token = task_force.token("investigator")
    client = task_force.app.test_client()
    for place in ("token", "access_token", "accord_session", "api_key"):
        assert client.get("/api/v1/leads", query_string={place: token}).status_code in (401, 422)
        assert client.get("/api/v1/leads", headers={f"X-{place}": token}).status_code == 401


def test_no_route_answers_somebody_without_a_credential(task_force: TaskForce) -> None:
    things = task_force.things()
    for endpoint in sorted(set(SAMPLES) | SIGNED_IN):
        assert ask(task_force, None, endpoint, things).status_code in (303, 401), endpoint


@pytest.mark.parametrize("password", ["", " ", "null", "None", "undefined", "\x00", PASSWORD])
def test_who_has_no_password_is_not_signed_in_by_any(
    task_force: TaskForce, without_password: str, password: str
) -> None:
    before = sessions(task_force)
    client = task_force.app.test_client()
    page = client.post("/sign-in", data={"email": without_password, "password": password}, headers=OWN)
    program = client.post("/api/v1/sessions", json={"email": without_password, "password": password})
    assert page.status_code in (401, 422, 429)
    assert program.status_code in (401, 422, 429)
    assert "Set-Cookie" not in page.headers
    assert sessions(task_force) == before


@pytest.mark.parametrize("email", ["investigator@northgate.example.org", "", None, WITHOUT])
@pytest.mark.parametrize("password", ["", None])
def test_a_sign_in_with_parts_empty_null_or_missing_makes_no_session(
    task_force: TaskForce, without_password: str, email: str | None, password: str | None
) -> None:
    before = sessions(task_force)
    client = task_force.app.test_client()
    given: dict[str, Any] = {"email": email, "password": password}
    some = {name: value for name, value in given.items() if value is not None}
    answers = [
        client.post("/sign-in", data=some, headers=OWN),
        client.post("/api/v1/sessions", json=given),
        client.post("/api/v1/sessions", json=some),
        client.post("/api/v1/sessions", json={"email": [email], "password": [password]}),
        client.post("/api/v1/sessions", data=b"", content_type="application/json"),
        client.post("/api/v1/sessions", json=None),
    ]
    assert {answer.status_code for answer in answers} <= {400, 401, 415, 422, 429}
    assert sessions(task_force) == before
