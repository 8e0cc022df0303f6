"""The API is what its OpenAPI document says: schemathesis calls every operation for three organisations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of, sampled_from
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import text
from tests.conftest import PASSWORD, principal_maker
from tests.integration.route_samples import SAMPLES, body_of, needed_things

from accord.api import register as register_api
from accord_auth.factors.models import Passkey
from accord_auth.invitations.service import invite
from accord_auth.permissions import Role as PersonRole
from accord_auth.sessions.service import resolve_session
from accord_config.database import NOBODY, Role

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
ENDS_ITS_SESSION = "DELETE /api/v1/sessions/current"
GOES_AWAY = "POST /api/v1/organisation/leave"
"""It would end the membership of whoever may do it: the one who may is left out of the made-up calls."""


def described() -> dict[str, Any]:
    """The OpenAPI document, as an application without a database describes itself."""
    app = Flask("described")
    register_api(app)
    document: dict[str, Any] = app.test_client().get("/api/openapi.json").json
    return document


def operations_of(document: dict[str, Any]) -> set[str]:
    return {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
        if method != "parameters"
    }


OPERATIONS = sorted(operations_of(described()))


@pytest.fixture(autouse=True)
def unlimited(task_force: TaskForce) -> Iterator[None]:
    """Made-up sign-ins and applications use up what one network may try; others begin anew."""
    yield
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        session.execute(text("DELETE FROM throttles"))


@pytest.fixture(scope="module")
def things(task_force: TaskForce) -> dict[str, UUID]:
    return task_force.things(note=f"{WORD} asked.", place={"name": WORD, "country": "US"})


@pytest.fixture(scope="module")
def schema(task_force: TaskForce) -> BaseSchema:
    """The document as schemathesis reads it, once."""
    return schemathesis.openapi.from_wsgi("/api/openapi.json", task_force.app)


def document_of(task_force: TaskForce) -> dict[str, Any]:
    document: dict[str, Any] = task_force.program().get("/api/openapi.json").json
    return document


PART = re.compile(r"<(?:[^:>]+:)?([a-z_]+)>")
"""A part of a route's address."""


def endpoints_of(task_force: TaskForce) -> dict[str, str]:
    """The name of the route that each operation is."""
    return {
        method + " " + PART.sub(r"{\1}", rule.rule): rule.endpoint
        for rule in task_force.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def test_every_operation_is_documented(task_force: TaskForce) -> None:
    assert operations_of(document_of(task_force)) == set(OPERATIONS) == set(endpoints_of(task_force))


WORD = "Marshwarbler"
"""Stands in the lead, the case and the note of the police, and in nothing that a stranger has."""
OUTSIDE = {
    "stranger": {"slug"},
    "admin": {"application_id", "check_id", "client_id", "emergency_id", "slug", "version_id"},
    None: {"slug"},
}
"""Who is no member of the police, and which of the things they may know of: short names of members stand in
the directory, and the platform decides about applications, exceptions for programs, emergencies, and versions
of plugins."""


def tokens(task_force: TaskForce, operation: str) -> list[tuple[str | None, str | None]]:
    """People of three organisations with different roles, and nobody; who signs out needs tokens to lose."""
    if operation == ENDS_ITS_SESSION:
        leaving = ("investigator", "recipient")
        return [*((who, task_force.fresh_token(who)) for who in leaving), (None, None)]
    everybody = ["investigator", "recipient", "stranger", "auditor", "admin", "reader", "manager"]
    if operation == GOES_AWAY:
        everybody.remove("manager")
    return [*((who, task_force.token(who)) for who in everybody), (None, None)]


def check_nothing_foreign(answer: Any, who: str | None, things: dict[str, UUID]) -> None:
    """Nobody outside is told a word or an id of what the police have."""
    if who in OUTSIDE:
        told = f"{answer.headers} {answer.text}"
        assert WORD not in told
        assert not [name for name, thing in things.items() if name not in OUTSIDE[who] and str(thing) in told]


Explore = Callable[[str, GenerationMode, int], set[int]]


@pytest.fixture
def explore(task_force: TaskForce, things: dict[str, UUID], schema: BaseSchema) -> Explore:
    """Makes up calls of an operation for everybody, so many in a way; which statuses they got."""
    return partial(made_up_calls, task_force, things, schema)


def made_up_calls(
    task_force: TaskForce,
    things: dict[str, UUID],
    schema: BaseSchema,
    operation: str,
    mode: GenerationMode,
    examples: int,
) -> set[int]:
    method, _, path = operation.partition(" ")
    described = schema[path][method]
    ids = {name: str(value) for name, value in things.items() if f"{{{name}}}" in path}
    known = described.as_strategy(generation_mode=mode, path_parameters=ids) if ids else None
    any_id = described.as_strategy(generation_mode=mode)
    callers = sampled_from(tokens(task_force, operation))
    statuses: set[int] = set()

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=one_of(known, any_id) if known is not None else any_id, caller=callers)
    def run(case: Case, caller: tuple[str | None, str | None]) -> None:
        who, token = caller
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=list(CHECKS), headers=headers)
        check_nothing_foreign(answer, who, things)
        statuses.add(answer.status_code)

    run()
    return statuses


@pytest.mark.parametrize("operation", OPERATIONS)
def test_made_up_calls_get_documented_answers(explore: Explore, operation: str) -> None:
    assert explore(operation, GenerationMode.POSITIVE, 10)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each != ENDS_ITS_SESSION])
def test_wrong_calls_get_documented_refusals(explore: Explore, operation: str) -> None:
    assert explore(operation, GenerationMode.NEGATIVE, 6)


@pytest.mark.soak
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each != ENDS_ITS_SESSION])
def test_many_made_up_calls_get_documented_answers(
    explore: Explore, operation: str, mode: GenerationMode
) -> None:
    assert explore(operation, mode, 1_000)


@dataclass(frozen=True)
class Call:
    """A call that succeeds: the parts of its address, its body, and a token of who makes it."""

    token: str | None
    parts: dict[str, str]
    body: Any = None
    told: int = 0


def own_call(task_force: TaskForce, endpoint: str) -> Call:
    """Calls about oneself, and those that ask for no credential."""
    address = f"{uuid4().hex}@northgate.example.org"
    principal_maker(task_force.database)(task_force.police, PersonRole.ANALYST, email=address)
    client = task_force.app.test_client()

    def sign_in() -> str:
        answer = client.post("/api/v1/sessions", json={"email": address, "password": PASSWORD})
        token: str = answer.json["token"]
        return token

    token, other = sign_in(), sign_in()
    with task_force.database(Role.GATE).transaction(NOBODY) as session:
        found = resolve_session(session, other)
        assert found is not None
        passkey = Passkey(
            person_id=found.person_id,
            name="laptop",
            credential_id=uuid4().bytes,
            public_key=b"",
            sign_count=0,
            aaguid="",
            transports=[],
            synced=False,
        )
        if endpoint.startswith("api_factors."):
            session.add(passkey)
            session.flush()
        link = invite(
            session,
            task_force.police.operator,
            email=f"{uuid4().hex}@example.org",
            role=PersonRole.ANALYST,
            organisation_id=task_force.police.id,
        ).token
    number = uuid4().hex[:8]
    bodies: dict[str, tuple[str | None, Any]] = {
        "api_applications.apply": (
            None,
            {
                "name": "Lantern Aid",
                "kind": "ngo",
                "domain": f"lantern-{number}.example.org",
                "contact_name": "Noor Haddad",
                "contact_email": f"noor@lantern-{number}.example.org",
                "purpose": "Support for people who want to leave",
                "legal_basis": "Consent of the people supported",
                "jurisdiction": "US-OH",
            },
        ),
        "api_invitations.accept_it": (None, {"token": link, "name": "Invited", "password": PASSWORD}),
        "api_sessions.change_password": (
            token,
            {"current_password": PASSWORD, "new_password": "another long password"},
        ),
        "api_sessions.prove": (token, {"password": PASSWORD}),
        "api_sessions.sign_in": (None, {"email": address, "password": PASSWORD}),
    }
    given, body = bodies.get(endpoint, (token, None))
    parts = {"session_id": str(found.session_id), "factor_id": str(passkey.id)}
    return Call(given, parts, body)


def call_of(task_force: TaskForce, endpoint: str) -> Call:
    """A call that may be made, by somebody with the permission that it needs."""
    sample = SAMPLES.get(endpoint)
    if sample is None:
        return own_call(task_force, endpoint)
    made = task_force.things(only=needed_things(task_force, endpoint))
    ids = {**sample.ids, **{name: str(value) for name, value in made.items()}}
    able = (
        who for who in ("investigator", "manager", "admin") if sample.needs in task_force.permissions(who)
    )
    body = body_of(task_force, sample, ids).get("json")
    return Call(task_force.token(next(able)), ids, body, sample.told)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_call_that_succeeds_gets_the_documented_answer(
    task_force: TaskForce, schema: BaseSchema, operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accord_auth.clients.service.MOST_CLIENTS", 10_000)
    monkeypatch.setattr("accord_auth.sso.domains.MOST", 10_000)
    method, _, path = operation.partition(" ")
    call = call_of(task_force, endpoints_of(task_force)[operation])
    case = schema[path][method].Case(
        path_parameters={name: value for name, value in call.parts.items() if f"{{{name}}}" in path},
        **({"body": call.body, "media_type": "application/json"} if call.body is not None else {}),
    )
    headers = {"Authorization": f"Bearer {call.token}"} if call.token else {}
    answer = case.call(headers=headers)
    case.validate_response(answer, checks=list(CHECKS), headers=headers)
    assert answer.status_code in ({call.told} if call.told else {200, 201, 204}), answer.text
