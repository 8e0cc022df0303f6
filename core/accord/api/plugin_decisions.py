"""Deciding about published versions by the API. All of it on the gate's role, as whoever proved who it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import Schema

from accord.api.blueprint import ApiBlueprint
from accord.api.plugin_version_schemas import (
    AdvisedReply,
    AdvisoriesReply,
    AdvisoryBody,
    ApprovalBody,
    ApprovalReply,
    GrantCheckReply,
    GrantsBody,
    OneAdvisoryReply,
    StoppedReply,
    VersionReply,
    WhyBody,
    advisory_values,
    grant_check_values,
    version_values,
)
from accord.api.problem import problems
from accord.api.schemas import Values
from accord.publishing import advisories, changing, deciding, grant_checks, versions
from accord.publishing.installed import named
from accord.publishing.stopping import Stopped, wait_for_stop, wait_for_stops
from accord.publishing.tainted import findings_of
from accord.registry.grants import Allowed
from accord.web.request import gate, principal, unit
from accord.web.signing import fresh_session
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import NOBODY

blueprint = ApiBlueprint(
    "api_plugin_decisions", __name__, description="Deciding about plugins that members publish."
)

View = TypeVar("View", bound=Callable[..., Any])


def act(
    api: ApiBlueprint, what: str, reply: type[Schema], *, body: type[Schema] | None = None
) -> Callable[[View], View]:
    """A view that does something to a version, `POST /plugin-versions/ID/what`; with the errors of it."""

    def decorate(view: View) -> View:
        made: Any = api.response(200, reply)(view)
        if body is not None:
            made = api.arguments(body)(made)
        made = problems(api, *(() if body is None else (400, 413, 415)), 404, 409)(made)
        routed: View = api.post(f"/plugin-versions/<uuid:version_id>/{what}")(made)
        return routed

    return decorate


def _fresh() -> Principal:
    """Who approves, after a recent proof of who it is."""
    principal().require(Permission.PLUGINS_APPROVE)
    return fresh_session().principal


def _allowed(body: Values) -> Allowed:
    return Allowed(tuple(body["reads"]), tuple(body["calls"]), body["ceiling"])


@act(blueprint, "grant-checks", GrantCheckReply, body=GrantsBody)
def check_grants(body: Values, version_id: UUID) -> Values:
    """Have the contract checked with fewer grants, and say whether it holds as far as is known; ask again."""
    who = principal()
    who.require(Permission.PLUGINS_APPROVE)
    with gate().transaction(NOBODY) as session:
        found, known = versions.find_version(session, who, version_id), None
        if grant_checks.is_less(found.manifest, _allowed(body)):
            known = grant_checks.ask_for_check(session, who, version_id, _allowed(body))
        return grant_check_values(found, known)


@act(blueprint, "approval", ApprovalReply, body=ApprovalBody)
def approve(body: Values, version_id: UUID) -> Values:
    """Approve a version; two admins approve the same where it reaches the network or sees TLP:RED.

    With fewer grants than it asks for, the contract is checked first: 409 until that is done, 422 where it
    does not hold.
    """
    who = _fresh()
    try:
        with gate().transaction(NOBODY) as session:
            done = deciding.approve(session, who, version_id, _allowed(body), body["until"])
            found = versions.find_version(session, who, version_id)
            return version_values(found) | {"missing": done.missing}
    except grant_checks.NotChecked:
        with gate().transaction(NOBODY) as session:
            grant_checks.ask_for_check(session, who, version_id, _allowed(body))
        raise


@act(blueprint, "refusal", VersionReply, body=WhyBody)
def refuse(body: Values, version_id: UUID) -> Values:
    """Refuse a version; its publisher reads the reason."""
    with gate().transaction(NOBODY) as session:
        deciding.refuse(session, principal(), version_id, body["reason"])
        return version_values(versions.find_version(session, principal(), version_id))


@act(blueprint, "suspension", StoppedReply, body=WhyBody)
def suspend(body: Values, version_id: UUID) -> Values:
    """Stop a version at once, on every worker."""
    who = _fresh()
    with gate().transaction(NOBODY) as session:
        _, stop_id = deciding.suspend(session, who, version_id, body["reason"])
    return stopped_values(version_id, wait_for_stop(gate(), stop_id))


@act(blueprint, "resumption", VersionReply, body=WhyBody)
def resume(body: Values, version_id: UUID) -> Values:
    """Let a suspended version run again, as it was approved."""
    who = _fresh()
    with gate().transaction(NOBODY) as session:
        deciding.resume(session, who, version_id, body["reason"])
        return version_values(versions.find_version(session, who, version_id))


@act(blueprint, "roll-back", VersionReply, body=WhyBody)
def roll_back(body: Values, version_id: UUID) -> Values:
    """Let the version before this one run again; gives that one."""
    with gate().transaction(NOBODY) as session:
        before = changing.roll_back(session, principal(), version_id, body["reason"])
        return version_values(versions.find_version(session, principal(), before.id))


@blueprint.post("/plugin-advisories")
@problems(blueprint, 400, 413, 415)
@blueprint.arguments(AdvisoryBody)
@blueprint.response(201, AdvisedReply)
def advise(body: Values) -> Values:
    """Suspend every version that uses a wheel or a distribution, those beside Accord too."""
    who = _fresh()
    with gate().transaction(NOBODY) as session:
        done = advisories.advise(session, who, body["about"], body["reason"])
        values = {
            "id": done.advisory.id,
            "suspended": [version_values(one) for one in done.suspended],
            "installed": [named(one) for one in done.installed],
        }
    stopped = wait_for_stops(gate(), done.stops)
    return values | {
        "stopped_workers": stopped.workers,
        "stopped_processes": stopped.processes,
        "stopped_milliseconds": stopped.milliseconds,
    }


@blueprint.get("/plugin-advisories")
@problems(blueprint)
@blueprint.response(200, AdvisoriesReply)
def advisory_list() -> Values:
    """Every advisory."""
    with gate().transaction(NOBODY) as session:
        return {"items": [advisory_values(one) for one in advisories.advisories(session, principal())]}


@blueprint.get("/plugin-advisories/<uuid:advisory_id>")
@problems(blueprint, 404)
@blueprint.response(200, OneAdvisoryReply)
def one_advisory(advisory_id: UUID) -> Values:
    """One advisory: the versions that it is about, and what they found for the own organisation."""
    return _advisory_values(advisory_id)


@blueprint.post("/plugin-advisories/<uuid:advisory_id>/withdrawal")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(WhyBody)
@blueprint.response(200, OneAdvisoryReply)
def withdraw_advisory(body: Values, advisory_id: UUID) -> Values:
    """Take an advisory back: it forbids nothing any more. What it suspended stays so: `held` says what."""
    who = _fresh()
    with gate().transaction(NOBODY) as session:
        advisories.withdraw_advisory(session, who, advisory_id, body["reason"])
    return _advisory_values(advisory_id)


def _advisory_values(advisory_id: UUID) -> Values:
    who = principal()
    with gate().transaction(NOBODY) as session:
        found = advisories.find_advisory(session, who, advisory_id)
        hit = advisories.concerned(session, found)
        values = advisory_values(found) | {"versions": hit}
    if who.organisation_id is None or Permission.RECORDS_READ not in who.permissions:
        return values | {"records": None, "findings": []}
    taint = findings_of(unit(), who, hit)
    return values | {"records": taint.records, "findings": taint.findings}


def stopped_values(version_id: UUID, stopped: Stopped) -> Values:
    """A version that was stopped, and what the workers reported."""
    with gate().transaction(NOBODY) as session:
        values = version_values(versions.find_version(session, principal(), version_id))
    return values | {
        "stopped_workers": stopped.workers,
        "stopped_processes": stopped.processes,
        "stopped_milliseconds": stopped.milliseconds,
    }
