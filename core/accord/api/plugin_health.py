"""Plugins by the API: what there are, how they are doing, what they could not look at."""

from __future__ import annotations

from collections.abc import Mapping

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Values
from accord.caseload.plugin_precision import Precision, precisions
from accord.detection import operating
from accord.detection.measuring import Health, health_of
from accord.detection.operating import Parked, PluginState
from accord.detection.progress import Progress, progress
from accord.host.reasons import REASONS, UNKNOWN, Stop
from accord.web.request import principal, unit

blueprint = ApiBlueprint(
    "api_plugin_health", __name__, description="Plugins: what there are, and how they are doing."
)


class StopReply(Schema):
    """Why something stopped: the same words on the pages and the command line."""

    code = fields.String(required=True, validate=validate.OneOf([*REASONS, UNKNOWN.code]))
    words = fields.String(required=True)
    about = fields.String(
        required=True, metadata={"description": "The file, field or limit that is responsible."}
    )
    message = fields.String(required=True)
    next_step = fields.String(required=True)


class CardReply(Schema):
    """A plugin's model card."""

    purpose = fields.String(required=True)
    data = fields.String(required=True)
    limits = fields.String(required=True)
    licence = fields.String(required=True)
    contact = fields.String(required=True)


class HealthReply(Schema):
    """Numbers of the last seven days; seconds of wall time for one call."""

    calls = fields.Integer(required=True)
    failures = fields.Integer(required=True)
    records = fields.Integer(required=True)
    findings = fields.Integer(required=True)
    findings_per_thousand = fields.Float(required=True)
    failed_records = fields.Integer(required=True)
    skipped_records = fields.Integer(required=True)
    p50_s = fields.Float(required=True)
    p95_s = fields.Float(required=True)
    memory_kb = fields.Integer(allow_none=True)


class PrecisionReply(Schema):
    """Findings in leads with a verdict of your organisation's, and how many leads these are.

    `precision` is the part in confirmed ones; null where nothing is decided, or you do not read leads.
    """

    confirmed = fields.Integer(required=True)
    others = fields.Integer(required=True)
    confirmed_leads = fields.Integer(required=True)
    other_leads = fields.Integer(required=True)
    precision = fields.Float(attribute="share", required=True, allow_none=True)


class ProgressReply(Schema):
    """How far a detector is. `others` are not for it: marked above its ceiling, or from before it started."""

    plugin = fields.String(required=True)
    records = fields.Integer(required=True, metadata={"description": "All there are."})
    looked = fields.Integer(required=True)
    skipped = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    others = fields.Integer(required=True)


class ProgressListReply(Schema):
    """How far detectors are, by name."""

    items = fields.List(fields.Nested(ProgressReply), required=True)


class PluginReply(Schema):
    """A plugin, and how the organisation's use of it is doing."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    version = fields.String(required=True)
    publisher = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The member that offers it; null: it is installed beside Accord."},
    )
    card = fields.Nested(CardReply, required=True)
    state = fields.String(required=True, validate=validate.OneOf(operating.STATES))
    slow = fields.Boolean(required=True)
    stop = fields.Nested(StopReply, allow_none=True)
    tried_again_at = fields.AwareDateTime(allow_none=True)
    waiting = fields.Integer(required=True)
    parked = fields.Integer(required=True)
    health = fields.Nested(HealthReply, required=True)
    verdicts = fields.Nested(PrecisionReply, required=True)


class PluginsReply(Schema):
    """The plugins of the installation."""

    items = fields.List(fields.Nested(PluginReply), required=True)


class ParkedReply(Schema):
    """A record that a plugin could not look at."""

    record_id = fields.Integer(required=True)
    external_id = fields.String(required=True)
    source = fields.String(required=True)
    plugin = fields.String(required=True)
    version = fields.String(required=True)
    digest = fields.String(required=True)
    stop = fields.Nested(StopReply, required=True)
    tries = fields.Integer(required=True)
    parked_at = fields.AwareDateTime(required=True)


class ParkedListReply(Schema):
    """Records that a plugin could not look at, the newest first; at most 100."""

    items = fields.List(fields.Nested(ParkedReply), required=True)


class CountReply(Schema):
    """How many records are looked at again."""

    records = fields.Integer(required=True)


@blueprint.get("/plugins")
@problems(blueprint)
@blueprint.response(200, PluginsReply)
def plugin_list() -> Values:
    """The plugins of the installation, by name."""
    health = health_of(unit(), principal().organisation_id)
    said = precisions(unit(), principal())
    states = operating.plugin_states(unit(), principal())
    return {"items": [_plugin(state, health, said) for state in states]}


@blueprint.get("/plugins/<name>")
@problems(blueprint, 404)
@blueprint.response(200, PluginReply)
def plugin(name: str) -> Values:
    """One plugin."""
    return _one(name)


@blueprint.get("/plugins/<name>/progress")
@problems(blueprint, 404)
@blueprint.response(200, ProgressListReply)
def plugin_progress(name: str) -> Values:
    """How far the plugin is with the organisation's records; empty where it looks at none for it."""
    operating.plugin_state(unit(), principal(), name)
    return {"items": progress(unit(), principal(), plugin=name)}


@blueprint.get("/plugins/<name>/parked")
@problems(blueprint, 404)
@blueprint.response(200, ParkedListReply)
def parked(name: str) -> Values:
    """The records that the plugin could not look at, and why."""
    operating.plugin_state(unit(), principal(), name)
    return {"items": [_parked(one) for one in operating.parked_records(unit(), principal(), name)]}


@blueprint.post("/plugins/<name>/parked/retry")
@problems(blueprint, 404)
@blueprint.response(200, CountReply)
def retry(name: str) -> Values:
    """Have the plugin look again at all that it could not look at."""
    return {"records": operating.retry_parked(unit(), principal(), name)}


@blueprint.post("/plugins/<name>/parked/<int:record_id>/retry")
@problems(blueprint, 404)
@blueprint.response(200, CountReply)
def retry_one(name: str, record_id: int) -> Values:
    """Have the plugin look again at one record."""
    return {"records": operating.retry_parked(unit(), principal(), name, record_id)}


@blueprint.post("/plugins/<name>/start")
@problems(blueprint, 404)
@blueprint.response(200, PluginReply)
def start(name: str) -> Values:
    """Call a plugin that rests, at once."""
    operating.start_again(unit(), principal(), name)
    return _one(name)


@blueprint.post("/plugins/<name>/rerun")
@problems(blueprint, 404)
@blueprint.response(200, CountReply)
def rerun(name: str) -> Values:
    """Have the plugin look at everything again; what it finds replaces what it found."""
    return {"records": operating.run_over_all(unit(), principal(), name)}


def stop_reply(stop: Stop) -> Values:
    """A stop as the API tells it."""
    return {
        "code": stop.reason.code,
        "words": stop.reason.words,
        "about": stop.about,
        "message": stop.message,
        "next_step": stop.reason.next_step,
    }


def progress_values(one: Progress) -> Values:
    """How far a detector is, as the command line tells it."""
    return {name: getattr(one, name) for name in ProgressReply().fields}


def health_values(found: Health) -> Values:
    """Numbers as API and command line tell them."""
    return {
        "calls": found.calls,
        "failures": found.failures,
        "records": found.records,
        "findings": found.findings,
        "findings_per_thousand": found.per_thousand,
        "failed_records": found.failed,
        "skipped_records": found.skipped,
        "p50_s": found.p50_s,
        "p95_s": found.p95_s,
        "memory_kb": found.memory_kb,
    }


def _one(name: str) -> Values:
    state = operating.plugin_state(unit(), principal(), name)
    health, said = health_of(unit(), principal().organisation_id), precisions(unit(), principal())
    return _plugin(state, health, said)


def _plugin(state: PluginState, health: Mapping[str, Health], said: Mapping[str, Precision]) -> Values:
    manifest = state.manifest
    return {
        "name": state.plugin.name,
        "title": manifest.title,
        "summary": manifest.summary,
        "version": state.plugin.version,
        "publisher": state.publisher.slug if state.publisher else None,
        "card": manifest.card,
        "state": state.state,
        "slow": state.circuit.slow,
        "stop": stop_reply(state.stop) if state.stop else None,
        "tried_again_at": state.circuit.until,
        "waiting": state.waiting,
        "parked": state.parked,
        "health": health_values(health.get(state.plugin.name, Health())),
        "verdicts": said.get(state.plugin.name, Precision()),
    }


def _parked(one: Parked) -> Values:
    values = {name: getattr(one, name) for name in ParkedReply().fields}
    return values | {"stop": stop_reply(one.stop)}
