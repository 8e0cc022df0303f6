"""Plugins beside Accord by the API: suspended for every member, and let run again. On the gate's role."""

from __future__ import annotations

from marshmallow import Schema, fields

from accord.api.blueprint import ApiBlueprint
from accord.api.plugin_health import StopReply, stop_reply
from accord.api.plugin_version_schemas import WhyBody
from accord.api.problem import problems
from accord.api.schemas import Values
from accord.publishing import installed
from accord.publishing.stopping import wait_for_stop
from accord.registry.models import Plugin, PluginStatus
from accord.registry.stops import stop_of_plugin
from accord.web.request import gate, principal
from accord.web.signing import fresh_session
from accord_auth.permissions import Permission
from accord_auth.principal import Principal
from accord_config.database import NOBODY

blueprint = ApiBlueprint(
    "api_plugin_installed", __name__, description="Plugins that are installed beside Accord."
)


class InstalledReply(Schema):
    """A plugin beside Accord; `sha256` is that of its files, `uses` what it may load, version by name."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    status = fields.Enum(PluginStatus, by_value=True, required=True)
    stop = fields.Nested(StopReply, required=True, allow_none=True)
    sha256 = fields.String(required=True)
    uses = fields.Dict(required=True)


class InstalledStoppedReply(InstalledReply):
    """One that was suspended, and what the workers reported."""

    stopped_workers = fields.Integer(required=True)
    stopped_processes = fields.Integer(required=True)
    stopped_milliseconds = fields.Float(required=True)


def installed_values(plugin: Plugin) -> Values:
    """A plugin beside Accord, as API and command line tell it."""
    stop = stop_of_plugin(plugin)
    return {
        "name": plugin.name,
        "version": plugin.version,
        "status": PluginStatus(plugin.status),
        "stop": stop_reply(stop) if stop else None,
        "sha256": plugin.digest,
        "uses": plugin.pins,
    }


def _fresh() -> Principal:
    principal().require(Permission.PLUGINS_APPROVE)
    return fresh_session().principal


@blueprint.post("/plugins/<name>/suspension")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(WhyBody)
@blueprint.response(200, InstalledStoppedReply)
def suspend(body: Values, name: str) -> Values:
    """Stop a plugin beside Accord at once, for every member, on every worker."""
    who = _fresh()
    with gate().transaction(NOBODY) as session:
        plugin, stop_id = installed.suspend_installed(session, who, name, body["reason"])
        values = installed_values(plugin)
    stopped = wait_for_stop(gate(), stop_id)
    return values | {
        "stopped_workers": stopped.workers,
        "stopped_processes": stopped.processes,
        "stopped_milliseconds": stopped.milliseconds,
    }


@blueprint.post("/plugins/<name>/resumption")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(WhyBody)
@blueprint.response(200, InstalledReply)
def resume(body: Values, name: str) -> Values:
    """Let a suspended plugin beside Accord run again; it looks at what came in meanwhile."""
    who = _fresh()
    with gate().transaction(NOBODY) as session:
        return installed_values(installed.resume_installed(session, who, name, body["reason"]))
