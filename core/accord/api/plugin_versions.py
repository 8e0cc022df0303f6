"""Published plugin versions by the API: handed in, looked at, decided about. All of it on the gate's role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import request
from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.markings import Marking
from accord.publishing import advisories, changing, deciding, trials, versions
from accord.publishing.grants import Allowed
from accord.publishing.stopping import Stopped, wait_for_stop
from accord.publishing.versions import Published
from accord.registry.models import TrialKind, VersionState
from accord.web.fields import storable
from accord.web.request import gate, principal, unit
from accord.web.signing import fresh_session
from accord_auth.errors import Invalid
from accord_auth.permissions import Permission
from accord_config.database import NOBODY
from accord_sdk.words import allowance

blueprint = ApiBlueprint(
    "api_plugin_versions", __name__, description="Plugins that members publish, and what becomes of them."
)

LONGEST_REASON = 500
FILES = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["wheel"],
                    "properties": {
                        "wheel": {"type": "string", "format": "binary"},
                        "wheelhouse": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                }
            }
        },
    }
}
_WHY: list[Callable[[str], Any]] = [validate.Length(1, LONGEST_REASON), storable]


class WhyBody(Strict):
    """Why; it stands in the audit log."""

    reason = fields.String(required=True, validate=_WHY)


class ApprovalBody(Strict):
    """What a version is allowed: no more than it asks for."""

    reads = fields.List(fields.String(validate=[validate.Length(1, 40), storable]), required=True)
    calls = fields.List(fields.String(validate=[validate.Length(1, 260), storable]), required=True)
    ceiling = fields.Enum(Marking, by_value=True, required=True)
    until = fields.AwareDateTime(load_default=None, allow_none=True)


class AdvisoryBody(Strict):
    """What nothing may run with: a wheel's sha256, or a distribution with a range such as `requests<2.32`."""

    about = fields.String(required=True, validate=[validate.Length(1, 200), storable])
    reason = fields.String(required=True, validate=_WHY)


class VersionReply(Schema):
    """A published version: what it asks for, what it was granted, how far it is."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    version = fields.String(required=True)
    publisher = fields.String(required=True)
    state = fields.Enum(VersionState, by_value=True, required=True)
    current = fields.Boolean(required=True)
    problem = fields.String(required=True)
    sha256 = fields.String(required=True)
    asks = fields.String(required=True)
    manifest = fields.Dict(required=True)
    granted = fields.Dict(required=True, allow_none=True)
    approved_until = fields.AwareDateTime(required=True, allow_none=True)
    published_at = fields.AwareDateTime(required=True)
    checks = fields.Dict(required=True)
    lock = fields.String(required=True)


class VersionsReply(Schema):
    """The versions that one sees, the newest first."""

    items = fields.List(fields.Nested(VersionReply), required=True)


class ApprovalReply(VersionReply):
    """A version after an approval; `missing` says how many more admins have to approve the same."""

    missing = fields.Integer(required=True)


class StoppedReply(VersionReply):
    """A version that was stopped, and what the workers reported."""

    stopped_workers = fields.Integer(required=True)
    stopped_processes = fields.Integer(required=True)
    stopped_milliseconds = fields.Float(required=True)


class AdvisedReply(Schema):
    """The versions that an advisory suspended."""

    suspended = fields.List(fields.Nested(VersionReply), required=True)


@blueprint.get("/plugin-versions")
@problems(blueprint)
@blueprint.response(200, VersionsReply)
def version_list() -> Values:
    """The versions of the own organisation, or of all where the platform asks."""
    with gate().transaction(NOBODY) as session:
        return {"items": [_reply(one) for one in versions.versions_seen(session, principal())]}


@blueprint.post("/plugin-versions")
@problems(blueprint, 400, 409, 413)
@blueprint.doc(**FILES)
@blueprint.response(201, VersionReply)
def publish() -> Values:
    """Publish a wheel, with the wheels of what it requires (`wheelhouse`), as multipart/form-data."""
    who = principal()
    who.require(Permission.PLUGINS_PUBLISH)
    unknown = sorted({*request.files, *request.form} - {"wheel", "wheelhouse"})
    if unknown or request.args:
        names = [*unknown, *request.args]
        raise Invalid("some fields cannot be used", {name: ["Unknown field."] for name in names})
    wheel = request.files.get("wheel")
    if wheel is None or not wheel.filename:
        raise Invalid("some fields cannot be used", {"wheel": ["send the wheel as a file with its name"]})
    others = {one.filename: one.read() for one in request.files.getlist("wheelhouse") if one.filename}
    with gate().transaction(NOBODY) as session:
        made = versions.publish(session, who, wheel.filename, wheel.read(), others)
        return _reply(versions.find_version(session, who, made.id))


@blueprint.get("/plugin-versions/<uuid:version_id>")
@problems(blueprint, 404)
@blueprint.response(200, VersionReply)
def version(version_id: UUID) -> Values:
    """One version."""
    with gate().transaction(NOBODY) as session:
        return _reply(versions.find_version(session, principal(), version_id))


@blueprint.post("/plugin-versions/<uuid:version_id>/approval")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(ApprovalBody)
@blueprint.response(200, ApprovalReply)
def approve(body: Values, version_id: UUID) -> Values:
    """Approve a version; two admins approve the same where it reaches the network or sees TLP:RED."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    allowed = Allowed(tuple(body["reads"]), tuple(body["calls"]), body["ceiling"])
    with gate().transaction(NOBODY) as session:
        done = deciding.approve(session, who, version_id, allowed, body["until"])
        return _reply(versions.find_version(session, who, version_id)) | {"missing": done.missing}


@blueprint.post("/plugin-versions/<uuid:version_id>/refusal")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(WhyBody)
@blueprint.response(200, VersionReply)
def refuse(body: Values, version_id: UUID) -> Values:
    """Refuse a version; its publisher reads the reason."""
    with gate().transaction(NOBODY) as session:
        deciding.refuse(session, principal(), version_id, body["reason"])
        return _reply(versions.find_version(session, principal(), version_id))


@blueprint.post("/plugin-versions/<uuid:version_id>/suspension")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(WhyBody)
@blueprint.response(200, StoppedReply)
def suspend(body: Values, version_id: UUID) -> Values:
    """Stop a version at once, on every worker."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    with gate().transaction(NOBODY) as session:
        _, stop_id = deciding.suspend(session, who, version_id, body["reason"])
    return _stopped(version_id, wait_for_stop(gate(), stop_id))


@blueprint.post("/plugin-versions/<uuid:version_id>/resumption")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(WhyBody)
@blueprint.response(200, VersionReply)
def resume(body: Values, version_id: UUID) -> Values:
    """Let a suspended version run again, as it was approved."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    with gate().transaction(NOBODY) as session:
        deciding.resume(session, who, version_id, body["reason"])
        return _reply(versions.find_version(session, who, version_id))


@blueprint.post("/plugin-versions/<uuid:version_id>/withdrawal")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(WhyBody)
@blueprint.response(200, StoppedReply)
def withdraw(body: Values, version_id: UUID) -> Values:
    """Take a version back; one that runs stops at once."""
    with gate().transaction(NOBODY) as session:
        _, stop_id = versions.withdraw(session, principal(), version_id, body["reason"])
    stopped = wait_for_stop(gate(), stop_id) if stop_id is not None else Stopped(0, 0, 0.0)
    return _stopped(version_id, stopped)


@blueprint.post("/plugin-versions/<uuid:version_id>/comparison")
@problems(blueprint, 404, 409)
@blueprint.response(200, VersionReply)
def compare(version_id: UUID) -> Values:
    """Have this version and the one that runs look at the organisation's last records."""
    who = principal()
    who.require(Permission.PLUGINS_PUBLISH)
    with gate().transaction(NOBODY) as session:
        found = versions.find_version(session, who, version_id)
        changing.require_promotable(session, found)
        reply = _reply(found)
    trials.ask_for_trial(unit(), who, found.version.name, TrialKind.SHADOW, version_id)
    return reply


@blueprint.post("/plugin-versions/<uuid:version_id>/promotion")
@problems(blueprint, 404, 409)
@blueprint.response(200, VersionReply)
def promote(version_id: UUID) -> Values:
    """Let a version that asks for no more run in place of the one that does, once both were compared."""
    who = principal()
    who.require(Permission.PLUGINS_PUBLISH)
    with gate().transaction(NOBODY) as session:
        found = versions.find_version(session, who, version_id)
        compared = trials.compared(unit(), who, found.version) is not None
        changing.promote(session, who, version_id, compared=compared)
        return _reply(versions.find_version(session, who, version_id))


@blueprint.post("/plugin-versions/<uuid:version_id>/roll-back")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(WhyBody)
@blueprint.response(200, VersionReply)
def roll_back(body: Values, version_id: UUID) -> Values:
    """Let the version before this one run again; gives that one."""
    with gate().transaction(NOBODY) as session:
        before = changing.roll_back(session, principal(), version_id, body["reason"])
        return _reply(versions.find_version(session, principal(), before.id))


@blueprint.post("/plugin-advisories")
@problems(blueprint, 400, 413, 415)
@blueprint.arguments(AdvisoryBody)
@blueprint.response(201, AdvisedReply)
def advise(body: Values) -> Values:
    """Suspend every version that uses a wheel or a distribution."""
    principal().require(Permission.PLUGINS_APPROVE)
    who = fresh_session().principal
    with gate().transaction(NOBODY) as session:
        done = advisories.advise(session, who, body["about"], body["reason"])
        return {"suspended": [_reply(one) for one in done.suspended]}


def _stopped(version_id: UUID, stopped: Stopped) -> Values:
    with gate().transaction(NOBODY) as session:
        reply = _reply(versions.find_version(session, principal(), version_id))
    return reply | {
        "stopped_workers": stopped.workers,
        "stopped_processes": stopped.processes,
        "stopped_milliseconds": stopped.milliseconds,
    }


def _reply(one: Published) -> Values:
    found = one.version
    return {
        "id": found.id,
        "name": found.name,
        "version": found.version,
        "publisher": one.organisation.slug,
        "state": VersionState(found.state),
        "current": found.is_current,
        "problem": found.problem,
        "sha256": found.digest,
        "asks": allowance(one.manifest, "a member"),
        "manifest": found.manifest,
        "granted": found.granted,
        "approved_until": found.approved_until,
        "published_at": found.published_at,
        "checks": found.checks,
        "lock": found.lock,
    }
