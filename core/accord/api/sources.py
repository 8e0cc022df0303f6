"""Sources by the API: what there are, pulling, back-fill, schedules, taking records out."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.plugin_health import ProgressListReply, StopReply, stop_reply
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.detection.progress import progress
from accord.ingestion.schemas import LONGEST_ID
from accord.markings import Marking
from accord.publishing.use_pages import seals
from accord.sources import listing, service
from accord.sources.clock import seconds
from accord.sources.configuration import as_texts
from accord.sources.rejects import newest_rejects
from accord.sources.scheduling import LONGEST_CRON, set_schedule
from accord.web.fields import storable
from accord.web.request import principal, unit

blueprint = ApiBlueprint("api_sources", __name__, description="Where records come from.")

MOST_WITHDRAWN = 1_000
MOST_REJECTS = 200


class SourceReply(Schema):
    """A source as its organisation sees it; secret settings are hidden."""

    slug = fields.String(required=True)
    plugin = fields.String(allow_none=True)
    plugin_source = fields.String(allow_none=True)
    marking = fields.String(required=True, validate=validate.OneOf([*Marking]))
    settings = fields.Dict(required=True)
    records = fields.Integer(required=True)
    schedule = fields.String(required=True)
    pulling = fields.Boolean(required=True)
    last_pull_at = fields.AwareDateTime(allow_none=True)
    next_pull_at = fields.AwareDateTime(allow_none=True)
    failures = fields.Integer(required=True)
    stop = fields.Nested(StopReply, allow_none=True)


class SourceBody(Strict):
    """A source of a plugin: `settings` are those that the plugin's manifest names."""

    slug = fields.String(required=True, validate=[validate.Length(1, 40), storable])
    plugin = fields.String(required=True, validate=[validate.Length(1, 40), storable])
    plugin_source = fields.String(
        load_default=None, allow_none=True, validate=[validate.Length(1, 100), storable]
    )
    marking = fields.Enum(Marking, by_value=True, load_default=Marking.AMBER)
    settings = fields.Dict(keys=fields.String(validate=validate.Length(1, 100)), load_default=dict)


class OnePullReply(Schema):
    """One pull: what it brought, and with which reason code it ended early."""

    id = fields.Integer(required=True)
    backfill = fields.Boolean(required=True)
    requested_at = fields.AwareDateTime(required=True)
    started_at = fields.AwareDateTime(required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    progress = fields.String(required=True)
    read = fields.Integer(required=True)
    stored = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    rejected = fields.Integer(required=True)
    removed = fields.Integer(required=True)
    code = fields.String(required=True)
    about = fields.String(required=True)
    error = fields.String(required=True, allow_none=True)


class PullsReply(Schema):
    """The last pulls of a source, the newest first."""

    items = fields.List(fields.Nested(OnePullReply), required=True)


class SourceRejectReply(Schema):
    """Something that a source gave and that is no record: where it stood, and why."""

    position = fields.String(required=True)
    external_id = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


class RejectsReply(Schema):
    """The newest rejects of a source, the newest first."""

    items = fields.List(fields.Nested(SourceRejectReply), required=True)


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


@blueprint.post("/sources")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(SourceBody)
@blueprint.response(201, SourceReply)
def add(body: Values) -> Values:
    """Add a source of a plugin. One whose plugin reads a folder of the host is an operator's to add."""
    service.add_source(
        unit(),
        principal(),
        seals(),
        body["slug"],
        plugin=body["plugin"],
        plugin_source=body["plugin_source"],
        marking=body["marking"],
        settings={name: as_texts(value) for name, value in body["settings"].items()},
    )
    return _one(body["slug"])


@blueprint.delete("/sources/<slug>")
@problems(blueprint, 404, 409)
@blueprint.response(204)
def remove(slug: str) -> None:
    """Remove a source that holds no records."""
    service.remove_source(unit(), principal(), slug, lock=False)


@blueprint.get("/sources/<slug>/pulls")
@problems(blueprint, 404)
@blueprint.response(200, PullsReply)
def pulls(slug: str) -> Values:
    """The last pulls of a source, the newest first."""
    return {"items": service.pulls_of(unit(), service.source_by_slug(unit(), principal(), slug))}


@blueprint.get("/sources/<slug>/rejects")
@problems(blueprint, 404)
@blueprint.response(200, RejectsReply)
def rejects(slug: str) -> Values:
    """What a source gave that is no record, and why; the newest 200."""
    found = service.source_by_slug(unit(), principal(), slug)
    return {"items": newest_rejects(unit(), found, MOST_REJECTS)}


@blueprint.get("/sources/<slug>")
@problems(blueprint, 404)
@blueprint.response(200, SourceReply)
def source(slug: str) -> Values:
    """One source."""
    return _one(slug)


@blueprint.get("/sources/<slug>/progress")
@problems(blueprint, 404)
@blueprint.response(200, ProgressListReply)
def source_progress(slug: str) -> Values:
    """How far the organisation's detectors are with the records of a source."""
    found = service.source_by_slug(unit(), principal(), slug)
    return {"items": progress(unit(), principal(), source_id=found.id)}


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
    stop = listing.stop_of_source(one)
    names = SourceReply().fields.keys() - {"stop", "settings"}
    shown = {name: getattr(one, name) for name in names} | {"settings": one.config}
    return shown | {"stop": stop_reply(stop) if stop else None}
