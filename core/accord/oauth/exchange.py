"""One request of the protocol: its transaction, and what has to stand even when that is rolled back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar, cast

from flask import Response, current_app

from accord.web.receiving import received
from accord.web.request import AccordFlask
from accord_auth.oauth.addresses import Addresses
from accord_auth.oauth.request import Received
from accord_auth.oauth.server import Answer, Server
from accord_auth.oauth.sweeping import Broom, sweep
from accord_config.database import NOBODY

Outcome = TypeVar("Outcome")
_broom = Broom()
"""One for each process."""


def application() -> AccordFlask:
    """The application that serves this request."""
    return cast("AccordFlask", current_app)


def exchange(act: Callable[[Server], Outcome]) -> Outcome:
    """Let a service work with a server of its own; an answer that is an error keeps nothing of it."""
    app = application()
    with app.gate.transaction(NOBODY) as session:
        server = Server(
            session,
            lambda: app.gate.transaction(NOBODY),
            addresses=Addresses(app.issuer),
            keys=app.keys,
            fetcher=app.outside.fetcher,
        )
        outcome = act(server)
        if isinstance(outcome, Answer) and outcome.status >= 400:
            session.rollback()
    for later in server.afterwards:
        with app.gate.transaction(NOBODY) as session:
            later(session)
    if _broom.due():
        with app.gate.transaction(NOBODY) as session:
            sweep(session)
    return outcome


def told(act: Callable[[Server, Received], Answer]) -> Response:
    """The answer to a client that sends its parameters in the body."""
    return response_of(exchange(lambda server: act(server, received(application().issuer, body=True))))


def response_of(answer: Answer) -> Response:
    """An answer as HTTP."""
    body = "" if answer.location else json.dumps(answer.body)
    response = Response(body, 303 if answer.location else answer.status, mimetype="application/json")
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response
