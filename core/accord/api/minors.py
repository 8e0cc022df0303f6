"""Leads that may be about a minor by the API."""

from __future__ import annotations

from uuid import UUID

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.caseload import leads, minors
from accord.caseload.minor_models import SuspectedMinor
from accord.caseload.minor_pages import due_hours
from accord.web.fields import storable
from accord.web.request import principal, unit
from accord_auth.permissions import Permission

blueprint = ApiBlueprint("api_minors", __name__, description="Leads that may be about a minor.")

ACTS = ("take", "confirm", "lift")


class ActBody(Strict):
    """What to do: take it, confirm that it may be about a minor, or lift the restriction, with a reason."""

    act = fields.String(required=True, validate=validate.OneOf(ACTS))
    reason = fields.String(load_default="", validate=[validate.Length(max=minors.LONGEST_REASON), storable])


class SuspicionReply(Schema):
    """What is known: suspected (the clock runs), confirmed or lifted."""

    lead_id = fields.UUID(required=True)
    state = fields.String(required=True)
    why = fields.String(required=True)
    since = fields.AwareDateTime(required=True)
    taken_name = fields.String(required=True)
    taken_at = fields.AwareDateTime(required=True, allow_none=True)
    decided_name = fields.String(required=True)
    decided_at = fields.AwareDateTime(required=True, allow_none=True)
    reason = fields.String(required=True)


class WaitingReply(SuspicionReply):
    """A lead in the queue, and until when it should be decided."""

    title = fields.String(required=True)
    records = fields.Integer(required=True)
    due_at = fields.AwareDateTime(required=True)
    overdue = fields.Boolean(required=True)


class MinorsReply(Schema):
    """The queue: those due first, then confirmed ones; at most 500."""

    items = fields.List(fields.Nested(WaitingReply), required=True)


@blueprint.get("/suspected-minors")
@problems(blueprint)
@blueprint.response(200, MinorsReply)
def queue() -> Values:
    """Leads that may be about a minor, the overdue first."""
    found = minors.waiting(unit(), principal(), due_hours())
    names = list(SuspicionReply().fields)
    return {
        "items": [
            {name: getattr(one.row, name) for name in names}
            | {"title": one.lead.title, "records": one.lead.records}
            | {"due_at": one.due_at, "overdue": one.overdue}
            for one in found
        ]
    }


@blueprint.post("/leads/<uuid:lead_id>/minor")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(ActBody)
@blueprint.response(200, SuspicionReply)
def act(body: Values, lead_id: UUID) -> SuspectedMinor:
    """Take it, confirm it or lift it."""
    who = principal()
    who.require(Permission.LEADS_MINORS)
    found = leads.find_lead(unit(), who, lead_id)
    match body["act"]:
        case "take":
            done = minors.take(unit(), who, found)
        case "confirm":
            done = minors.confirm(unit(), who, found, body["reason"])
        case _:
            done = minors.lift(unit(), who, found, body["reason"])
    unit().flush()
    unit().refresh(done)
    return done
