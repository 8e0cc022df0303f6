"""The audit log by the API: each organisation its own part, nobody another's; pages, files, proofs."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from accord_auth.audit.checking import check
from accord_auth.audit.keys import KEY_FILE, SigningKeyFile
from accord_auth.audit.sealing import public_key, seal_waiting
from accord_auth.audit.service import AuditTag
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

OWN = ("auditor", "foreign manager", "watcher")
"""Three who read a log each: the police's, the company's, the platform's."""


@pytest.fixture(scope="module", autouse=True)
def noted(task_force: TaskForce) -> None:
    """Something stands in each log, and all of it is sealed."""
    for who in OWN:
        assert task_force.program(who).get("/api/v1/audit").status_code == 200
    task_force.share(task_force.case())
    seal_waiting(task_force.database(Role.WORKER), SigningKeyFile(task_force.home.path / KEY_FILE))


def everything(task_force: TaskForce, who: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of the log that somebody reads."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        reply = task_force.program(who).get("/api/v1/audit", query_string=query | more)
        assert reply.status_code == 200, reply.text
        found += reply.json["items"]
        cursor = reply.json["next"]
        if cursor is None:
            return found


def test_pages_of_two_hold_what_one_page_holds(task_force: TaskForce) -> None:
    whole = everything(task_force, "auditor", limit=200)
    in_twos = everything(task_force, "auditor", limit=2)
    assert len(whole) > 3
    assert [one["id"] for one in in_twos] == [one["id"] for one in whole]
    assert [one["id"] for one in whole] == sorted((one["id"] for one in whole), reverse=True)


def test_nobody_reads_an_entry_of_another_s_log(task_force: TaskForce) -> None:
    logs = [{one["id"] for one in everything(task_force, who)} for who in OWN]
    assert all(logs)
    assert sum(map(len, logs)) == len(set.union(*logs))


def test_a_filter_leaves_what_it_says(task_force: TaskForce) -> None:
    tagged = everything(task_force, "auditor", tag="share.create")
    assert {one["tag"] for one in tagged} == {AuditTag.SHARE_CREATE}
    person, other = (str(task_force.people[who].person_id) for who in ("auditor", "foreign manager"))
    assert {one["person_id"] for one in everything(task_force, "auditor", person_id=person)} == {person}
    assert everything(task_force, "auditor", until="2020-01-01") == []
    assert everything(task_force, "foreign manager", person_id=other)
    assert everything(task_force, "auditor", person_id=other) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"tag": "no.such"}, "tag"),
        ({"since": "yesterday"}, "since"),
        ({"person_id": "me"}, "person_id"),
        ({"subject": "a\x00b"}, "subject"),
        ({"limit": "0"}, "limit"),
        ({"organisation": "harbour"}, "organisation"),
    ],
)
def test_a_filter_that_cannot_be_read_is_named(
    task_force: TaskForce, query: dict[str, str], field: str
) -> None:
    reply = task_force.program("auditor").get("/api/v1/audit", query_string=query)
    assert reply.status_code == 422
    assert field in json.dumps(reply.json)


def test_an_export_is_the_log_from_its_beginning_as_lines_or_as_csv(task_force: TaskForce) -> None:
    expected = {one["id"] for one in everything(task_force, "auditor")}
    program = task_force.program("auditor")
    lines = [json.loads(line) for line in program.get("/api/v1/audit/export").text.splitlines()]
    assert [one["id"] for one in lines] == sorted(one["id"] for one in lines)
    assert expected <= {one["id"] for one in lines}
    reply = program.get("/api/v1/audit/export", query_string={"format": "csv", "tag": "share.create"})
    rows = list(csv.DictReader(io.StringIO(reply.text)))
    assert reply.mimetype == "text/csv"
    assert {row["tag"] for row in rows} == {"share.create"}
    assert program.get("/api/v1/audit/export", query_string={"format": "xml"}).status_code == 422


def test_a_bundle_proves_the_own_entries_against_the_checkpoint(task_force: TaskForce) -> None:
    program = task_force.program("auditor")
    head = program.get("/api/v1/audit/checkpoint").json
    bundle = program.get("/api/v1/audit/bundle").json
    keys = SigningKeyFile(task_force.home.path / KEY_FILE)
    checked = check(bundle, public_key(task_force.database(Role.WORKER), keys), None)
    assert checked.problems == ()
    assert bundle["head"] == head["note"]
    assert {one["entry"]["organisation_id"] for one in bundle["entries"]} == {str(task_force.police.id)}
    later = program.get("/api/v1/audit/bundle", query_string={"earlier": head["size"] + 1})
    assert later.status_code == 422


@pytest.mark.parametrize("path", ["/audit", "/audit/export", "/audit/checkpoint", "/audit/bundle"])
def test_who_is_no_auditor_is_refused(task_force: TaskForce, path: str) -> None:
    assert task_force.program("investigator").get(f"/api/v1{path}").status_code == 403
    assert task_force.program().get(f"/api/v1{path}").status_code == 401
