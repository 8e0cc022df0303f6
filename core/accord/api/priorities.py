"""Versions of the priorities by the API."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.caseload import priority_versions as service
from accord.caseload.priority_versions import PUBLISHED, Version
from accord.web.fields import storable
from accord.web.request import principal, unit

blueprint = ApiBlueprint(
    "api_priorities", __name__, description="What each indicator weighs, and fitting that to verdicts."
)

LONGEST_NAME = 20


_NAME: list[Any] = [validate.Length(1, LONGEST_NAME), storable]


class VersionBody(Strict):
    """The version to use: `published`, or a fitted one such as `fit-1`."""

    version = fields.String(required=True, validate=_NAME)


class CompareQuery(Strict):
    """Two versions: the one in use and the newest unless others are named."""

    before = fields.String(load_default=None, validate=_NAME)
    after = fields.String(load_default=None, validate=_NAME)


class FiguresReply(Schema):
    """How a version orders decided leads, each judged by weights that were fitted without it."""

    leads = fields.Integer(required=True)
    confirmed = fields.Integer(required=True)
    precision_at_20 = fields.Float(required=True)
    ndcg_at_50 = fields.Float(required=True)
    false_flags = fields.Integer(required=True)
    first = fields.Integer(required=True)
    log_loss = fields.Float(required=True)


class StepReply(Schema):
    """Decided leads whose sums lie between two bounds, and the chance that such a lead is confirmed."""

    low = fields.Float(required=True)
    high = fields.Float(required=True)
    leads = fields.Integer(required=True)
    confirmed = fields.Integer(required=True)
    chance = fields.Float(required=True)
    least = fields.Float(required=True)
    most = fields.Float(required=True)


class PriorityVersionReply(Schema):
    """A version. `published_version` is the published one that it is, or was held near to."""

    name = fields.String(required=True)
    in_use = fields.Boolean(required=True)
    published_version = fields.Integer(attribute="anchor", required=True)
    bias = fields.Float(attribute="weights.bias", required=True)
    unlisted = fields.Float(attribute="weights.unlisted", required=True)
    weights = fields.Dict(
        keys=fields.String(), values=fields.Float(), attribute="weights.weights", required=True
    )
    sources = fields.Dict(
        keys=fields.String(), values=fields.String(), attribute="weights.sources", required=True
    )
    fitted_at = fields.AwareDateTime(required=True, allow_none=True)
    fitted_by = fields.String(required=True)
    figures = fields.Nested(FiguresReply, required=True, allow_none=True)
    published_figures = fields.Nested(FiguresReply, required=True, allow_none=True)
    steps = fields.List(fields.Nested(StepReply), required=True)


class PrioritiesReply(Schema):
    """The versions, the published one first, then the newest."""

    items = fields.List(fields.Nested(PriorityVersionReply), required=True)


class MovedReply(Schema):
    """A lead and its ranks by the two versions."""

    lead_id = fields.UUID(required=True)
    title = fields.String(required=True)
    before = fields.Integer(required=True)
    after = fields.Integer(required=True)


class CompareReply(Schema):
    """Leads that would stand elsewhere, those that move most first, of the 2,000 highest."""

    before = fields.String(required=True)
    after = fields.String(required=True)
    items = fields.List(fields.Nested(MovedReply), required=True)


@blueprint.get("/priorities")
@problems(blueprint)
@blueprint.response(200, PrioritiesReply)
def shown() -> Values:
    """The versions and their weights."""
    return {"items": service.versions(unit(), principal())}


@blueprint.get("/priorities/compare")
@problems(blueprint, 404)
@blueprint.arguments(CompareQuery, location="query")
@blueprint.response(200, CompareReply)
def compare(query: Values) -> Values:
    """Where leads stand by two versions."""
    known = service.versions(unit(), principal())
    before = query["before"] or next(one.name for one in known if one.in_use)
    after = query["after"] or (known[1].name if len(known) > 1 else PUBLISHED)
    ends = [service.find_version(unit(), principal(), name) for name in (before, after)]
    return {"before": before, "after": after, "items": service.moved(unit(), principal(), *ends)}


@blueprint.post("/priorities/fits")
@problems(blueprint, 409)
@blueprint.response(202)
def fit() -> None:
    """Have a worker fit a version to the verdicts. Nothing uses it by that."""
    service.request_fit(unit(), principal())


@blueprint.put("/priorities/in-use")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(VersionBody)
@blueprint.response(200, PriorityVersionReply)
def use(body: Values) -> Version:
    """Rank by a version from now on; a worker ranks the leads there are anew."""
    return service.use(unit(), principal(), body["version"])
