"""Why leads are one, and what people say of it, by the API."""

from __future__ import annotations

from uuid import UUID

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.caseload import leads
from accord.caseload.lead_parts import LeadPart, OutsideLink, PartLink, lead_parts
from accord.caseload.masking import mask
from accord.linking import judgements
from accord.linking.models import Judgement, Verdict
from accord.web.fields import storable
from accord.web.request import principal, unit
from accord_auth.errors import Invalid

blueprint = ApiBlueprint(
    "api_judgements", __name__, description="Why leads are one, and what people say of it."
)

MOST = 200


class JudgementBody(Strict):
    """A word on two parts of leads (`one`, `other`), or that strangers use a selector."""

    verdict = fields.Enum(Verdict, by_value=True, required=True)
    one = fields.UUID(load_default=None)
    other = fields.UUID(load_default=None)
    selector = fields.Integer(load_default=None, strict=True, validate=validate.Range(1, 2**63 - 1))
    reason = fields.String(
        required=True,
        validate=[validate.Length(judgements.SHORTEST_REASON, judgements.LONGEST_REASON), storable],
    )


class JudgementReply(Schema):
    """What somebody said. `applied` is false until the linker has done it."""

    id = fields.UUID(required=True)
    verdict = fields.String(required=True)
    reason = fields.String(required=True)
    person_name = fields.String(required=True)
    made_at = fields.AwareDateTime(required=True)
    applied = fields.Boolean(required=True)


class JudgementsReply(Schema):
    """The newest judgements that stand."""

    items = fields.List(fields.Nested(JudgementReply), required=True)


class EvidenceReply(Schema):
    """One thing that speaks for or against two parts being one."""

    what = fields.String(required=True)
    weight = fields.Float(required=True)
    shared = fields.Integer(required=True)


class PartReply(Schema):
    """Records that one identity ties together; contact values are masked."""

    id = fields.UUID(required=True)
    records = fields.Integer(required=True)
    first_seen = fields.AwareDateTime(required=True)
    last_seen = fields.AwareDateTime(required=True)
    places = fields.List(fields.String(), required=True)
    contacts = fields.List(fields.Dict(), required=True)


class PartLinkReply(Schema):
    """What two parts have in common: 1 joins. `lead_id` is set where the other is of another lead."""

    one = fields.UUID(required=True)
    other = fields.UUID(required=True)
    lead_id = fields.UUID(allow_none=True, required=True)
    weight = fields.Float(required=True)
    evidence = fields.List(fields.Nested(EvidenceReply), required=True)
    judgement = fields.Nested(JudgementReply, allow_none=True, required=True)


class PartsReply(Schema):
    """Why a lead is one: its parts, what joins them, and what nearly would (`unsure`)."""

    parts = fields.List(fields.Nested(PartReply), required=True)
    left_out = fields.Integer(required=True)
    links = fields.List(fields.Nested(PartLinkReply), required=True)
    unsure = fields.List(fields.Nested(PartLinkReply), required=True)


@blueprint.get("/leads/<uuid:lead_id>/parts")
@problems(blueprint, 404)
@blueprint.response(200, PartsReply)
def parts(lead_id: UUID) -> Values:
    """Why a lead is one, and what is not sure."""
    found = lead_parts(unit(), leads.find_lead(unit(), principal(), lead_id))
    return {
        "parts": list(map(_part, found.parts)),
        "left_out": found.left_out,
        "links": list(map(_link, found.links)),
        "unsure": list(map(_outside, found.outside)),
    }


def _part(part: LeadPart) -> Values:
    return {
        "id": part.strand_id,
        "records": part.records,
        "first_seen": part.first,
        "last_seen": part.last,
        "places": part.places,
        "contacts": [{"kind": kind, "value": mask(kind, value)} for kind, value in part.identities],
    }


def _link(link: PartLink) -> Values:
    ends = {"one": link.one.strand_id, "other": link.other.strand_id, "lead_id": None}
    return ends | {"weight": link.bond.weight, "evidence": link.bond.evidence, "judgement": link.said}


def _outside(link: OutsideLink) -> Values:
    ends = {"one": link.part.strand_id, "other": link.strand_id, "lead_id": link.lead_id}
    return ends | {"weight": link.bond.weight, "evidence": link.bond.evidence, "judgement": link.said}


@blueprint.get("/judgements")
@problems(blueprint)
@blueprint.response(200, JudgementsReply)
def listed() -> Values:
    """What people of the organisation said of links, the newest first, at most 200."""
    return {"items": judgements.judgements(unit(), principal(), MOST)}


@blueprint.post("/judgements")
@problems(blueprint, 400, 404, 413, 415)
@blueprint.arguments(JudgementBody)
@blueprint.response(201, JudgementReply)
def judge(body: Values) -> Judgement:
    """Say what is wrong, or right, with a link; the linker heeds it from then on."""
    said = _said(body)
    unit().refresh(said)
    return said


def _said(body: Values) -> Judgement:
    who, reason = principal(), body["reason"]
    if body["verdict"] == Verdict.STRANGERS:
        if body["selector"] is None:
            raise Invalid("name the selector", {"selector": ["is missing"]})
        return judgements.judge_selector(unit(), who, body["selector"], reason)
    missing = {name: ["is missing"] for name in ("one", "other") if body[name] is None}
    if missing:
        raise Invalid("name two parts", missing)
    return judgements.judge_parts(unit(), who, body["verdict"], body["one"], body["other"], reason)


@blueprint.delete("/judgements/<uuid:judgement_id>")
@problems(blueprint, 404)
@blueprint.response(204)
def withdraw(judgement_id: UUID) -> None:
    """Take a judgement back."""
    judgements.withdraw(unit(), principal(), judgement_id)
