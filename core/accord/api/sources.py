"""Sources by the API: what there are, pulling, back-fill, schedules, taking records out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.plugin_health import StopReply, stop_reply
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.detection.operating import Stop
from accord.host.reasons import reason_of
from accord.ingestion.schemas import LONGEST_ID
from accord.markings import Marking
from accord.sources import listing, service
from accord.sources.clock import seconds
from accord.sources.scheduling import LONGEST_CRON, set_schedule
from accord.web.fields import storable
from accord.web.request import principal, unit

blueprint = ApiBlueprint("api_sources", __name__, description="Where records come from.")

MOST_WITHDRAWN = 1_000


class SourceReply(Schema):
    """A source as its organisation sees it; settings are not shown here."""

    slug = fields.String(required=True)
    plugin = fields.String(allow_none=True)
    plugin_source = fields.String(allow_none=True)
    marking = fields.String(required=True, validate=validate.OneOf([*Marking]))
    records = fields.Integer(required=True)
    schedule = fields.String(required=True)
    pulling = fields.Boolean(required=True)
    last_pull_at = fields.AwareDateTime(allow_none=True)
    next_pull_at = fields.AwareDateTime(allow_none=True)
    failures = fields.Integer(required=True)
    stop = fields.Nested(StopReply, allow_none=True)


class SourcesReply(Schema):
    """The organisation's sources, by slug."""

    items = fields.List(fields.Nested(SourceReply), required=True)


class PullReply(Schema):
    """A pull that a worker will make."""

    id = fields.Integer(required=True)
    backfill = fields.Boolean(required=True)


class ScheduleBody(Strict):
    """When a source is pulled by itself: an interval, or a line of cron (UTC); neither: only when asked."""

    every = fields.String(load_default=None, allow_none=True, validate=[validate.Length(1, 12), storable])
    cron = fields.String(
        load_default=None, allow_none=True, validate=[validate.Length(1, LONGEST_CRON), storable]
    )


class WithdrawBody(Strict):
    """The records to take out."""

    external_ids = fields.List(
        fields.String(validate=[validate.Length(1, LONGEST_ID), storable]),
        required=True,
        validate=validate.Length(1, MOST_WITHDRAWN),
    )


class WithdrawReply(Schema):
    """How many records are taken out."""

    records = fields.Integer(required=True)


@blueprint.get("/sources")
@problems(blueprint)
@blueprint.response(200, SourcesReply)
def source_list() -> Values:
    """The sources of the organisation."""
    return {"items": [_source(one) for one in listing.list_sources(unit(), principal())]}


@blueprint.get("/sources/<slug>")
@problems(blueprint, 404)
@blueprint.response(200, SourceReply)
def source(slug: str) -> Values:
    """One source."""
    return _one(slug)


@blueprint.post("/sources/<slug>/pull")
@problems(blueprint, 404)
@blueprint.response(202, PullReply)
def pull(slug: str) -> Values:
    """Ask for what is new in a source."""
    asked = service.request_pull(unit(), principal(), slug, once=False)
    return {"id": asked.id, "backfill": False}


@blueprint.post("/sources/<slug>/backfill")
@problems(blueprint, 404)
@blueprint.response(202, PullReply)
def backfill(slug: str) -> Values:
    """Ask for everything from the source's start; what is known changes nothing."""
    asked = service.request_pull(unit(), principal(), slug, backfill=True, once=False)
    return {"id": asked.id, "backfill": True}


@blueprint.put("/sources/<slug>/schedule")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(ScheduleBody)
@blueprint.response(200, SourceReply)
def schedule(body: Values, slug: str) -> Values:
    """Say when a source is pulled by itself."""
    every_s = seconds(body["every"]) if body["every"] is not None else None
    set_schedule(unit(), principal(), slug, every_s=every_s, cron=body["cron"])
    return _one(slug)


@blueprint.post("/sources/<slug>/withdrawals")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(WithdrawBody)
@blueprint.response(202, WithdrawReply)
def withdraw(body: Values, slug: str) -> Values:
    """Take records out, with all that was found in them; their leads are looked at anew."""
    count = service.withdraw_records(unit(), principal(), slug, body["external_ids"], once=False)
    return {"records": count}


def _one(slug: str) -> Values:
    service.source_by_slug(unit(), principal(), slug)
    (found,) = [one for one in listing.list_sources(unit(), principal()) if one.slug == slug]
    return _source(found)


def _source(one: listing.Listed) -> Values:
    stop = Stop(reason_of(one.last_code), one.last_about, one.last_error) if one.last_error else None
    shown = {name: getattr(one, name) for name in SourceReply().fields if name != "stop"}
    return shown | {"stop": stop_reply(stop) if stop else None}
