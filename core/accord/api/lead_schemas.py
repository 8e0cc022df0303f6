"""What the API takes and answers about leads."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from accord.api.schemas import PageQuery
from accord.caseload.decided import FILTERS
from accord.web.fields import storable


class ReasonReply(Schema):
    """Why a lead ranks where it ranks."""

    indicator = fields.String()
    sign = fields.Integer()
    weight = fields.Float()
    contribution = fields.Float()
    evidence = fields.String()
    source = fields.String(load_default="")


class LeadsQuery(PageQuery):
    """The queue's filter."""

    q = fields.String(load_default="", validate=[validate.Length(max=200), storable])
    place = fields.String(load_default="", validate=[validate.Length(max=200), storable])
    score = fields.Float(load_default=0.0, validate=validate.Range(0, 100))
    state = fields.String(load_default="all", validate=validate.OneOf(["all", "opened", "unopened"]))
    verdict = fields.String(load_default="all", validate=validate.OneOf(FILTERS))


class StandingVerdictReply(Schema):
    """The verdict that stands on a lead. `grown_by` counts records since, where those are many; else 0."""

    verdict = fields.String(required=True)
    reason = fields.String(required=True)
    person_name = fields.String(required=True)
    made_at = fields.AwareDateTime(required=True)
    grown_by = fields.Integer(required=True)


class LeadReply(Schema):
    """A lead in the queue."""

    id = fields.UUID(required=True)
    rank = fields.Integer(required=True)
    title = fields.String(required=True)
    score = fields.Float(required=True)
    records = fields.Integer(required=True)
    first_seen = fields.AwareDateTime(required=True)
    last_seen = fields.AwareDateTime(required=True)
    places = fields.List(fields.String())
    reasons = fields.List(fields.Nested(ReasonReply))
    case_id = fields.UUID(allow_none=True)
    verdict = fields.Nested(StandingVerdictReply, allow_none=True)


class LeadsReply(Schema):
    """A page of leads; `next` is the cursor of the next page, null on the last."""

    items = fields.List(fields.Nested(LeadReply), required=True)
    next = fields.String(allow_none=True, required=True)
