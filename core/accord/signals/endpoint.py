"""Where other systems push security event tokens (RFC 8935): `/signals/push/STREAM`."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request

from accord.signals.answering import transmitter
from accord.web.request import AccordFlask
from accord_auth.streams.receiving import Pushed, receive
from accord_auth.streams.tokens import LONGEST_TOKEN, SignalRefused
from accord_auth.throttling.service import TooManyTries

blueprint = Blueprint("signals", __name__)
PUSH = "/signals/push"


@blueprint.post(f"{PUSH}/<uuid:stream_id>")
def push(stream_id: UUID) -> Response:
    """Take one."""
    app = cast("AccordFlask", current_app)
    pushed = Pushed(
        stream_id,
        request.headers.get("Authorization", ""),
        request.mimetype,
        request.stream.read(LONGEST_TOKEN + 1),
        request.remote_addr,
    )
    try:
        receive(app.gate, transmitter().fetcher, pushed)
    except SignalRefused as error:
        answer = jsonify(err=error.err, description=error.description)
        answer.status_code = 400
        answer.headers["Content-Language"] = "en"
        return answer
    except TooManyTries as error:
        answer = jsonify(err="access_denied", description=str(error))
        answer.status_code = 429
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return Response(status=202)
