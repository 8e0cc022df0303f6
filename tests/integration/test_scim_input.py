"""SCIM with input that cannot be used: an error of the standard's form each time, no fault of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from tests.conftest import Cluster, databases_of
from tests.integration.directories import GROUP, PATCH, USER, Directory, directory_of
from tests.integration.somebody import Site
from werkzeug.test import TestResponse

from accord.app import create_app
from accord.scim.endpoint import LARGEST_BODY

TOO_LONG = "x" * 1_000
STRANGE = ("a\x00b", "\ud800", "a\nb", TOO_LONG, "\u202e")
DEEP = 30_000


@pytest.fixture(scope="module")
def directory(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    with ExitStack() as stack:
        home = stack.enter_context(cluster.home(tmp_path_factory.mktemp("scim-input")))
        database = stack.enter_context(databases_of(home))
        app = create_app(home)
        stack.callback(app.close)
        yield directory_of(Site(database, app))


def refused(answer: TestResponse, *statuses: int) -> None:
    assert answer.status_code in (statuses or (400,)), (answer.status_code, answer.text[:300])
    assert answer.mimetype == "application/scim+json"
    assert answer.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert answer.json["status"] == str(answer.status_code)


@pytest.mark.parametrize("value", [*STRANGE, 7, [], {}, True])
def test_every_attribute_refuses_what_it_cannot_hold(directory: Directory, value: Any) -> None:
    user, group = directory.created(), directory.group()
    bodies = [{"userName": value}, {"userName": f"{value}@{directory.domain}"}]
    if value != "\u202e":
        bodies = [{"userName": value}]
    for body in bodies:
        refused(directory.ask("POST", "/Users", data=dumped({"schemas": [USER]} | body)))
    for path, names in (
        (f"/Users/{user['id']}", ("userName", "externalId", "displayName", "name.givenName", "name")),
        (f"/Groups/{group['id']}", ("displayName", "externalId")),
    ):
        for name in names:
            if name == "name" and value == {}:
                continue
            operation = {"op": "replace", "path": name, "value": value}
            body = {"schemas": [PATCH], "Operations": [operation]}
            answer = directory.ask("PATCH", path, data=dumped(body))
            refused(answer)
        assert directory.get(path).json["meta"]["version"] == 'W/"1"'


def dumped(body: Any) -> str:
    return json.dumps(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}',
        b'{"schemas": "x", "userName": "a@b.example.org"}',
        b"[" * DEEP + b"]" * DEEP,
        b'{"userName":' * DEEP + b"1" + b"}" * DEEP,
        b'{"schemas": [1e999], "userName": NaN}',
    ],
)
def test_a_body_that_is_none_is_refused(directory: Directory, body: bytes) -> None:
    user = directory.get("/Users").json["Resources"][0]["id"]
    for method, path in (
        ("POST", "/Users"),
        ("POST", "/Groups"),
        ("PUT", f"/Users/{user}"),
        ("PATCH", f"/Users/{user}"),
        ("POST", "/.search"),
    ):
        answer = directory.ask(method, path, data=body, headers={"Content-Type": "application/scim+json"})
        # A search needs no body's fields: an object that says nothing finds everything.
        assert path == "/.search" or answer.status_code in (400, 404)
        assert answer.status_code < 500
        assert answer.mimetype == "application/scim+json"


@pytest.mark.parametrize(
    "query",
    [
        {"filter": 'userName eq "a\x00b"'},
        {"filter": "userName eq"},
        {"filter": 'nothing eq "x"'},
        {"filter": "(" * 5_000},
        {"filter": "not (" * 300 + 'userName eq "x"' + ")" * 300},
        {"filter": 'userName eq "' + "x" * 5_000 + '"'},
        {"sortBy": "nothing"},
        {"sortBy": "a\x00b"},
        {"startIndex": "x"},
        {"startIndex": "-5"},
        {"startIndex": "9" * 30},
        {"count": "9" * 30},
        {"count": "-1"},
        {"count": "1.5"},
        {"attributes": "\x00"},
        {"attributes": "x" * 20_000},
        {"cursor": "x"},
        {"startIndex": "1", "cursor": ""},
        {"unknown": "x"},
    ],
)
def test_a_search_that_cannot_be_done_is_refused(directory: Directory, query: dict[str, str]) -> None:
    for path in ("/Users", "/Groups", "/", f"/Users/{uuid4()}"):
        answer = directory.get(path, query_string=query)
        assert answer.status_code < 500 or answer.status_code == 501, (path, answer.text[:300])
        assert answer.mimetype == "application/scim+json"


@pytest.mark.parametrize(
    "path",
    [
        "/Users/x",
        "/Users/%00",
        "/Users/%FF",
        "/Nothing",
        "/Users/a/b",
        "//",
        "/Schemas/%00",
        "/../x",
    ],
)
def test_an_address_of_nothing_is_not_found(directory: Directory, path: str) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "POST"):
        answer = directory.ask(method, path, json={})
        assert answer.status_code in (308, 400, 404, 405), (method, path, answer.status_code)


def test_a_method_that_is_none_and_a_body_of_another_kind_are_refused(directory: Directory) -> None:
    refused(directory.ask("DELETE", "/Users"), 405)
    refused(directory.ask("POST", "/Users", data=b"x=1", headers={"Content-Type": "text/plain"}), 415)
    refused(directory.ask("POST", "/Users", data=b"x" * (LARGEST_BODY + 1)), 413)
    assert directory.ask("HEAD", "/Users").status_code == 200
    assert directory.ask("OPTIONS", "/Users").status_code in (200, 405)


def test_members_and_paths_of_the_wrong_kind_are_refused(directory: Directory) -> None:
    group = directory.group()
    for value in ("x", 7, [7], [{"value": 7}], [[]]):
        body = {"schemas": [GROUP], "displayName": "G", "members": value}
        refused(directory.ask("POST", "/Groups", json=body))
    for operation in (
        {"op": "move", "path": "displayName", "value": "x"},
        {"op": "replace", "path": "\x00", "value": "x"},
        {"op": "replace", "path": 'members[value eq "' + "x" * 10_000 + '"]', "value": "x"},
        {"op": "remove"},
        {"op": "replace", "path": "displayName"},
        {},
        7,
    ):
        answer = directory.ask(
            "PATCH", f"/Groups/{group['id']}", json={"schemas": [PATCH], "Operations": [operation]}
        )
        assert answer.status_code in (200, 400), (operation, answer.text[:200])
    assert directory.get(f"/Groups/{group['id']}").json["displayName"] == group["displayName"]
