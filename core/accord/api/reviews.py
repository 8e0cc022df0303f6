"""Access reviews by the API. They are read and decided on the gate's role: no member's data is in them."""

from __future__ import annotations

from uuid import UUID

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.web.fields import storable
from accord.web.request import gate, principal
from accord.web.signing import fresh_session
from accord_auth.permissions import Permission
from accord_auth.reviews import service
from accord_auth.reviews.models import Decision, ItemKind, ReviewItem
from accord_auth.reviews.service import LONGEST_REASON, Progress
from accord_config.database import NOBODY

blueprint = ApiBlueprint("api_reviews", __name__, description="Who still needs the access that they have.")


class StartBody(Strict):
    """Why a review begins before the quarter is over."""

    reason = fields.String(required=True, validate=[validate.Length(1, LONGEST_REASON), storable])


class DecisionBody(Strict):
    """What becomes of an access; ending takes a reason."""

    decision = fields.String(required=True, validate=validate.OneOf([*service.BY_PEOPLE]))
    reason = fields.String(load_default="", validate=[validate.Length(max=LONGEST_REASON), storable])


class ReviewReply(Schema):
    """A review at a glance; `items` and `decided` count what one sees of it."""

    id = fields.UUID(required=True)
    organisation = fields.String(required=True)
    reason = fields.String(required=True)
    started_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)
    lapses_at = fields.AwareDateTime(required=True)
    closed_at = fields.AwareDateTime(allow_none=True)
    items = fields.Integer(required=True)
    decided = fields.Integer(required=True)


class ReviewsReply(Schema):
    """The reviews that one sees."""

    items = fields.List(fields.Nested(ReviewReply), required=True)


class ItemReply(Schema):
    """An access, and what was decided about it."""

    id = fields.UUID(required=True)
    kind = fields.Enum(ItemKind, by_value=True, required=True)
    subject_id = fields.UUID(required=True)
    label = fields.String(required=True)
    detail = fields.String(required=True)
    given_by = fields.String(required=True)
    given_at = fields.AwareDateTime(required=True)
    last_used_at = fields.AwareDateTime(allow_none=True)
    escalated_at = fields.AwareDateTime(allow_none=True)
    decision = fields.String(allow_none=True, validate=validate.OneOf([*Decision]))
    decided_name = fields.String(required=True)
    decided_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(required=True)
    ended = fields.String(required=True)


class ReviewItemsReply(Schema):
    """A review with the items that one sees."""

    review = fields.Nested(ReviewReply, required=True)
    items = fields.List(fields.Nested(ItemReply), required=True)


@blueprint.get("/reviews")
@problems(blueprint)
@blueprint.response(200, ReviewsReply)
def review_list() -> Values:
    """The access reviews of the organisation, open ones first."""
    with gate().transaction(NOBODY) as session:
        return {"items": [_reply(one) for one in service.reviews_seen(session, principal())]}


@blueprint.post("/reviews")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(StartBody)
@blueprint.response(201, ReviewReply)
def start(body: Values) -> Values:
    """Start a review before the quarter is over."""
    with gate().transaction(NOBODY) as session:
        review = service.start_review(session, principal(), body["reason"])
        return _reply(service.find_review(session, principal(), review.id).progress)


@blueprint.get("/reviews/<uuid:review_id>")
@problems(blueprint, 404)
@blueprint.response(200, ReviewItemsReply)
def review(review_id: UUID) -> Values:
    """One review with its items."""
    with gate().transaction(NOBODY) as session:
        found = service.find_review(session, principal(), review_id)
        return {"review": _reply(found.progress), "items": [_item(one.item) for one in found.items]}


@blueprint.post("/reviews/<uuid:review_id>/items/<uuid:item_id>/decision")
@problems(blueprint, 400, 404, 409, 413, 415)
@blueprint.arguments(DecisionBody)
@blueprint.response(200, ItemReply)
def decide(body: Values, review_id: UUID, item_id: UUID) -> Values:
    """Confirm an access, or end it at once; ending takes a recent proof of who one is."""
    who, decision = principal(), Decision(body["decision"])
    who.require(Permission.REVIEWS_DECIDE)
    if decision is Decision.ENDED:
        fresh_session()
    with gate().transaction(NOBODY) as session:
        return _item(service.decide(session, who, review_id, item_id, decision, body["reason"]))


def _reply(one: Progress) -> Values:
    found = one.review
    return {
        "id": found.id,
        "organisation": one.organisation,
        "reason": found.reason,
        "started_at": found.started_at,
        "due_at": found.due_at,
        "lapses_at": found.lapses_at,
        "closed_at": found.closed_at,
        "items": one.items,
        "decided": one.decided,
    }


def _item(item: ReviewItem) -> Values:
    values = {name: getattr(item, name) for name in ItemReply().fields}
    return values | {"kind": ItemKind(item.kind)}
