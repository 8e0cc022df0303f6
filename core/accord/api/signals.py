"""Shared signals by the API: an organisation's streams, and what was sent. Other systems push elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from accord.api.blueprint import ApiBlueprint
from accord.api.problem import problems
from accord.api.schemas import Strict, Values
from accord.web.fields import storable
from accord.web.request import principal, this_app
from accord.web.signing import fresh_with
from accord_auth.permissions import Permission
from accord_auth.signals.events import CHOICES, NAMES
from accord_auth.signals.models import DeliveryState, Direction, SignalDelivery, SignalStream, SubjectFormat
from accord_auth.streams import service
from accord_auth.streams.service import LONGEST, LONGEST_AUTHORIZATION, LONGEST_NAME, StreamDraft
from accord_config.database import NOBODY

blueprint = ApiBlueprint(
    "api_signals", __name__, description="Shared signals with an organisation's own systems."
)
PUSH = "/signals/push"


def _text(longest: int, *, required: bool = False) -> fields.String:
    checks: list[Any] = [validate.Length(1 if required else 0, longest), storable]
    return (
        fields.String(required=True, validate=checks)
        if required
        else fields.String(load_default="", validate=checks)
    )


class StreamBody(Strict):
    """A stream; what belongs to the other direction is left out."""

    name = _text(LONGEST_NAME, required=True)
    direction = fields.Enum(Direction, by_value=True, required=True)
    events = fields.List(
        fields.String(validate=validate.OneOf(sorted(CHOICES))),
        required=True,
        validate=validate.Length(1, len(CHOICES)),
    )
    subject_format = fields.Enum(SubjectFormat, by_value=True, required=True)
    audience = _text(LONGEST, required=True)
    endpoint_url = _text(LONGEST)
    authorization = _text(LONGEST_AUTHORIZATION)
    issuer = _text(LONGEST)
    jwks_uri = _text(LONGEST)


class StreamReply(Schema):
    """A stream; its secrets never."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    direction = fields.String(required=True)
    events = fields.List(fields.String(), required=True)
    subject_format = fields.String(required=True)
    audience = fields.String(required=True)
    endpoint_url = fields.String(allow_none=True)
    issuer = fields.String(allow_none=True)
    jwks_uri = fields.String(allow_none=True)
    push_url = fields.String(allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    last_at = fields.AwareDateTime(allow_none=True)
    last_words = fields.String(required=True)
    failed_at = fields.AwareDateTime(allow_none=True)
    verified_at = fields.AwareDateTime(allow_none=True)


class MadeStreamReply(StreamReply):
    """A new stream, and the token by which the other side pushes: told this once."""

    token = fields.String(allow_none=True)


class SignalReply(Schema):
    """A signal that was sent, waits or is parked."""

    id = fields.UUID(required=True)
    stream_id = fields.UUID(required=True)
    event = fields.String(required=True)
    email = fields.String(required=True)
    state = fields.Enum(DeliveryState, by_value=True, required=True)
    tries = fields.Integer(required=True)
    words = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    done_at = fields.AwareDateTime(allow_none=True)


class SignalsReply(Schema):
    """The streams, and what was sent last."""

    streams = fields.List(fields.Nested(StreamReply), required=True)
    sent = fields.List(fields.Nested(SignalReply), required=True)


@blueprint.get("/signals")
@problems(blueprint)
@blueprint.response(200, SignalsReply)
def signals() -> Values:
    """One's organisation's streams, and what was sent last."""
    with this_app().gate.transaction(NOBODY) as session:
        streams = service.streams_of(session, principal())
        sent = service.deliveries_of(session, principal())
    return {"streams": [_stream(one) for one in streams], "sent": [_signal(one) for one in sent]}


@blueprint.post("/signals/streams")
@problems(blueprint, 400, 409, 413, 415)
@blueprint.arguments(StreamBody)
@blueprint.response(201, MadeStreamReply)
def add_stream(body: Values) -> Values:
    """Open a stream."""
    who = fresh_with(Permission.SIGNALS_MANAGE)
    draft = StreamDraft(**(body | {"events": tuple(body["events"])}))
    with this_app().gate.transaction(NOBODY) as session:
        made = service.add_stream(session, who, draft, this_app().outside.seals)
        session.refresh(made.stream)
        return _stream(made.stream) | {"token": made.secret or None}


@blueprint.delete("/signals/streams/<uuid:stream_id>")
@problems(blueprint, 404)
@blueprint.response(204)
def close_stream(stream_id: UUID) -> None:
    """Close a stream: nothing is taken any more, and nothing sent."""
    with this_app().gate.transaction(NOBODY) as session:
        service.close_stream(session, fresh_with(Permission.SIGNALS_MANAGE), stream_id)


@blueprint.post("/signals/streams/<uuid:stream_id>/verification")
@problems(blueprint, 404)
@blueprint.response(201, SignalReply)
def verify_stream(stream_id: UUID) -> Values:
    """Send a verification event."""
    with this_app().gate.transaction(NOBODY) as session:
        made = service.verify_stream(session, fresh_with(Permission.SIGNALS_MANAGE), stream_id)
        session.refresh(made)
        return _signal(made)


@blueprint.post("/signals/sent/<uuid:signal_id>/again")
@problems(blueprint, 404)
@blueprint.response(204)
def send_again(signal_id: UUID) -> None:
    """Have a parked signal tried again."""
    with this_app().gate.transaction(NOBODY) as session:
        service.send_again(session, fresh_with(Permission.SIGNALS_MANAGE), signal_id)


def _stream(one: SignalStream) -> Values:
    receives = one.direction == Direction.RECEIVE
    push_url = f"{this_app().issuer}{PUSH}/{one.id}" if receives else None
    return dict(vars(one)) | {"events": [NAMES[event] for event in one.events], "push_url": push_url}


def _signal(one: SignalDelivery) -> Values:
    return dict(vars(one)) | {"event": NAMES[one.event], "state": DeliveryState(one.state)}
