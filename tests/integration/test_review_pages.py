"""Access reviews on the pages, by the API and as jobs, with two organisations."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from tests.conftest import Databases, Members
from tests.integration.conftest import RunJobs

from accord.reviews import jobs
from accord.worker import make_queue
from accord_auth.permissions import Role as PersonRole
from accord_config.database import NOBODY, Role
from accord_config.home import Home
from accord_config.queue import QUEUE

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]


@pytest.fixture
def made(task_force: TaskForce) -> dict[str, UUID]:
    return {**task_force.oauth_client(), **task_force.review()}


def test_the_list_and_the_review_say_how_far_it_is_and_count_what_waits(
    task_force: TaskForce, made: dict[str, UUID]
) -> None:
    manager = task_force.browser("manager")
    listed = manager.get("/reviews").text
    assert f"/reviews/{made['review_id']}" in listed
    page = manager.get(f"/reviews/{made['review_id']}").text
    assert "0 of" in page
    assert "Still needed" in page
    assert "Another admin decides about this." in page
    assert 'class="bar-count"' in page


def test_an_admin_confirms_and_ends_and_the_evidence_says_so(
    task_force: TaskForce, made: dict[str, UUID]
) -> None:
    manager, address = task_force.browser("manager"), f"/reviews/{made['review_id']}"
    items = task_force.program("manager").get(f"/api/v1{address}").json["items"]
    clients = [item for item in items if item["kind"] == "client"]
    newest = next(item for item in clients if item["subject_id"] == str(made["client_id"]))
    wrong = manager.post(f"{address}/items/{newest['id']}", data={"decision": "ended", "reason": ""})
    assert wrong.status_code == 422
    assert "say why" in wrong.text
    for item in [newest, *clients]:
        decision = {"decision": "ended", "reason": "=no longer used"}
        if item is not newest:
            decision = {"decision": "confirmed"}
        answer = manager.post(f"{address}/items/{item['id']}", data=decision)
        assert answer.status_code in (303, 409)
    api = task_force.program("manager")
    assert api.get(f"/api/v1/clients/{made['client_id']}").status_code == 404
    rows = list(csv.DictReader(io.StringIO(manager.get(f"{address}/evidence.csv").text)))
    (ended,) = [row for row in rows if row["decision"] == "ended"]
    assert (ended["reason"], ended["decided_name"]) == ("'=no longer used", "organisation_admin")
    lines = manager.get(f"{address}/evidence.jsonl").text.splitlines()
    assert len(lines) == len(rows) == len(items)
    assert {json.loads(line)["decision"] for line in lines} >= {"ended", None}


def test_what_is_sent_is_checked(task_force: TaskForce, made: dict[str, UUID]) -> None:
    api, browser = task_force.program("manager"), task_force.browser("manager")
    path = f"/reviews/{made['review_id']}/items/{made['item_id']}"
    for body in ({"decision": "lapsed"}, {"decision": ""}, {}, {"decision": "confirmed", "more": 1}):
        assert api.post(f"/api/v1{path}/decision", json=body).status_code == 422, body
        assert browser.post(path, data=body).status_code == 422, body
    assert api.post("/api/v1/reviews", json={"reason": ""}).status_code == 422
    assert api.post("/api/v1/reviews", json={"reason": "again"}).status_code == 409


def test_another_member_sees_and_decides_nothing(task_force: TaskForce, made: dict[str, UUID]) -> None:
    stranger = task_force.program("foreign manager")
    listed = stranger.get("/api/v1/reviews").json["items"]
    assert str(made["review_id"]) not in str(listed)
    for item_id in (made["item_id"], uuid4()):
        path = f"/api/v1/reviews/{made['review_id']}/items/{item_id}/decision"
        assert stranger.post(path, json={"decision": "confirmed"}).status_code == 404
    assert "Northgate" not in task_force.browser("foreign manager").get("/reviews").text


def test_the_job_runs_each_hour_and_ends_what_nobody_decided(
    home: Home, run_jobs: RunJobs, organisations: Members, principal_of: Any, database: Databases
) -> None:
    (task,) = jobs.reviewing(home).periodic_registry.periodic_tasks.values()
    assert (task.task.name, task.cron, task.task.queue) == ("look-after", "17 * * * *", QUEUE)
    principal_of(organisations.company, PersonRole.ORGANISATION_ADMIN)
    principal_of(organisations.company, PersonRole.ANALYST)

    def run(*statements: str) -> None:
        with database(Role.GATE).transaction(NOBODY) as session:
            for statement in statements:
                session.execute(text(statement))

        async def enqueue() -> None:
            queue = make_queue(home)
            async with queue.open_async():
                await queue.configure_task("reviews:look-after").defer_async(timestamp=0)

        asyncio.run(enqueue())
        run_jobs()

    run("UPDATE organisations SET created_at = now() - interval '92 days' WHERE slug = 'marlin'")
    run("UPDATE access_reviews SET due_at = now() - interval '8 days', lapses_at = now() - interval '1 day'")
    with database(Role.GATE).transaction(NOBODY) as session:
        left = session.scalars(text("SELECT role FROM role_assignments")).all()
        open_items = session.execute(
            text("SELECT kind, escalated_at IS NOT NULL FROM review_items WHERE decision IS NULL")
        ).all()
    assert left == ["organisation_admin"]
    assert [tuple(row) for row in open_items] == [("person", True)]
