"""Emergency readings by the API. Asked for and approved on the gate's role, which sees no case data."""

from __future__ import annotations

from uuid import UUID

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import SessionReply, Strict, Values
from accord.web.fields import storable
from accord.web.request import gate, principal
from accord.web.signing import fresh_session
from accord_auth.emergencies import service
from accord_auth.emergencies.service import Emergency, State
from accord_auth.permissions import Permission
from accord_config.database import NOBODY

blueprint = ApiBlueprint(
    "api_emergencies", __name__, description="When a platform admin reads a member's case data."
)


class AskBody(Strict):
    """Whose case data, for how many hours from now, and why."""

    organisation = fields.String(required=True, validate=[validate.Length(1, 100), storable])
    hours = fields.Integer(required=True, strict=True, validate=validate.Range(1, service.MOST_HOURS))
    reason = fields.String(
        required=True, validate=[validate.Length(service.SHORTEST_REASON, service.LONGEST_REASON), storable]
    )


class EmergencyReply(Schema):
    """An emergency reading."""

    id = fields.UUID(required=True)
    organisation = fields.String(required=True)
    organisation_name = fields.String(required=True)
    state = fields.Enum(State, by_value=True, required=True)
    reader = fields.String(required=True)
    reason = fields.String(required=True)
    asked_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    approved_by = fields.String(allow_none=True)
    approved_at = fields.AwareDateTime(allow_none=True)
    ended_by = fields.String(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)


class EmergenciesReply(Schema):
    """The emergency readings that one sees."""

    items = fields.List(fields.Nested(EmergencyReply), required=True)


@blueprint.get("/emergencies")
@problems(blueprint)
@blueprint.response(200, EmergenciesReply)
def emergency_list() -> Values:
    """Emergency readings, the newest first: of all members for the platform, of its own data for a member."""
    with gate().transaction(NOBODY) as session:
        return {"items": [_reply(one) for one in service.readings_seen(session, principal())]}


@blueprint.post("/emergencies")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(AskBody)
@blueprint.response(201, EmergencyReply)
def ask(body: Values) -> Values:
    """Ask for an emergency reading; another platform admin has to approve it."""
    with gate().transaction(NOBODY) as session:
        asked = service.ask(session, principal(), body["organisation"], body["reason"], body["hours"])
        return _reply(asked)


@blueprint.get("/emergencies/<uuid:emergency_id>")
@problems(blueprint, 404)
@blueprint.response(200, EmergencyReply)
def emergency(emergency_id: UUID) -> Values:
    """One emergency reading."""
    with gate().transaction(NOBODY) as session:
        return _reply(service.find_reading(session, principal(), emergency_id))


@blueprint.post("/emergencies/<uuid:emergency_id>/approval")
@problems(blueprint, 404, 409)
@blueprint.response(200, EmergencyReply)
def approve(emergency_id: UUID) -> Values:
    """Approve what another platform admin asked for; takes a recent proof of who one is."""
    principal().require(Permission.EMERGENCIES_DECIDE)
    fresh_session()
    with gate().transaction(NOBODY) as session:
        return _reply(service.approve(session, principal(), emergency_id))


@blueprint.post("/emergencies/<uuid:emergency_id>/session")
@problems(blueprint, 404, 409)
@blueprint.response(201, SessionReply)
def begin(emergency_id: UUID) -> Values:
    """Begin to read: the token of a session that does nothing else takes this one's place."""
    principal().require(Permission.EMERGENCIES_DECIDE)
    signed_in = fresh_session()
    with gate().transaction(NOBODY) as session:
        started = service.begin(session, signed_in, emergency_id)
        affected = service.find_reading(session, principal(), emergency_id).organisation.slug
    return {"token": started.token, "expires_at": started.expires_at, "organisation": affected}


@blueprint.post("/emergencies/<uuid:emergency_id>/end")
@problems(blueprint, 404, 409)
@blueprint.response(200, EmergencyReply)
def end(emergency_id: UUID) -> Values:
    """End an emergency reading before its time, or refuse one that is asked for."""
    with gate().transaction(NOBODY) as session:
        return _reply(service.end(session, principal(), emergency_id))


def _reply(one: Emergency) -> Values:
    found = one.reading
    return {
        "id": found.id,
        "organisation": one.organisation.slug,
        "organisation_name": one.organisation.name,
        "state": one.state,
        "reader": found.asked_name,
        "reason": found.reason,
        "asked_at": found.asked_at,
        "ends_at": found.ends_at,
        "approved_by": found.approved_name or None,
        "approved_at": found.approved_at,
        "ended_by": found.ended_name or None,
        "ended_at": found.ended_at,
    }
