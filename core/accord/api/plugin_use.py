"""An organisation's use of a plugin by the API: settings, trials, start and stop."""

from __future__ import annotations

from uuid import UUID

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.plugin_health import StopReply, stop_reply
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.publishing import activating, going_back, trials
from accord.publishing.activating import Offered
from accord.publishing.stopping import wait_for_stop
from accord.publishing.use_pages import seals
from accord.registry.models import PluginTrial, TrialKind
from accord.registry.settings import names_of
from accord.registry.stops import stop_of_trial
from accord.web.request import gate, principal, unit
from accord.web.signing import fresh_session
from accord_auth.permissions import Permission
from accord_config.database import NOBODY

blueprint = ApiBlueprint("api_plugin_use", __name__, description="An organisation's use of a plugin.")
TRIALS = (TrialKind.CONNECTION, TrialKind.DRAFT)


class SettingsBody(Strict):
    """The plugin's settings; a secret one that is left out stays as it is."""

    settings = fields.Dict(keys=fields.String(validate=validate.Length(1, 100)), required=True)


class TrialBody(Strict):
    """What to try: `connection` starts it with its settings, `draft` has it look at the last 100 records."""

    kind = fields.String(required=True, validate=validate.OneOf([*TRIALS]))


class UseReply(Schema):
    """The use of a plugin. Secret settings are named and never shown. `stop`: why it runs for nobody."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    active = fields.Boolean(required=True)
    stop = fields.Nested(StopReply, required=True, allow_none=True)
    settings = fields.Dict(required=True)
    secrets = fields.List(fields.String(), required=True)


class StopAskedReply(UseReply):
    """The use of a plugin that was stopped; `stops/STOP_ID` says how many processes died."""

    stop_id = fields.UUID(required=True)


class StopDoneReply(Schema):
    """What the workers reported: how many they are, how many processes died, in how many ms at most."""

    workers = fields.Integer(required=True)
    processes = fields.Integer(required=True)
    milliseconds = fields.Float(required=True)


class TrialReply(Schema):
    """A trial; `result` is empty until a worker has done it, and `stop` says why that failed."""

    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    done_at = fields.AwareDateTime(required=True, allow_none=True)
    result = fields.Dict(required=True)
    stop = fields.Nested(StopReply, required=True, allow_none=True)


class TrialsReply(Schema):
    """What came of the last trials of each kind."""

    items = fields.List(fields.Nested(TrialReply), required=True)


@blueprint.get("/plugins/<name>/use")
@problems(blueprint, 404)
@blueprint.response(200, UseReply)
def use(name: str) -> Values:
    """The organisation's use of a plugin."""
    return _reply(activating.find_offered(unit(), principal(), name))


@blueprint.put("/plugins/<name>/use")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(SettingsBody)
@blueprint.response(200, UseReply)
def configure(body: Values, name: str) -> Values:
    """Keep its settings; nothing is started."""
    principal().require(Permission.PLUGINS_ACTIVATE)
    who = fresh_session().principal
    return _reply(activating.configure(unit(), who, seals(), name, body["settings"]))


@blueprint.post("/plugins/<name>/use/start")
@problems(blueprint, 404, 409)
@blueprint.response(200, UseReply)
def start(name: str) -> Values:
    """Have it run, on every record that comes in from now on."""
    return _reply(activating.start(unit(), principal(), name))


@blueprint.post("/plugins/<name>/use/stop")
@problems(blueprint, 404, 409)
@blueprint.response(200, StopAskedReply)
def stop(name: str) -> Values:
    """Have it run no more, at once; what it found stays."""
    found, stop_id = activating.deactivate(unit(), principal(), name)
    return _reply(found) | {"stop_id": stop_id}


@blueprint.post("/plugins/<name>/use/roll-back")
@problems(blueprint, 404, 409)
@blueprint.response(200, StopAskedReply)
def roll_back(name: str) -> Values:
    """Have the version before run, for the organisation alone; findings are looked at again."""
    with gate().transaction(NOBODY) as session:
        _, stop_id = going_back.go_back(unit(), session, principal(), name)
    return _reply(activating.find_offered(unit(), principal(), name)) | {"stop_id": stop_id}


@blueprint.post("/plugins/<name>/use/roll-forward")
@problems(blueprint, 404, 409)
@blueprint.response(200, StopAskedReply)
def roll_forward(name: str) -> Values:
    """Have the version that runs for everybody run for the organisation again."""
    with gate().transaction(NOBODY) as session:
        _, stop_id = going_back.go_on(unit(), session, principal(), name)
    return _reply(activating.find_offered(unit(), principal(), name)) | {"stop_id": stop_id}


@blueprint.get("/plugins/<name>/use/stops/<uuid:stop_id>")
@problems(blueprint, 404)
@blueprint.response(200, StopDoneReply)
def stopped(name: str, stop_id: UUID) -> Values:
    """How many processes died when it was stopped, in how many milliseconds."""
    activating.find_offered(unit(), principal(), name)
    done = wait_for_stop(gate(), stop_id)
    return {"workers": done.workers, "processes": done.processes, "milliseconds": done.milliseconds}


@blueprint.get("/plugins/<name>/use/trials")
@problems(blueprint, 404)
@blueprint.response(200, TrialsReply)
def trial_list(name: str) -> Values:
    """What came of the last trials; kept for an hour."""
    who = principal()
    who.require(Permission.PLUGINS_ACTIVATE)
    activating.find_offered(unit(), who, name)
    found = [trials.trial_of(unit(), who, name, kind) for kind in TRIALS]
    return {"items": [trial_values(one) for one in found if one is not None]}


@blueprint.post("/plugins/<name>/use/trials")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(TrialBody)
@blueprint.response(201, TrialReply)
def try_out(body: Values, name: str) -> Values:
    """Have a worker try it out; nothing of it is kept as a finding."""
    who = principal()
    who.require(Permission.PLUGINS_ACTIVATE)
    activating.find_offered(unit(), who, name)
    return trial_values(trials.ask_for_trial(unit(), who, name, TrialKind(body["kind"])))


def _reply(found: Offered) -> Values:
    activation = found.activation
    with gate().transaction(NOBODY) as session:
        there = going_back.standing(session, found.plugin.name, activation)
    stop = there.stop_of(unit(), found.plugin, activation)
    return {
        "name": found.plugin.name,
        "version": there.now.version if there.now else found.plugin.version,
        "active": found.in_use,
        "stop": stop_reply(stop) if stop else None,
        "settings": dict(activation.config) if activation is not None else {},
        "secrets": sorted(names_of(seals(), activation)) if activation is not None else [],
    }


def trial_values(trial: PluginTrial) -> Values:
    """A run on trial as the API tells it."""
    stop = stop_of_trial(trial)
    values = {name: getattr(trial, name) for name in TrialReply().fields if name != "stop"}
    return values | {"stop": stop_reply(stop) if stop else None}
