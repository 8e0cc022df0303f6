"""Published plugin versions by the API: handed in, looked at, compared, taken back. On the gate's role."""

from __future__ import annotations

from uuid import UUID

from flask import request
from marshmallow import Schema, fields

from accord.api.blueprint import ApiBlueprint
from accord.api.plugin_decisions import act, stopped_values
from accord.api.plugin_use import TrialReply, trial_values
from accord.api.plugin_version_schemas import (
    FILES,
    StoppedReply,
    VersionReply,
    VersionReviewReply,
    VersionsReply,
    WhyBody,
    review_values,
    version_values,
)
from accord.api.problem import problems
from accord.api.schemas import Values
from accord.publishing import changing, trials, versions
from accord.publishing.review import review
from accord.publishing.stopping import Stopped, wait_for_stop
from accord.registry.models import TrialKind
from accord.web.request import gate, principal, unit
from accord_auth.errors import Invalid
from accord_auth.permissions import Permission
from accord_config.database import NOBODY

blueprint = ApiBlueprint(
    "api_plugin_versions", __name__, description="Plugins that members publish, and what becomes of them."
)


class ComparisonReply(Schema):
    """What came of the last comparison of the version with the one that runs; null: none was asked for."""

    comparison = fields.Nested(TrialReply, required=True, allow_none=True)


@blueprint.get("/plugin-versions")
@problems(blueprint)
@blueprint.response(200, VersionsReply)
def version_list() -> Values:
    """The versions of the own organisation, or of all where the platform asks."""
    with gate().transaction(NOBODY) as session:
        return {"items": [version_values(one) for one in versions.versions_seen(session, principal())]}


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
        return version_values(versions.find_version(session, who, made.id))


@blueprint.get("/plugin-versions/<uuid:version_id>")
@problems(blueprint, 404)
@blueprint.response(200, VersionReply)
def version(version_id: UUID) -> Values:
    """One version."""
    with gate().transaction(NOBODY) as session:
        return version_values(versions.find_version(session, principal(), version_id))


@blueprint.get("/plugin-versions/<uuid:version_id>/review")
@problems(blueprint, 404)
@blueprint.response(200, VersionReviewReply)
def read_review(version_id: UUID) -> Values:
    """Everything that the review page says: changes, dependencies, approvals, and what you may do."""
    who = principal()
    with gate().transaction(NOBODY) as session:
        return review_values(review(session, who, versions.find_version(session, who, version_id)))


@act(blueprint, "withdrawal", StoppedReply, body=WhyBody)
def withdraw(body: Values, version_id: UUID) -> Values:
    """Take a version back; one that runs stops at once."""
    with gate().transaction(NOBODY) as session:
        _, stop_id = versions.withdraw(session, principal(), version_id, body["reason"])
    stopped = wait_for_stop(gate(), stop_id) if stop_id is not None else Stopped(0, 0, 0.0)
    return stopped_values(version_id, stopped)


@act(blueprint, "comparison", VersionReply)
def compare(version_id: UUID) -> Values:
    """Have this version and the one that runs look at the organisation's last records."""
    who = principal()
    who.require(Permission.PLUGINS_PUBLISH)
    with gate().transaction(NOBODY) as session:
        found = versions.find_version(session, who, version_id)
        changing.prepare_comparison(session, who, found)
        values = version_values(found)
    trials.ask_for_trial(unit(), who, found.version.name, TrialKind.SHADOW, version_id)
    return values


@blueprint.get("/plugin-versions/<uuid:version_id>/comparison")
@problems(blueprint, 404)
@blueprint.response(200, ComparisonReply)
def comparison(version_id: UUID) -> Values:
    """What the version says anew, no more, or otherwise than the one that runs, and whether it is slower."""
    who = principal()
    who.require(Permission.PLUGINS_PUBLISH)
    with gate().transaction(NOBODY) as session:
        name = versions.find_version(session, who, version_id).version.name
    found = trials.trial_of(unit(), who, name, TrialKind.SHADOW)
    about_it = found is not None and found.version_id == version_id
    return {"comparison": trial_values(found) if found is not None and about_it else None}


@act(blueprint, "promotion", VersionReply)
def promote(version_id: UUID) -> Values:
    """Let a version that asks for no more run in place of the one that does, once both were compared."""
    who = principal()
    who.require(Permission.PLUGINS_PUBLISH)
    with gate().transaction(NOBODY) as session:
        found = versions.find_version(session, who, version_id)
        compared = trials.compared(unit(), who, found.version)
        configured = trials.configured(unit(), who, found.version.name)
        changing.promote(session, who, version_id, compared, configured)
        return version_values(versions.find_version(session, who, version_id))
