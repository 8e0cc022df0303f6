"""What a plugin sends out, and closed records beside the network, by the API."""

from __future__ import annotations

from uuid import UUID

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.detection import operating
from accord.grants import allowances
from accord.grants.requests import requests_of
from accord.markings import Marking
from accord.web.fields import storable
from accord.web.request import principal, unit

blueprint = ApiBlueprint("api_plugin_network", __name__, description="What plugins send out, and may.")


class NetworkBody(Strict):
    """For which closed marking a plugin is to reach the network, and why; another admin reads it."""

    marking = fields.Enum(Marking, by_value=True, required=True)
    reason = fields.String(required=True, validate=[validate.Length(1, allowances.LONGEST_REASON), storable])


class AllowanceReply(Schema):
    """That a plugin may reach the network while it sees records of a closed marking, or was asked to."""

    id = fields.UUID(required=True)
    plugin = fields.String(required=True)
    marking = fields.String(required=True, validate=validate.OneOf([*allowances.CLOSED]))
    reason = fields.String(required=True)
    asked_name = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    allowed_name = fields.String(required=True, allow_none=True)
    allowed_at = fields.AwareDateTime(required=True, allow_none=True)
    ended_name = fields.String(required=True, allow_none=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)


class AllowancesReply(Schema):
    """What was asked for and allowed, the newest first."""

    items = fields.List(fields.Nested(AllowanceReply), required=True)


class RequestReply(Schema):
    """A request of the plugin; sizes in bytes. Neither the query of the address nor a body is kept."""

    at = fields.AwareDateTime(required=True)
    version = fields.String(required=True)
    method = fields.String(required=True)
    host = fields.String(required=True)
    path = fields.String(required=True)
    sent = fields.Integer(required=True)
    received = fields.Integer(required=True)
    milliseconds = fields.Integer(required=True)
    status = fields.Integer(required=True, allow_none=True)
    outcome = fields.String(required=True)


class RequestsReply(Schema):
    """The last 100 requests, the newest first."""

    items = fields.List(fields.Nested(RequestReply), required=True)


@blueprint.get("/plugins/<name>/requests")
@problems(blueprint, 404)
@blueprint.response(200, RequestsReply)
def request_list(name: str) -> Values:
    """What the plugin sent out for the organisation, or was refused."""
    operating.plugin_state(unit(), principal(), name)
    return {"items": requests_of(unit(), principal(), name)}


@blueprint.get("/plugins/<name>/network")
@problems(blueprint, 404)
@blueprint.response(200, AllowancesReply)
def allowance_list(name: str) -> Values:
    """What was asked for and allowed of the plugin."""
    operating.plugin_state(unit(), principal(), name)
    return {"items": allowances.allowances(unit(), principal(), name)}


@blueprint.post("/plugins/<name>/network")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(NetworkBody)
@blueprint.response(201, AllowanceReply)
def ask(body: Values, name: str) -> object:
    """Ask another admin to let the plugin reach the network while it sees closed records."""
    operating.plugin_state(unit(), principal(), name)
    return allowances.ask(unit(), principal(), name, body["marking"], body["reason"])


@blueprint.post("/plugins/<name>/network/<uuid:allowance_id>/allow")
@problems(blueprint, 404, 409)
@blueprint.response(200, AllowanceReply)
def allow(name: str, allowance_id: UUID) -> object:
    """Allow what another admin asked for."""
    return allowances.allow(unit(), principal(), name, allowance_id)


@blueprint.post("/plugins/<name>/network/<uuid:allowance_id>/end")
@problems(blueprint, 404, 409)
@blueprint.response(200, AllowanceReply)
def end(name: str, allowance_id: UUID) -> object:
    """End it at once; the plugin's next request is refused."""
    return allowances.end(unit(), principal(), name, allowance_id)
