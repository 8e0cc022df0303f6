"""What the API says of published plugin versions, and what it takes about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import Schema, fields, validate

from accord.api.plugin_health import StopReply, stop_reply
from accord.api.schemas import Strict, Values
from accord.markings import Marking
from accord.publishing.grant_checks import left_out, stop_of
from accord.publishing.review import Reviewed, environment_of
from accord.publishing.versions import Published
from accord.registry.advised import about
from accord.registry.grants import Allowed
from accord.registry.models import PluginAdvisory, PluginGrantCheck, VersionState
from accord.registry.stops import stop_of_version
from accord.web.fields import storable
from accord_sdk.words import allowance, disclosures

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


class GrantsBody(Strict):
    """What a version is allowed: no more than it asks for."""

    reads = fields.List(fields.String(validate=[validate.Length(1, 40), storable]), required=True)
    calls = fields.List(fields.String(validate=[validate.Length(1, 260), storable]), required=True)
    ceiling = fields.Enum(Marking, by_value=True, required=True)


class ApprovalBody(GrantsBody):
    """What a version is allowed, and until when; without an end where nothing is said."""

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
    stop = fields.Nested(StopReply, required=True, allow_none=True)
    sha256 = fields.String(required=True)
    asks = fields.String(required=True)
    manifest = fields.Dict(required=True)
    granted = fields.Dict(required=True, allow_none=True)
    approved_until = fields.AwareDateTime(required=True, allow_none=True)
    published_at = fields.AwareDateTime(required=True)
    checks = fields.Dict(required=True)
    lock = fields.String(required=True)


class ChangesReply(Schema):
    """What differs from the version that was approved last; `code` is a unified diff."""

    since = fields.String(required=True)
    asks_more = fields.List(fields.String(), required=True)
    asks_less = fields.List(fields.String(), required=True)
    dependencies = fields.List(fields.String(), required=True)
    code = fields.List(fields.String(), required=True)
    cut = fields.Boolean(required=True)


class DependencyReply(Schema):
    """What the environment holds beside the plugin."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    comes_from = fields.String(required=True)


class ApprovedReply(Schema):
    """An approval that counts."""

    person = fields.String(required=True)
    granted = fields.Dict(required=True)
    until = fields.AwareDateTime(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)


class VersionReviewReply(VersionReply):
    """Everything that the review page says. `actions` are those that you may take now."""

    approvals = fields.List(fields.Nested(ApprovedReply), required=True)
    approvals_needed = fields.Integer(required=True)
    changes = fields.Nested(ChangesReply, required=True, allow_none=True)
    dependencies = fields.List(fields.Nested(DependencyReply), required=True)
    discloses = fields.List(fields.String(), required=True)
    not_decided = fields.String(required=True)
    not_promoted = fields.String(required=True)
    rolls_back_to = fields.String(required=True)
    actions = fields.List(fields.String(), required=True)


class GrantCheckReply(Schema):
    """Whether the contract holds with fewer grants; `asked`: nothing is left out."""

    id = fields.UUID(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(["asked", "checking", "holds", "fails"]))
    left_out = fields.String(required=True)
    stop = fields.Nested(StopReply, required=True, allow_none=True)
    steps = fields.List(fields.Dict(), required=True)


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


class AdvisoryReply(Schema):
    """What nothing may run with, unless it is withdrawn (`withdrawn_at`)."""

    id = fields.UUID(required=True)
    about = fields.String(required=True)
    reason = fields.String(required=True)
    by = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    withdrawn_at = fields.AwareDateTime(required=True, allow_none=True)
    withdrawn_by = fields.String(required=True)
    withdrawn_reason = fields.String(required=True)


class AdvisoriesReply(Schema):
    """Every advisory, the newest first."""

    items = fields.List(fields.Nested(AdvisoryReply), required=True)


class ConcernedReply(Schema):
    """A version that an advisory is about, published or installed beside Accord."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    state = fields.String(
        required=True,
        metadata={
            "description": "Of a published version its state; of a plugin beside Accord `approved`,"
            " `suspended`, `missing`, or `replaced` where another is installed now."
        },
    )
    held = fields.Boolean(
        required=True, metadata={"description": "Whether it is suspended because of this advisory."}
    )
    version_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Of a published version."}
    )


class TaintedReply(Schema):
    """A finding of such a version; contact values are masked."""

    source = fields.String(required=True)
    external_id = fields.String(required=True)
    plugin = fields.String(required=True)
    version = fields.String(required=True)
    kind = fields.String(required=True)
    shown = fields.String(required=True)
    field = fields.String(required=True)


class OneAdvisoryReply(AdvisoryReply):
    """An advisory, the versions that it is about, and what they found for the own organisation.

    `records` counts the records with such findings; null for who sees no records.
    """

    versions = fields.List(fields.Nested(ConcernedReply), required=True)
    records = fields.Integer(required=True, allow_none=True)
    findings = fields.List(fields.Nested(TaintedReply), required=True)


class AdvisedReply(Schema):
    """The advisory's id, what it suspended, and what the workers reported.

    `suspended` are versions that members published, `installed` plugins beside Accord.
    """

    id = fields.UUID(required=True)
    suspended = fields.List(fields.Nested(VersionReply), required=True)
    installed = fields.List(fields.String(), required=True)
    stopped_workers = fields.Integer(required=True)
    stopped_processes = fields.Integer(required=True)
    stopped_milliseconds = fields.Float(required=True)


def advisory_values(one: PluginAdvisory) -> Values:
    """An advisory as API and command line tell it."""
    return {
        "id": one.id,
        "about": about(one),
        "reason": one.reason,
        "by": one.person_name,
        "at": one.at,
        "withdrawn_at": one.withdrawn_at,
        "withdrawn_by": one.withdrawn_name,
        "withdrawn_reason": one.withdrawn_reason,
    }


def version_values(one: Published) -> Values:
    """A version as API and command line tell it."""
    found, stop = one.version, stop_of_version(one.version)
    return {
        "id": found.id,
        "name": found.name,
        "version": found.version,
        "publisher": one.organisation.slug,
        "state": VersionState(found.state),
        "current": found.is_current,
        "problem": found.problem,
        "stop": stop_reply(stop) if stop else None,
        "sha256": found.digest,
        "asks": allowance(one.manifest, "a member"),
        "manifest": found.manifest,
        "granted": found.granted,
        "approved_until": found.approved_until,
        "published_at": found.published_at,
        "checks": found.checks,
        "lock": found.lock,
    }


def review_values(reviewed: Reviewed) -> Values:
    """Everything that the review page says, as API and command line tell it."""
    found = reviewed.found
    return version_values(found) | {
        "approvals": [
            {"person": one.person_name, "granted": one.granted, "until": one.until, "at": one.at}
            for one in reviewed.approvals
        ],
        "approvals_needed": reviewed.asked.approvals_needed,
        "changes": reviewed.changes,
        "dependencies": [
            dict(zip(("name", "version", "comes_from"), one, strict=True))
            for one in (environment_of(found.version) if found.version.lock else ())
        ],
        "discloses": disclosures(found.manifest),
        "not_decided": reviewed.excluded,
        "not_promoted": reviewed.not_promoted,
        "rolls_back_to": reviewed.before.version if reviewed.before else "",
        "actions": sorted(reviewed.actions),
    }


def grant_check_values(found: Published, known: PluginGrantCheck | None) -> Values:
    """Whether the contract holds with some grants."""
    if known is None:
        return {"id": None, "state": "asked", "left_out": "", "stop": None, "steps": []}
    stop = stop_of(known)
    done = "fails" if stop else "holds"
    return {
        "id": known.id,
        "state": done if known.done_at else "checking",
        "left_out": left_out(found.manifest, Allowed.kept(known.granted)),
        "stop": stop_reply(stop) if stop else None,
        "steps": known.result.get("steps", []),
    }
