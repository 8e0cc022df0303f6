"""A sample of every route: who may use it, and what to send so that only access can stand in the way.

The samples stand in `api_samples.py` and `page_samples.py`; a route without one fails the walk
(`test_web_access_routes.py`). The ids in a route's address are made by `TaskForce.things`, by the name that
they have in the address; `{name}` in what is sent stands for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tests.integration.api_samples import API
from tests.integration.page_samples import PAGES
from tests.integration.sample import NOTHING, Sample
from werkzeug.test import TestResponse

if TYPE_CHECKING:
    from tests.integration.people_at_work import Caller
    from tests.integration.task_force import TaskForce

PUBLIC = {
    "api_invitations.accept_it",
    "invitations.accept",
    "invitations.look",
    "api-docs.openapi_json",
    "api_applications.apply",
    "api_sessions.sign_in",
    "consent.decide",
    "device.answer",
    "device.ask",
    "joining.amend",
    "joining.apply",
    "joining.domain",
    "joining.form",
    "joining.status",
    "joining.withdraw",
    "oauth.authorize",
    "oauth.device_authorization",
    "oauth.introspection",
    "oauth.keys",
    "oauth.metadata",
    "oauth.pushed",
    "oauth.revocation",
    "oauth.token",
    "oauth.userinfo",
    "scim.serve",
    "second_step.check",
    "second_step.choose",
    "second_step.form",
    "second_step.options",
    "second_step.passkey",
    "signals.push",
    "sso_entry.by_invitation",
    "sso_entry.by_link",
    "sso_entry.by_word",
    "sso_protocol.callback",
    "sso_protocol.logout",
    "web.api_docs",
    "web.home",
    "web.sign_in",
    "web.sign_in_form",
    "web.sign_out",
    "web.static",
    "web.theme",
}
"""Routes that ask nobody who it is: signing in and out, static files, the API's description; OAuth's,
which ask in their own way (`test_oauth_code.py` and those beside it); SCIM and signals,
which ask for tokens of their own (`test_scim.py`, `test_signals.py`); applicants, whose address is
a secret."""

SIGNED_IN = {
    "account.account",
    "account.act_for",
    "account.confirm",
    "account.confirm_form",
    "account.confirm_options",
    "account.confirm_passkey",
    "account.end_others",
    "account.end_session",
    "account.password",
    "api_factors.own",
    "api_factors.remove",
    "api_factors.renew_codes",
    "api_sessions.change_password",
    "api_sessions.current",
    "api_sessions.end_own_session",
    "api_sessions.organisations",
    "api_sessions.own_sessions",
    "api_sessions.prove",
    "api_sessions.sign_out",
    "factors.add_passkey",
    "factors.app",
    "factors.begin_app",
    "factors.confirm_app",
    "factors.overview",
    "factors.passkey_options",
    "factors.remove",
    "factors.rename",
    "factors.renew_codes",
    "sso_entry.link",
    "sso_entry.prove",
}
"""Routes for everybody who is signed in, about nobody else."""

BODIES: dict[str, dict[str, Any]] = {
    "account.act_for": {"data": {"organisation": "nowhere"}},
    "account.confirm": {"data": {"password": "x"}},
    "account.confirm_passkey": {"data": {"credential": "{}"}},
    "account.password": {"data": {"current_password": "x", "new_password": "y"}},
    "api_sessions.change_password": {
        "json": {"current_password": "x", "new_password": "a long new password"}
    },
    "api_sessions.prove": {"json": {"password": "x"}},
    "factors.add_passkey": {"data": {"credential": "{}", "name": "laptop"}},
    "factors.begin_app": {"data": {"name": "phone"}},
    "factors.confirm_app": {"data": {"code": "000000"}},
    "factors.rename": {"data": {"name": "other"}},
}
"""What to send to them."""


SAMPLES: dict[str, Sample] = API | PAGES

Things = Mapping[str, UUID]

PLATFORM_THINGS = frozenset({"application_id", "slug"})
"""What is the platform's to see: applications and, by their short names, members."""


def with_things(task_force: TaskForce) -> list[str]:
    """Routes whose address, or what is sent to them, names a thing."""
    return sorted(endpoint for endpoint in SAMPLES if named_things(task_force, endpoint))


def named_things(task_force: TaskForce, endpoint: str) -> set[str]:
    """The things that a route's address, or what is sent to it, names."""
    sample = SAMPLES[endpoint]
    (rule, *_) = task_force.app.url_map.iter_rules(endpoint)
    sent = str({**(sample.form or {}), **(sample.json or {})})
    return (rule.arguments - set(sample.ids)) | set(re.findall(r"\{(\w+_id)\}", sent))


def needed_things(task_force: TaskForce, endpoint: str) -> set[str]:
    """What has to be made so that a route can be used: what it names, and what its sample takes for given."""
    sample = SAMPLES[endpoint]
    named = named_things(task_force, endpoint) | sample.given
    return named | ({"slug"} if "{slug}" in f"{sample.form}{sample.json}" else set())


def ask(task_force: TaskForce, who: str | None, endpoint: str, things: Things, **sent: Any) -> TestResponse:
    """Call a route by its name with these ids; `sent` takes the place of the sample's own body."""
    (rule,) = task_force.app.url_map.iter_rules(endpoint)
    sample = SAMPLES.get(endpoint)
    ids = {**{name: str(thing) for name, thing in things.items()}, **(sample.ids if sample else {})}
    path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda found: ids.get(found[1], NOTHING), rule.rule)
    method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
    return caller_of(task_force, who, endpoint).ask(
        method, path, **(sent or BODIES.get(endpoint) or body_of(task_force, sample, ids))
    )


def body_of(task_force: TaskForce, sample: Sample | None, ids: Mapping[str, str]) -> dict[str, Any]:
    """What a sample says to send, for these ids."""
    if sample is None:
        return {}
    named = {**ids, "ngo": str(task_force.ngo.id), "unique": uuid4().hex}
    if sample.form is not None:
        return {"data": {name: value.format_map(named) for name, value in sample.form.items()}}
    if sample.json is not None:
        return {"json": {name: _filled(value, named) for name, value in sample.json.items()}}
    return {}


def _filled(value: Any, named: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(one, named) for one in value]
    return value.format_map(named) if isinstance(value, str) else value


def caller_of(task_force: TaskForce, who: str | None, endpoint: str) -> Caller:
    """Somebody with what this route is used with: a browser or a program."""
    return task_force.program(who) if endpoint.startswith("api") else task_force.browser(who)


def seen(answer: TestResponse, things: Things) -> str:
    """All that somebody can tell of an answer, but for the time, the reference and the id that they sent."""
    headers = {name: value for name, value in answer.headers if name != "Date"}
    told = f"{answer.status_code}\n{headers}\n{answer.text}"
    for thing in things.values():
        told = told.replace(str(thing), "ID")
    return re.sub(r"\b[0-9a-f]{12}\b", "REFERENCE", told)
