"""Uploading records by the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from accord.ingestion.models import Source, StoredRecord
from accord_config.database import Role

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

GOOD = {"external_id": "a1", "observed_at": "2026-05-01T12:00:00Z"}
URL = "/api/v1/records"


def stored(task_force: TaskForce, source: str) -> dict[str, int]:
    """How many records of a source each member holds."""
    counts = {}
    for member in (task_force.police, task_force.ngo, task_force.company):
        query = (
            select(func.count())
            .select_from(StoredRecord)
            .join(Source, Source.id == StoredRecord.source_id)
            .where(Source.slug == source)
        )
        with task_force.database(Role.WEB).transaction(member.scope) as session:
            counts[member.slug] = session.scalar(query) or 0
    return counts


@pytest.fixture
def source() -> str:
    return f"s-{uuid4().hex[:12]}"


def test_good_records_are_stored_once_and_belong_to_who_sent_them(task_force: TaskForce, source: str) -> None:
    body = {"source": source, "records": [GOOD, {**GOOD, "external_id": "a2"}]}
    first = task_force.program("analyst").post(URL, json=body)
    again = task_force.program("investigator").post(URL, json=body)
    assert first.json == {"stored": 2, "unchanged": 0, "rejected": []}
    assert again.json == {"stored": 0, "unchanged": 2, "rejected": []}
    assert stored(task_force, source) == {"northgate": 2, "harbor": 0, "marlin": 0}
    other = task_force.program("stranger").post(URL, json=body)
    assert other.json == {"stored": 2, "unchanged": 0, "rejected": []}
    assert stored(task_force, source) == {"northgate": 2, "harbor": 0, "marlin": 2}


def test_bad_records_are_told_with_their_place_and_reason_and_the_good_ones_kept(
    task_force: TaskForce, source: str
) -> None:
    future = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    bad: list[tuple[Any, str]] = [
        ({}, "external_id"),
        ({"external_id": "b1"}, "observed_at"),
        ({**GOOD, "external_id": ""}, "external_id"),
        ({**GOOD, "external_id": 5}, "external_id"),
        ({**GOOD, "external_id": "b" * 501}, "external_id"),
        ({**GOOD, "external_id": "b2", "observed_at": future}, "observed_at"),
        ({**GOOD, "external_id": "b3", "observed_at": "yesterday"}, "observed_at"),
        ({**GOOD, "external_id": "b4", "body": "a\x00b"}, "body"),
        ({**GOOD, "external_id": "b5", "body": "a" * 100_001}, "body"),
        ({**GOOD, "external_id": "b6", "title": "a" * 2_001}, "title"),
        ({**GOOD, "external_id": "b7", "body": 5}, "body"),
        ({**GOOD, "external_id": "b8", "nobody_knows": 1}, "nobody_knows"),
        ({**GOOD, "external_id": "b9", "organisation_id": str(uuid4())}, "organisation_id"),
        ({**GOOD, "external_id": "b10", "images": [{"pdq": "xyz"}]}, "images.0.pdq"),
        ({**GOOD, "external_id": "b11", "title": "\ud800"}, "title"),
        ({**GOOD, "external_id": "b12", "extra": {"a": float("nan")}}, "extra"),
    ]
    records = [GOOD, *(record for record, _ in bad), {**GOOD, "external_id": "a2"}]
    reply = task_force.program("analyst").post(
        URL, data=json.dumps({"source": source, "records": records}), content_type="application/json"
    )
    assert reply.status_code == 200, reply.text
    assert reply.json["stored"] == 2
    rejected = reply.json["rejected"]
    assert [reject["index"] for reject in rejected] == list(range(1, len(bad) + 1))
    for reject, (_, field) in zip(rejected, bad, strict=True):
        assert field in reject["reason"]
    assert stored(task_force, source) == {"northgate": 2, "harbor": 0, "marlin": 0}


def test_a_known_id_with_other_content_is_rejected_and_what_is_stored_stays(
    task_force: TaskForce, source: str
) -> None:
    caller = task_force.program("analyst")
    caller.post(URL, json={"source": source, "records": [{**GOOD, "title": "first"}]})
    reply = caller.post(URL, json={"source": source, "records": [{**GOOD, "title": "second"}]})
    assert (reply.json["stored"], reply.json["unchanged"]) == (0, 0)
    assert reply.json["rejected"][0]["external_id"] == "a1"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "source"),
        ({"source": "x"}, "records"),
        ({"source": "x", "records": []}, "records"),
        ({"source": "x", "records": [GOOD] * 1001}, "records"),
        ({"source": "x", "records": GOOD}, "records"),
        ({"source": "x", "records": [1]}, "records"),
        ({"source": "", "records": [GOOD]}, "source"),
        ({"source": "Not A Slug", "records": [GOOD]}, "source"),
        ({"source": "a\x00", "records": [GOOD]}, "source"),
        ({"source": "a\ud800", "records": [GOOD]}, "source"),
        ({"source": "a" * 41, "records": [GOOD]}, "source"),
        ({"source": 5, "records": [GOOD]}, "source"),
        ({"source": "x", "records": [GOOD], "marking": "SECRET"}, "marking"),
        ({"source": "x", "records": [GOOD], "marking": ["TLP:RED"]}, "marking"),
        ({"source": "x", "records": [GOOD], "organisation": "harbor"}, "organisation"),
        ({"source": "x", "records": [GOOD], "\ud800": 1}, "\ud800"),
        ([], "_schema"),
        ("text", "_schema"),
        (5, "_schema"),
    ],
)
def test_a_body_that_will_not_do_names_its_field(task_force: TaskForce, body: Any, field: str) -> None:
    reply = task_force.program("analyst").post(URL, data=json.dumps(body), content_type="application/json")
    assert reply.status_code == 422
    assert reply.mimetype == "application/problem+json"
    errors = reply.json["errors"]
    assert field in errors.get("json", errors)


@pytest.mark.parametrize(
    ("data", "kind", "statuses"),
    [
        (b"", "application/json", {400, 422}),
        (b"{", "application/json", {400}),
        (b"\xff\xfe", "application/json", {400}),
        (b"[" * 200_000, "application/json", {400}),
        (b'{"source": ' + b"9" * 5_000 + b"}", "application/json", {400, 422}),
        (b"null", "application/json", {400, 422}),
        (b"{}", "text/plain", {415, 422}),
        (b"source=x", "application/x-www-form-urlencoded", {415, 422}),
        (b"{}", "application/jsonx", {415, 422}),
        (b"", None, {415, 422}),
    ],
)
def test_what_is_no_json_is_refused(
    task_force: TaskForce, data: bytes, kind: str | None, statuses: set[int]
) -> None:
    for path in (URL, "/api/v1/sessions", "/api/v1/cases"):
        reply = task_force.program("investigator").post(path, data=data, content_type=kind)
        assert reply.status_code in statuses, (path, reply.text)
        assert reply.mimetype == "application/problem+json"
        assert reply.json["status"] == reply.status_code
        assert reply.json["detail"]


def test_too_large_a_body_is_refused_before_it_is_read(task_force: TaskForce) -> None:
    limit = task_force.app.config["MAX_CONTENT_LENGTH"]
    body = b'{"source": "x", "records": "' + b"a" * limit + b'"}'
    for who in ("analyst", "stranger"):
        reply = task_force.program(who).post(URL, data=body, content_type="application/json")
        assert reply.status_code == 413
        assert reply.mimetype == "application/problem+json"


@pytest.mark.parametrize("who", ["auditor", "developer", "admin"])
def test_who_may_not_write_records_makes_no_source_either(
    task_force: TaskForce, source: str, who: str
) -> None:
    reply = task_force.program(who).post(URL, json={"source": source, "records": [GOOD]})
    assert reply.status_code == 403
    with task_force.database(Role.WEB).transaction(task_force.police.scope) as session:
        assert session.scalar(select(Source.id).where(Source.slug == source)) is None
