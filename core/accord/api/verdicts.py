"""Verdicts on leads by the API."""

from __future__ import annotations

from uuid import UUID

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.caseload import leads, verdicts
from accord.caseload.verdict_models import LeadVerdict, VerdictWord
from accord.web.fields import storable
from accord.web.request import principal, unit

blueprint = ApiBlueprint("api_verdicts", __name__, description="What leads were found to be.")


class VerdictBody(Strict):
    """What a lead is. The reason is kept with your name."""

    verdict = fields.Enum(VerdictWord, by_value=True, required=True)
    reason = fields.String(load_default="", validate=[validate.Length(max=verdicts.LONGEST_REASON), storable])


class VerdictReply(Schema):
    """What somebody said of a lead. It stands while `withdrawn_at` is null.

    `records` and `score` are what the lead had then.
    """

    lead_id = fields.UUID(required=True)
    verdict = fields.String(attribute="word", required=True)
    reason = fields.String(required=True)
    records = fields.Integer(required=True)
    score = fields.Float(required=True)
    person_name = fields.String(required=True)
    made_at = fields.AwareDateTime(required=True)
    withdrawn_at = fields.AwareDateTime(required=True, allow_none=True)
    withdrawn_by = fields.String(required=True)


class VerdictsReply(Schema):
    """Verdicts, the newest first."""

    items = fields.List(fields.Nested(VerdictReply), required=True)


@blueprint.get("/leads/<uuid:lead_id>/verdicts")
@problems(blueprint, 404)
@blueprint.response(200, VerdictsReply)
def history(lead_id: UUID) -> Values:
    """Every verdict on a lead, also those that no longer stand, and of leads that were joined into it."""
    found = leads.find_lead(unit(), principal(), lead_id)
    return {"items": verdicts.history(unit(), principal(), found)}


@blueprint.put("/leads/<uuid:lead_id>/verdict")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(VerdictBody)
@blueprint.response(200, VerdictReply)
def give(body: Values, lead_id: UUID) -> LeadVerdict:
    """Say what a lead is; what was said before no longer stands."""
    found = leads.find_lead(unit(), principal(), lead_id)
    made = verdicts.give(unit(), principal(), found, body["verdict"], body["reason"])
    unit().refresh(made)
    return made


@blueprint.delete("/leads/<uuid:lead_id>/verdict")
@problems(blueprint, 404)
@blueprint.response(204)
def withdraw(lead_id: UUID) -> None:
    """Take the verdict back: none stands on the lead."""
    verdicts.take_back(unit(), principal(), leads.find_lead(unit(), principal(), lead_id))
