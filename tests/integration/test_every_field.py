"""Every form and every schema refuses what it does not know or cannot use, and says which field and why.

The forms are those that views declare with `takes` and `asks`, the schemas those of the API's `arguments`: a
new one is tested as soon as it is there, and a page's view that declares nothing fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from marshmallow import RAISE, Schema, fields, validate
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

if TYPE_CHECKING:
    from tests.integration.task_force import TaskForce

pytest_plugins = ["tests.integration.task_force"]

EMPTY_MEANS: Mapping[str, str] = {
    "provisioning.set_defaults": "only mapped groups give roles",
    "cases.assign": "nobody is responsible",
    "web.theme": "as the system says",
}
"""Forms with fields that may be sent with all of them empty, and what that says."""
NEVER_TAKEN = ("id", "organisation_id", "owner", "owner_id", "created_at", "opened_by", "person_id", "role")
"""What nobody may set by naming it; a field of one of these names must be meant for that."""
UNREAD = {"api-docs.openapi_json"}
"""Answers from the library, which read no field."""
PROTOCOLS = {"signals", "oauth", "scim", "sso_protocol"}
"""Blueprints of endpoints whose parameters follow a protocol: unknown ones are left alone there, and
errors have its form. `test_oauth_input`, `test_scim_input`, `test_sso_hostile` send what cannot be used."""


def path_of(rule: Rule) -> str:
    """An address of a route, with ids of nothing: fields are looked at before things."""
    path = re.sub(r"<uuid:\w+>", str(uuid4()), rule.rule)
    path = re.sub(r"<any\((\w+)[^>]*>", r"\1", path)
    path = re.sub(r"<int:\w+>", "1", path)
    return re.sub(r"<[^>]+>", "x", path)


def page_rules(task_force: TaskForce, method: str) -> list[Rule]:
    return [
        rule
        for rule in task_force.app.url_map.iter_rules()
        if not rule.rule.startswith("/api/v1/")
        and rule.endpoint not in UNREAD
        and rule.endpoint.split(".")[0] not in PROTOCOLS
        and method in (rule.methods or ())
    ]


def declared(task_force: TaskForce, rule: Rule, where: str) -> type[Schema]:
    found: type[Schema] = task_force.app.view_functions[rule.endpoint].fields_taken[where]  # type: ignore[attr-defined]  # a test says that it is there
    return found


def named(answer: TestResponse, name: str) -> str:
    """What an error page says of a field."""
    assert answer.status_code == 422, (answer.status_code, answer.text[:300])
    if answer.is_json:
        return str(answer.json["errors"][name][0])
    pairs = re.findall(r"<li><strong[^>]*>(.*?)</strong>: (.*?)</li>", answer.text)
    words = {unescape(field): unescape(why) for field, why in pairs}
    assert name.replace("_", " ") in words, (name, words)
    return words[name.replace("_", " ")]


def longest_of(field: fields.Field[Any]) -> int:
    """The most characters that a text field takes; one without a limit is a fault."""
    limits = [check.max for check in field.validators if isinstance(check, validate.Length)]
    limits += [
        max(map(len, check.choices)) for check in field.validators if isinstance(check, validate.OneOf)
    ]
    return int(min(limit for limit in limits if limit is not None))


def test_every_page_says_which_fields_it_takes(task_force: TaskForce) -> None:
    silent = [
        f"{method} {rule.rule} ({rule.endpoint})"
        for method, where in (("GET", "query"), ("POST", "form"))
        for rule in page_rules(task_force, method)
        if where not in getattr(task_force.app.view_functions[rule.endpoint], "fields_taken", {})
    ]
    assert not silent, "say it with accord.web.fields.takes and asks"


def test_every_form_refuses_what_it_does_not_know_or_cannot_use(task_force: TaskForce) -> None:
    browser = task_force.browser("investigator")
    for rule in page_rules(task_force, "POST"):
        schema, path = declared(task_force, rule, "form")(), path_of(rule)
        assert named(browser.post(path, data={"surprise": "1"}), "surprise") == "Unknown field."
        assert named(browser.post(f"{path}?surprise=1", data={}), "surprise")
        assert browser.post(path, json={"x": 1}).status_code == 415
        assert named(browser.post(path, data={"image": (BytesIO(b"x"), "x.png")}), "image (a file)")
        for name, field in schema.fields.items():
            for value, words in (("a\x00b", "NUL"), ("a" * (longest_of(field) + 1), "Longer than")):
                assert words in named(browser.post(path, data={name: value}), name)
            assert named(browser.post(path, data={name: ["a", "b"]}), name) == "Send it once."
            if field.required:
                assert "Missing" in named(browser.post(path, data={}), name)
                assert "Write something" in named(browser.post(path, data={name: " "}), name)


def test_every_address_refuses_what_it_does_not_know_or_cannot_use(task_force: TaskForce) -> None:
    browser = task_force.browser("investigator")
    for rule in page_rules(task_force, "GET"):
        schema, path = declared(task_force, rule, "query")(), path_of(rule)
        assert named(browser.get(path, query_string={"surprise": "1"}), "surprise") == "Unknown field."
        for name, field in schema.fields.items():
            for value, words in (("a\x00b", "NUL"), ("a" * (longest_of(field) + 1), "Longer than")):
                assert words in named(browser.get(path, query_string={name: value}), name)
            assert named(browser.get(path, query_string={name: ["a", "b"]}), name) == "Send it once."


def test_a_form_that_is_empty_or_incomplete_changes_nothing_and_says_so(task_force: TaskForce) -> None:
    things = {name: str(value) for name, value in task_force.things().items()}
    for rule in page_rules(task_force, "POST"):
        schema = declared(task_force, rule, "form")()
        if not schema.fields or rule.endpoint in EMPTY_MEANS or rule.endpoint == "web.sign_in":
            continue
        path = re.sub(r"<uuid:(\w+)>", lambda found: things.get(found[1], str(uuid4())), rule.rule)
        for data in (dict.fromkeys(schema.fields, ""), {}):
            answer = task_force.browser("investigator").post(path, data=data)
            # Who may not do it at all is told that first.
            assert answer.status_code in (422, 403, 404), (rule.endpoint, data, answer.status_code)
            if answer.status_code == 422:
                assert "is-invalid" in answer.text or "problem-fields" in answer.text, rule.endpoint


def test_fragments_name_the_fields_too(task_force: TaskForce) -> None:
    path = f"/leads/{uuid4()}/unmask"
    answer = task_force.browser("investigator").post(path, data={"x": "1"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (422, "some fields cannot be used\nx: Unknown field.")


def test_an_error_page_shows_the_name_of_a_field_as_text(task_force: TaskForce) -> None:
    name = "<script>x</script>" * 50
    answer = task_force.browser("investigator").post("/sign-out", data={name: "1"})
    assert "<script>x" not in answer.text
    assert "&lt;script&gt;x" in answer.text
    assert len(answer.text) < 20_000


# --- the API -----------------------------------------------------------------------------------------


def api_inputs(task_force: TaskForce) -> Iterator[tuple[Rule, str, str, Schema]]:
    """Every schema that the API reads: its route, method, where it stands (`json` or `query`), itself."""
    for rule in task_force.app.url_map.iter_rules():
        view = task_force.app.view_functions[rule.endpoint]
        arguments = getattr(view, "_apidoc", {}).get("arguments", {})
        method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        for parameter in arguments.get("parameters", ()):
            schema = parameter["schema"]
            yield rule, method, parameter["in"], schema() if isinstance(schema, type) else schema


def refused(task_force: TaskForce, rule: Rule, method: str, where: str, sent: dict[str, Any]) -> Any:
    """What the API says of each field of what it refuses."""
    given = {"json": sent} if where == "json" else {"query_string": sent}
    answer = task_force.program("investigator").ask(method, path_of(rule), **given)
    assert answer.status_code == 422, (rule.rule, sent, answer.text[:300])
    assert answer.mimetype == "application/problem+json"
    return answer.json["errors"][where]


def test_every_call_of_the_api_that_takes_something_says_what(task_force: TaskForce) -> None:
    bodies = {
        rule.endpoint
        for rule, _, where, schema in api_inputs(task_force)
        if where == "json" and schema.fields
    }
    writing = {
        rule.endpoint
        for rule in task_force.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and {"POST", "PUT", "PATCH"} & (rule.methods or set())
    }
    assert len(bodies) > 5
    assert bodies <= writing
    for _, _, _, schema in api_inputs(task_force):
        assert schema.unknown == RAISE, type(schema).__name__


def test_every_schema_of_the_api_refuses_what_it_does_not_know(task_force: TaskForce) -> None:
    for rule, method, where, schema in api_inputs(task_force):
        told = refused(task_force, rule, method, where, {"surprise": "1"})
        assert told["surprise"] == ["Unknown field."]
        if where == "json":
            # Mass assignment: ids and owners are given by Accord, never taken.
            taken = set(NEVER_TAKEN) & set(schema.fields)
            sent = {name: str(uuid4()) for name in NEVER_TAKEN if name not in taken}
            told = refused(task_force, rule, method, where, sent)
            assert {name for name in sent if told[name] == ["Unknown field."]} == set(sent)


def test_every_field_of_the_api_refuses_what_it_cannot_use(task_force: TaskForce) -> None:
    for rule, method, where, schema in api_inputs(task_force):
        for name, field in schema.fields.items():
            wrong: list[Any] = []
            if isinstance(field, fields.String):
                wrong += ["a\x00b", "a" * (longest_of(field) + 1)]
            if isinstance(field, fields.UUID | fields.Integer | fields.Date | fields.Enum | fields.Boolean):
                wrong += ["", "a\x00b", "a" * 100]
            if isinstance(field, fields.List):
                wrong += ["text", {}]
            if field.required:
                wrong.append("" if isinstance(field, fields.String) else None)
                told = refused(task_force, rule, method, where, {"surprise": "1"})
                assert "Missing" in told[name][0]
            if where == "json" and not field.allow_none:
                wrong.append(None)
            for value in wrong:
                told = refused(task_force, rule, method, where, {name: value})
                assert name in told, (rule.endpoint, name, value, told)


def test_a_body_that_is_no_object_is_refused(task_force: TaskForce) -> None:
    for rule, method, where, _ in api_inputs(task_force):
        if where != "json":
            continue
        for body in ([], "text", 7, True):
            answer = task_force.program("investigator").ask(method, path_of(rule), json=body)
            assert answer.status_code == 422, (rule.endpoint, body, answer.text)
