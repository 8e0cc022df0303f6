"""The API is what its OpenAPI document says: schemathesis calls every operation for three organisations."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of, sampled_from
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.conftest import PASSWORD

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
OPERATIONS = {
    "DELETE /api/v1/sessions/current",
    "DELETE /api/v1/shares/{share_id}",
    "GET /api/v1/access/cases/{case_id}",
    "GET /api/v1/access/leads/{lead_id}",
    "GET /api/v1/access/people/{person_id}",
    "GET /api/v1/access/shares/{share_id}",
    "GET /api/v1/cases",
    "GET /api/v1/cases/{case_id}",
    "GET /api/v1/cases/{case_id}/notes",
    "GET /api/v1/cases/{case_id}/shares",
    "GET /api/v1/leads",
    "GET /api/v1/leads/{lead_id}",
    "GET /api/v1/leads/{lead_id}/records",
    "GET /api/v1/organisations",
    "GET /api/v1/shares",
    "GET /api/v1/shares/{share_id}",
    "PATCH /api/v1/cases/{case_id}",
    "POST /api/v1/cases",
    "POST /api/v1/cases/{case_id}/notes",
    "POST /api/v1/cases/{case_id}/shares",
    "POST /api/v1/records",
    "POST /api/v1/sessions",
}

TESTED_APART = re.compile(
    r" /api/v1/(account|applications|clients?\b|invitations|organisation(s/|/|$)|people|reviews|sessions)"
)
"""Operations of accounts, applicants, clients, reviews and members' standing have tests of their own."""


@pytest.fixture(scope="module")
def things(task_force: TaskForce) -> dict[str, UUID]:
    return task_force.things(note=f"{WORD} asked.", place={"name": WORD, "country": "US"})


def document_of(task_force: TaskForce) -> dict[str, Any]:
    document: dict[str, Any] = task_force.program().get("/api/openapi.json").json
    return document


def test_every_operation_is_documented(task_force: TaskForce) -> None:
    document = document_of(task_force)
    documented = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method in methods
        if method != "parameters"
    }
    assert documented >= OPERATIONS
    assert not [name for name in documented - OPERATIONS if not TESTED_APART.search(name)]
    routes = {
        f"{method} {rule.rule.replace('<uuid:', '{').replace('>', '}')}"
        for rule in task_force.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    routes = {re.sub(r"<(\w+)}", r"{\1}", name) for name in routes}
    assert routes == documented


WORD = "Marshwarbler"
"""Stands in the lead, the case and the note of the police, and in nothing that a stranger has."""
OUTSIDE = ("stranger", "admin", None)


def tokens(task_force: TaskForce, operation: str) -> list[tuple[str | None, str | None]]:
    """People of three organisations with different roles, and nobody; who signs out needs tokens to lose."""
    if operation == "DELETE /api/v1/sessions/current":
        leaving = ("investigator", "recipient")
        return [*((who, task_force.fresh_token(who)) for who in leaving), (None, None)]
    everybody = ("investigator", "recipient", "stranger", "auditor", "admin")
    return [*((who, task_force.token(who)) for who in everybody), (None, None)]


def check_nothing_foreign(answer: Any, who: str | None, things: dict[str, UUID]) -> None:
    """Nobody outside is told a word or an id of what the police have."""
    if who in OUTSIDE:
        told = f"{answer.headers} {answer.text}"
        assert WORD not in told
        # Short names of members stand in the directory.
        assert not [name for name, thing in things.items() if name != "slug" and str(thing) in told]


def explore(
    task_force: TaskForce, things: dict[str, UUID], operation: str, mode: GenerationMode, examples: int
) -> set[int]:
    """Make up calls of an operation for everybody; which statuses they got."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", task_force.app)
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


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_made_up_calls_get_documented_answers(
    task_force: TaskForce, things: dict[str, UUID], operation: str
) -> None:
    assert explore(task_force, things, operation, GenerationMode.POSITIVE, 20)


@pytest.mark.parametrize("operation", sorted(OPERATIONS - {"DELETE /api/v1/sessions/current"}))
def test_wrong_calls_get_documented_refusals(
    task_force: TaskForce, things: dict[str, UUID], operation: str
) -> None:
    assert explore(task_force, things, operation, GenerationMode.NEGATIVE, 10)


@pytest.mark.soak
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("operation", sorted(OPERATIONS - {"DELETE /api/v1/sessions/current"}))
def test_many_made_up_calls_get_documented_answers(
    task_force: TaskForce, things: dict[str, UUID], operation: str, mode: GenerationMode
) -> None:
    assert explore(task_force, things, operation, mode, 1_000)


RECORD = {"external_id": "a1", "observed_at": "2026-05-01T12:00:00Z"}
SHARE = {
    "recipient": "harbor",
    "marking": "TLP:AMBER",
    "purpose": "Joint work",
    "basis": "public_task",
    "expires_on": (datetime.now(UTC) + timedelta(days=9)).date().isoformat(),
}
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /api/v1/cases/{case_id}": {"status": "waiting"},
    "POST /api/v1/cases": {},
    "POST /api/v1/cases/{case_id}/notes": {"body": "A note."},
    "POST /api/v1/cases/{case_id}/shares": SHARE,
    "POST /api/v1/records": {"source": "documented", "records": [RECORD]},
    "POST /api/v1/sessions": {"email": "investigator@northgate.example.org", "password": PASSWORD},
}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_call_that_succeeds_gets_the_documented_answer(task_force: TaskForce, operation: str) -> None:
    made = task_force.things()
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", task_force.app)
    method, _, path = operation.partition(" ")
    body = BODIES.get(operation)
    if operation == "POST /api/v1/cases":
        body = {"lead_id": str(made["lead_id"])}
    case = schema[path][method].Case(
        path_parameters={name: str(value) for name, value in made.items() if f"{{{name}}}" in path},
        **({"body": body, "media_type": "application/json"} if body is not None else {}),
    )
    # Who reaches what is for organisation admins and auditors.
    who = "manager" if "/access/" in path else "investigator"
    token = task_force.fresh_token(who) if "current" in operation else task_force.token(who)
    headers = {"Authorization": f"Bearer {token}"}
    answer = case.call(headers=headers)
    case.validate_response(answer, checks=list(CHECKS), headers=headers)
    assert answer.status_code in (200, 201, 204)
